/** Why a run did not come to its end, before all else: Terraform's own words, by resource; then what can be done. */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { IconAlertOctagon, IconBulb } from '@tabler/icons-react';
import { plainText } from '../logs/ansi.js';
import { capital, stop } from '../ui/words.js';
import { addressParts } from './plan-groups.js';
import panel from '../deployments/verdict-panel.module.css';
import classes from './run-failure.module.css';

export function RunFailure({ run }: { run: InfraRunView }) {
  const { failure, status, kind } = run;
  if (status !== 'failed' && status !== 'interrupted') return null;
  const partly = kind === 'apply';
  return (
    <section
      className={panel.panel}
      data-tone={status === 'interrupted' ? 'warn' : 'bad'}
      aria-label={status === 'interrupted' ? 'Why it was interrupted' : 'Why it failed'}
    >
      <div className={panel.fault}>
        <IconAlertOctagon size={18} aria-hidden />
        {status === 'interrupted' ? 'The run was interrupted' : 'The run failed'}
        {failure !== null && <code className={panel.code}>{failure.code}</code>}
      </div>
      <p className={panel.reason}>{stop(failure?.message ?? run.reason)}</p>
      {failure !== null && failure.diagnostics.length > 0 && (
        <ul className={classes.diagnostics}>
          {failure.diagnostics.map(({ summary, detail, address }, index) => (
            <li key={index}>
              {address !== null && (
                <code className={classes.address}>
                  {addressParts(address).module}
                  <b>{addressParts(address).resource}</b>
                </code>
              )}
              {summary !== failure.message && <b>{capital(stop(plainText(summary)))}</b>}
              {detail !== '' && <pre tabIndex={0}>{plainText(detail)}</pre>}
            </li>
          ))}
        </ul>
      )}
      {partly && (
        <p className={panel.suggestion}>
          <IconBulb size={18} aria-hidden />
          <span>
            What was made by then stays and is in the state. “Plan what is left” makes a plan of the rest, to be
            approved like any other.
          </span>
        </p>
      )}
    </section>
  );
}
