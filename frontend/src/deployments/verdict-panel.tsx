/**
 * Why it failed, first on the page: the reason in one sentence, whose fault, where, the evidence, and what to do.
 * Without a verdict the state's own sentence stands in: a failed validation or build has no pods to judge.
 */
import type { DeploymentView, VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { IconBulb } from '@tabler/icons-react';
import { CopyButton } from '../ui/copy-button.js';
import type { Tone } from '../ui/tone.js';
import { readable } from '../ui/words.js';
import { faceOf } from './states.js';
import classes from './verdict-panel.module.css';

const FAULT_WORDS: Readonly<Record<VerdictView['fault'], string>> = {
  release: 'The release is at fault',
  platform: 'The platform is at fault, not the release',
  transient: 'A passing disturbance',
  unknown: 'The cause is not certain',
  none: 'No fault',
};

export function VerdictPanel({ deployment }: { deployment: DeploymentView }) {
  const { verdict, failed_state: failedState } = deployment;
  if (verdict && verdict.fault !== 'none') return <Verdict verdict={verdict} deployment={deployment} />;
  if (!failedState && deployment.state !== 'rollback_failed') return null;
  const title = faceOf(failedState ?? deployment.state).label;
  return (
    <section className={classes.panel} data-tone="bad" role="alert" aria-label="Why it failed">
      <div className={classes.fault}>{title}</div>
      <h2 className={classes.reason}>{readable(deployment.state_reason)}</h2>
    </section>
  );
}

function Verdict({ verdict, deployment }: { verdict: VerdictView; deployment: DeploymentView }) {
  const tone: Tone = verdict.fault === 'transient' ? 'mute' : verdict.fault === 'release' ? 'bad' : 'warn';
  const { log_lines: logLines, events, exit_code: exitCode } = verdict.evidence;
  return (
    <section
      className={classes.panel}
      data-tone={tone}
      role={tone === 'mute' ? 'note' : 'alert'}
      aria-label="Why it failed"
    >
      <div className={classes.fault}>
        {FAULT_WORDS[verdict.fault]}
        <code className={classes.code}>{verdict.code}</code>
      </div>
      <h2 className={classes.reason}>{readable(verdict.reason)}</h2>
      <dl className={classes.facts}>
        {verdict.object !== null && <Fact name="Object" value={verdict.object} />}
        {verdict.container !== null && <Fact name="Container" value={verdict.container} />}
        {exitCode !== null && <Fact name="Exit code" value={String(exitCode)} />}
        {deployment.failed_state !== null && <Fact name="Failed in" value={faceOf(deployment.failed_state).label} />}
      </dl>
      {verdict.suggestion !== '' && (
        <p className={classes.suggestion}>
          <IconBulb size={17} aria-hidden />
          <span>{verdict.suggestion}</span>
        </p>
      )}
      {logLines.length > 0 && (
        <figure className={classes.evidence}>
          <figcaption>
            Last lines of the container
            <CopyButton value={logLines.join('\n')} what="log lines" size={22} />
          </figcaption>
          <pre tabIndex={0}>{logLines.join('\n')}</pre>
        </figure>
      )}
      {events.length > 0 && (
        <ul className={classes.events} aria-label="Events">
          {events.map((event, index) => (
            <li key={index}>{event}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
