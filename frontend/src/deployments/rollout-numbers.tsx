/** What the prober saw while the rollout ran: requests, failures, the longest time without an answer. */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { duration } from '../ui/words.js';
import classes from './rollout-numbers.module.css';

export function RolloutNumbers({ rollout }: { rollout: DeploymentView['rollout'] }) {
  const share = rollout.requests === 0 ? null : 1 - rollout.failed / rollout.requests;
  return (
    <dl className={classes.numbers}>
      <div>
        <dt>Requests sent</dt>
        <dd>{rollout.requests.toLocaleString()}</dd>
      </div>
      <div data-tone={rollout.failed > 0 ? 'bad' : 'good'}>
        <dt>Failed</dt>
        <dd className={rollout.requests > 0 ? classes.toned : undefined}>{rollout.failed.toLocaleString()}</dd>
      </div>
      <div>
        <dt>Answered</dt>
        <dd>{share === null ? '–' : `${floorPercent(share)} %`}</dd>
      </div>
      <div>
        <dt>Longest gap</dt>
        <dd>{rollout.requests === 0 ? '–' : duration(rollout.longest_gap_ms)}</dd>
      </div>
    </dl>
  );
}

/** Rounded down, so that 100 % means every one. */
const floorPercent = (share: number): string => (share === 1 ? '100' : (Math.floor(share * 10_000) / 100).toFixed(2));
