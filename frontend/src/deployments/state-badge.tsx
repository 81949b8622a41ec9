/** A deployment's state as a word with its tone; moving states breathe. */
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { faceOf } from './states.js';
import classes from './state-badge.module.css';

export function StateBadge({ state, large = false }: { state: DeploymentState; large?: boolean }) {
  const face = faceOf(state);
  return (
    <span className={classes.badge} data-tone={face.tone} data-large={large} data-state={state}>
      <StateDot state={state} />
      {face.label}
    </span>
  );
}

export function StateDot({ state }: { state: DeploymentState }) {
  const face = faceOf(state);
  return <span className={classes.dot} data-tone={face.tone} data-moving={face.moving} aria-hidden />;
}
