/** A deployment's state as a word with its tone. */
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { StatusBadge } from '../ui/status-badge.js';
import { faceOf } from './states.js';

export function StateBadge({ state, large = false }: { state: DeploymentState; large?: boolean }) {
  return <StatusBadge face={faceOf(state)} state={state} large={large} />;
}
