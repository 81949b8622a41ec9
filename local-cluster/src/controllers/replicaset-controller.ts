/**
 * Keeps as many pods as a ReplicaSet asks for, as the replicaset controller of Kubernetes does: pods are made in batches
 * of 1, 2, 4, … so that a refusal is met once and not a hundred times; a refusal is an Event `FailedCreate` and the
 * condition `ReplicaFailure`, tried again with a growing delay.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Condition, Pod, ReplicaSet, ReplicaSetStatus } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { isStatusError } from '../store/status-error.js';
import { findCondition, kubeTime, withoutCondition } from './conditions.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { claim, controllerOf, selectorMatches } from './ownership.js';
import { podFromTemplate } from './pod-from-template.js';
import { podsToDelete } from './pod-ranking.js';
import { isPodActive, isPodFinished, isPodReady, msUntilAvailable } from './pod-state.js';

const REPLICA_SETS = 'apps/replicasets';
const PODS = 'core/pods';
const COMPONENT = 'replicaset-controller';
/** The most pods one round makes or deletes. */
const BURST = 500;

export function createReplicaSetController(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [REPLICA_SETS]: ({ object }) => [keyOf(object)],
      [PODS]: ({ object, previous }) =>
        new Set([object, previous].flatMap((pod) => (pod === undefined ? [] : replicaSetKeys(client, pod as Pod)))),
    },
    reconcile: (key) => reconcile(client, key),
  });
}

function replicaSetKeys(client: ClusterClient, pod: Pod): string[] {
  const { namespace = '' } = pod.metadata;
  const owner = controllerOf(pod);
  if (owner !== undefined) return owner.kind === 'ReplicaSet' ? [`${namespace}/${owner.name}`] : [];
  return client
    .list<ReplicaSet>(REPLICA_SETS, namespace)
    .filter((set) => selectorMatches(set.spec?.selector, pod.metadata.labels))
    .map(keyOf);
}

function reconcile(client: ClusterClient, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const set = client.get<ReplicaSet>(REPLICA_SETS, namespace, name);
  if (set?.spec === undefined) return undefined;
  let pods = claim<Pod>(client, PODS, set, set.spec.selector);
  let failure: { reason: string; error: unknown } | undefined;
  if (set.metadata.deletionTimestamp === undefined) {
    failure = manage(client, set, pods.filter(isPodActive));
    pods = client.list<Pod>(PODS, namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
  }
  const againInMs = writeStatus(client, set, pods, failure);
  if (failure !== undefined) throw failure.error instanceof Error ? failure.error : new Error(messageOf(failure.error));
  return againInMs;
}

/** Makes or deletes what is missing or too many; answers what stopped it. */
function manage(
  client: ClusterClient,
  set: ReplicaSet,
  active: readonly Pod[],
): { reason: string; error: unknown } | undefined {
  const missing = (set.spec?.replicas ?? 1) - active.length;
  if (missing > 0) {
    let left = Math.min(missing, BURST);
    for (let batch = 1; left > 0; batch *= 2) {
      for (let made = 0; made < Math.min(batch, left); made += 1) {
        const error = createPod(client, set);
        if (error !== undefined) return { reason: 'FailedCreate', error };
      }
      left -= Math.min(batch, left);
    }
    return undefined;
  }
  for (const pod of podsToDelete(active, Math.min(-missing, BURST))) {
    try {
      client.delete(PODS, pod.metadata.namespace, pod.metadata.name);
      client.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`, COMPONENT);
    } catch (error) {
      if (isStatusError(error, 'NotFound')) continue;
      client.event(set, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`, COMPONENT);
      return { reason: 'FailedDelete', error };
    }
  }
  return undefined;
}

function createPod(client: ClusterClient, set: ReplicaSet): unknown {
  const template = set.spec?.template;
  if (template === undefined) return undefined;
  try {
    const pod = client.create<Pod>(PODS, podFromTemplate(set, template));
    client.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, COMPONENT);
    return undefined;
  } catch (error) {
    // In a namespace that is being deleted nothing can be made, and nobody needs to hear of it.
    const ending =
      isStatusError(error) && error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating');
    if (ending !== true) client.event(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, COMPONENT);
    return error;
  }
}

function writeStatus(
  client: ClusterClient,
  set: ReplicaSet,
  pods: readonly Pod[],
  failure: { reason: string; error: unknown } | undefined,
): number | undefined {
  const nowMs = Date.now();
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const active = pods.filter(isPodActive);
  const waits = active.map((pod) => msUntilAvailable(pod, minReadySeconds, nowMs));
  const templateLabels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const counts = {
    fullyLabeledReplicas: active.filter((pod) =>
      templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value),
    ).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: waits.filter((wait) => wait === 0).length,
  };
  const status: ReplicaSetStatus = {
    replicas: active.length,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    terminatingReplicas: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isPodFinished(pod))
      .length,
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
  };
  client.updateStatus<ReplicaSet>(REPLICA_SETS, set.metadata.namespace, set.metadata.name, (fresh) => {
    const conditions = failureConditions(fresh.status?.conditions ?? [], failure);
    const next = conditions.length === 0 ? status : { ...status, conditions };
    return JSON.stringify(next) === JSON.stringify(fresh.status) ? undefined : { ...fresh, status: next };
  });
  const soonest = Math.min(...waits.filter((wait): wait is number => wait !== undefined && wait > 0));
  return Number.isFinite(soonest) ? soonest + 10 : undefined;
}

/** The first failure is kept as it was said; success takes it away. */
function failureConditions(
  conditions: readonly Condition[],
  failure: { reason: string; error: unknown } | undefined,
): Condition[] {
  if (failure === undefined) return withoutCondition(conditions, 'ReplicaFailure');
  if (findCondition(conditions, 'ReplicaFailure') !== undefined) return [...conditions];
  return [
    ...conditions,
    {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: kubeTime(),
      reason: failure.reason,
      message: messageOf(failure.error),
    },
  ];
}
