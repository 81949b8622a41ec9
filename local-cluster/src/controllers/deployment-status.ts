/**
 * A Deployment's status from its ReplicaSets: counts and the conditions Available, Progressing and ReplicaFailure with
 * the reasons and sentences of Kubernetes. Pure; instants are `Date`s, deadlines seconds.
 */
import type { Condition, Deployment, DeploymentStatus, ReplicaSet } from '../resources/types.js';
import { findCondition, kubeTime, withCondition, withoutCondition } from './conditions.js';
import { fenceposts } from './rolling-update.js';

/** Kubernetes takes this number for "no deadline". */
const NO_DEADLINE = 2_147_483_647;

export const hasProgressDeadline = (deployment: Deployment): boolean =>
  (deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE) !== NO_DEADLINE;

export const progressing = (
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  now: Date,
): Condition => ({
  type: 'Progressing',
  status,
  lastUpdateTime: kubeTime(now),
  lastTransitionTime: kubeTime(now),
  reason,
  message,
});

const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number =>
  sets.reduce((total, set) => total + (count(set) ?? 0), 0);

/** The status of now, conditions of the old status kept; Available is renewed. Zero counts are absent, as on the wire. */
export function deploymentCounts(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: Date,
): DeploymentStatus {
  const replicas = deployment.spec?.replicas ?? 1;
  const available = sum(sets, (set) => set.status?.availableReplicas);
  const enough =
    available >= replicas - (deployment.spec === undefined ? 0 : fenceposts(deployment.spec).maxUnavailable);
  const counts = {
    replicas: sum(sets, (set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(sets, (set) => set.spec?.replicas) - available),
  };
  const collisionCount = deployment.status?.collisionCount;
  return {
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    terminatingReplicas: sum(sets, (set) => set.status?.terminatingReplicas),
    conditions: withCondition(deployment.status?.conditions ?? [], {
      type: 'Available',
      status: enough ? 'True' : 'False',
      lastUpdateTime: kubeTime(now),
      lastTransitionTime: kubeTime(now),
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
    }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
  };
}

export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const replicas = deployment.spec?.replicas ?? 1;
  return (
    (status?.updatedReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas &&
    (status?.availableReplicas ?? 0) === replicas &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const olds = (status: DeploymentStatus | undefined): number =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    olds(after) < olds(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  );
}

const deadlineAt = (deployment: Deployment, condition: Condition): number =>
  Date.parse(condition.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? NO_DEADLINE) * 1000;

function hasTimedOut(deployment: Deployment, now: Date): boolean {
  const condition = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || condition === undefined) return false;
  if (condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  return deadlineAt(deployment, condition) < now.getTime();
}

/** The whole status of a rollout in course. */
export function rolloutStatus(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
  now: Date,
): DeploymentStatus {
  const status = deploymentCounts(deployment, sets, newSet, now);
  let conditions = status.conditions ?? [];
  if (!hasProgressDeadline(deployment)) conditions = withoutCondition(conditions, 'Progressing');
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  const alreadyComplete =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (hasProgressDeadline(deployment) && !alreadyComplete) {
    const subject =
      newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
    if (isComplete(deployment, status)) {
      conditions = withCondition(
        conditions,
        progressing('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`, now),
      );
    } else if (hasProgressed(deployment.status, status)) {
      const next = progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`, now);
      // Renewed even when it said the same before: its lastUpdateTime is what the deadline counts from.
      if (current?.status === 'True' && current.lastTransitionTime !== undefined)
        next.lastTransitionTime = current.lastTransitionTime;
      conditions = [...withoutCondition(conditions, 'Progressing'), next];
    } else if (hasTimedOut(deployment, now)) {
      conditions = withCondition(
        conditions,
        progressing('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`, now),
      );
    }
  }
  const failure = replicaFailure(sets, newSet, now);
  conditions =
    failure === undefined ? withoutCondition(conditions, 'ReplicaFailure') : withCondition(conditions, failure);
  return { ...status, conditions };
}

function replicaFailure(sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined, now: Date): Condition | undefined {
  const failing = [newSet, ...sets].find((set) => findCondition(set?.status?.conditions, 'ReplicaFailure'));
  const failure = findCondition(failing?.status?.conditions, 'ReplicaFailure');
  return failure === undefined ? undefined : { ...failure, lastUpdateTime: kubeTime(now) };
}

/** Milliseconds until the progress deadline should be looked at again; undefined: never. */
export function msUntilDeadline(deployment: Deployment, status: DeploymentStatus, now: Date): number | undefined {
  const condition = findCondition(status.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || condition === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  // A second more: times are whole seconds, and the deadline must be past.
  return Math.max(0, deadlineAt(deployment, condition) - now.getTime()) + 1_000;
}
