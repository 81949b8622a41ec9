/**
 * The deployment as the domain sees it, and its state machine: one pure table that the store's guard, the runner, the
 * drawing in the README and every test read. No clock, no I/O.
 */
import type { CheckView } from '@aws-deployer/platform/contracts/preflight';
import type { GateResult } from '@aws-deployer/platform/contracts/builds';
import type {
  CreateDeploymentBody,
  DeploymentState,
  StageName,
  VerdictView,
} from '@aws-deployer/platform/contracts/deployments';
import type { OwnTemplate } from './own-template.js';

/**
 * Every move there is. What fails before anything was changed takes the same way through `rolling_back` (which then only
 * cleans up), so that each end is reached by exactly one kind of step. `superseded`: another actor changed the workload
 * while it was rolled out; nothing of theirs is undone.
 */
export const TRANSITIONS = {
  initialized: ['validating', 'cancelled'],
  validating: ['preparing', 'validation_failed', 'cancelled'],
  preparing: ['building', 'preparation_failed', 'cancelled'],
  building: ['deploying', 'build_failed', 'cancelled'],
  deploying: ['testing', 'deployment_failed', 'rolling_back', 'superseded'],
  testing: ['monitoring', 'testing_failed', 'rolling_back', 'superseded'],
  monitoring: ['stable', 'unstable', 'rolling_back', 'superseded'],
  validation_failed: ['rolling_back'],
  preparation_failed: ['rolling_back'],
  build_failed: ['rolling_back'],
  deployment_failed: ['rolling_back'],
  testing_failed: ['rolling_back'],
  unstable: ['rolling_back'],
  rolling_back: ['rolled_back', 'rollback_failed', 'cancelled'],
  stable: [],
  rolled_back: [],
  rollback_failed: [],
  cancelled: [],
  superseded: [],
} as const satisfies Record<DeploymentState, readonly DeploymentState[]>;

/** The way of a deployment in which nothing goes wrong, in order. */
const HAPPY_PATH = [
  'initialized',
  'validating',
  'preparing',
  'building',
  'deploying',
  'testing',
  'monitoring',
  'stable',
] as const satisfies readonly DeploymentState[];

const FAILURE_OF = {
  validating: 'validation_failed',
  preparing: 'preparation_failed',
  building: 'build_failed',
  deploying: 'deployment_failed',
  testing: 'testing_failed',
  monitoring: 'unstable',
  rolling_back: 'rollback_failed',
} as const satisfies Record<StageName, DeploymentState>;

/** Where an application's live version has not been touched yet: a cancel there undoes nothing. */
const BEFORE_DEPLOYING: readonly DeploymentState[] = ['initialized', 'validating', 'preparing', 'building'];
const CHANGING: readonly DeploymentState[] = ['deploying', 'testing', 'monitoring'];

export const canMove = (from: DeploymentState, to: DeploymentState): boolean => {
  const targets: readonly DeploymentState[] = TRANSITIONS[from];
  return targets.includes(to);
};
/** True of a state without a way out. */
export const isEnd = (state: DeploymentState): boolean => TRANSITIONS[state].length === 0;
/** True of the six states that only name what failed; the next move from them is always `rolling_back`. */
export const isFailure = (state: DeploymentState): boolean =>
  state !== 'rollback_failed' && Object.values<DeploymentState>(FAILURE_OF).includes(state);
/** The state that says that this stage's work failed. For `rolling_back` that is an end. */
export const failureOf = (stage: StageName): (typeof FAILURE_OF)[StageName] => FAILURE_OF[stage];

/** Whether cleaning up is all that `rolling_back` has to do, because the live version was never touched. */
export const nothingWasChanged = (failedState: DeploymentState | null): boolean =>
  failedState === 'validation_failed' || failedState === 'preparation_failed' || failedState === 'build_failed';

/**
 * The state after this one's work succeeded. Out of `rolling_back` it depends on why it was entered: a failure ends
 * `rolled_back`, also when a cancel came on top of it; a cancel alone ends `cancelled`. Undefined for ends.
 */
export const nextOnSuccess = (
  state: DeploymentState,
  why: { readonly failedState: DeploymentState | null; readonly cancelRequested: boolean } = {
    failedState: null,
    cancelRequested: false,
  },
): DeploymentState | undefined => {
  if (isEnd(state)) return undefined;
  if (isFailure(state)) return 'rolling_back';
  if (state === 'rolling_back') return why.cancelRequested && why.failedState === null ? 'cancelled' : 'rolled_back';
  return HAPPY_PATH[HAPPY_PATH.findIndex((step) => step === state) + 1];
};

/**
 * Where a cancel leads now: at once to `cancelled` before `deploying`, through `rolling_back` later. Undefined where there is
 * nothing left to cancel: it has ended, or is on its way back already.
 */
export const cancelTarget = (state: DeploymentState): 'cancelled' | 'rolling_back' | undefined => {
  if (BEFORE_DEPLOYING.includes(state)) return 'cancelled';
  return CHANGING.includes(state) ? 'rolling_back' : undefined;
};

/** The table as a Mermaid state diagram; the README's drawing is this text. */
export const drawTransitions = (): string => {
  const lines = ['stateDiagram-v2', '  [*] --> initialized'];
  for (const [from, targets] of Object.entries(TRANSITIONS)) {
    for (const to of targets) lines.push(`  ${from} --> ${to}`);
    if (targets.length === 0) lines.push(`  ${from} --> [*]`);
  }
  return lines.join('\n');
};

/** What the prober counted on the address while this deployment changed things. */
export interface RolloutCounts {
  readonly requests: number;
  readonly failed: number;
  readonly longestGapMs: number;
}

/** Instants are UTC RFC 3339 with milliseconds; null means "not known (yet)" or "does not apply". */
export interface Deployment {
  readonly id: string;
  readonly application: string;
  readonly applicationId: string;
  readonly environment: string;
  /** The Kubernetes namespace it goes to: already decided, never empty. */
  readonly namespace: string;
  readonly state: DeploymentState;
  /** The sentence shown beside the state. */
  readonly reason: string;
  /** The failure state that it passed through, if any. */
  readonly failedState: DeploymentState | null;
  /** Counts the writes of the process that works on it (not the asking for a cancel); the guard of each UPDATE. */
  readonly version: number;
  /** Which process works on it; null when it is free to be claimed. */
  readonly leaseOwner: string | null;
  /** What was asked for, validated, defaults filled in. Credentials by name only. */
  readonly spec: CreateDeploymentBody;
  readonly releaseId: string | null;
  /** The release that this deployment restores, when a person asked for a rollback. */
  readonly rollbackOf: string | null;
  readonly commit: string | null;
  /** The builder that was used, not the one asked for. */
  readonly builder: string | null;
  /** `repository:tag` */
  readonly image: string | null;
  /** `sha256:…` */
  readonly imageDigest: string | null;
  /** The base image that a host-assembled one stands for. */
  readonly baseSubstituted: string | null;
  /** The build of codebuild-service that made the image, and what its gates said. */
  readonly buildId: string | null;
  readonly gates: readonly GateResult[];
  /** The first EXPOSE of the image. */
  readonly exposedPort: number | null;
  /** The user that the image's configuration names, empty for none; null until it is known. */
  readonly imageUser: string | null;
  /** Whether the image runs in a container or as host processes; null until it is known. */
  readonly imageRuntime: 'container' | 'host' | null;
  readonly url: string | null;
  readonly verdict: VerdictView | null;
  readonly rollout: RolloutCounts;
  /** What the preflight warned of and let pass. */
  readonly warnings: readonly CheckView[];
  /** Null until its rollout begins. */
  readonly ownTemplate: OwnTemplate | null;
  readonly cancelRequested: boolean;
  readonly createdBy: string;
  /** The user's id: whose registry login pushes and pulls. */
  readonly createdById: string;
  /** Of the request that asked for it: its actions carry it too. */
  readonly traceId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly endedAt: string | null;
}
