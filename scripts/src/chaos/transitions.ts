/** Every move of a deployment at which a run can kill: those of the state machine's own table, and being asked for. */
import { TRANSITIONS } from '@aws-deployer/deployer/deployments/deployment';
import { DeploymentState } from '@aws-deployer/platform/contracts/deployments';

/** `from` is null where it has just been asked for. */
export interface Transition {
  readonly from: DeploymentState | null;
  readonly to: DeploymentState;
}

export const ALL_TRANSITIONS: readonly Transition[] = [
  { from: null, to: 'initialized' },
  ...DeploymentState.options.flatMap((from) => TRANSITIONS[from].map((to) => ({ from, to }))),
];

export const nameOf = ({ from, to }: Transition): string => `${from ?? 'asked for'} → ${to}`;

/** The states in which a deployment's own version is brought to the cluster. */
export const CHANGING: readonly DeploymentState[] = ['deploying', 'testing', 'monitoring'];
