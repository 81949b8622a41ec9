/** A run that goes on, in one line: what it does, how far it is. */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { Link } from '@tanstack/react-router';
import { kindLabel, phaseLabel } from './statuses.js';
import classes from './run-meter.module.css';

export function RunMeter({ run }: { run: InfraRunView }) {
  const { resources, phase, status } = run;
  const counted = resources !== null && resources.total > 0;
  return (
    <Link to="/infrastructure/runs/$id" params={{ id: run.id }} className={classes.meter ?? ''} data-tone="live">
      <span className={classes.words}>
        <b>{kindLabel(run.kind)}</b>
        {status === 'queued' ? 'waits for its turn' : phase === null ? 'running' : phaseLabel(phase)}
        {counted && (
          <span className={classes.numbers}>
            {resources.done} of {resources.total}
          </span>
        )}
      </span>
      <span className={classes.lane} data-open={!counted} aria-hidden>
        <span style={counted ? { width: `${Math.min(100, (resources.done / resources.total) * 100)}%` } : {}} />
      </span>
    </Link>
  );
}
