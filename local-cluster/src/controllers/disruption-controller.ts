/** Counts for each PodDisruptionBudget how many of its pods are healthy, must be, and may be evicted; eviction asks here. */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { IntOrString, Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { kubeTime, withCondition } from './conditions.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { controllerOf, selectorMatches } from './ownership.js';
import { isPodActive, isPodFinished, isPodReady } from './pod-state.js';

const BUDGETS = 'policy/poddisruptionbudgets';
const PODS = 'core/pods';
/** The workloads whose size counts for percentages and `maxUnavailable`. */
const SCALED: Readonly<Record<string, string>> = {
  ReplicaSet: 'apps/replicasets',
  StatefulSet: 'apps/statefulsets',
  ReplicationController: 'core/replicationcontrollers',
};

export function createDisruptionController(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: 'disruption-controller',
    client,
    log,
    watches: {
      [BUDGETS]: ({ object }) => [keyOf(object)],
      [PODS]: ({ object }) => budgetsOf(client, object as Pod).map(keyOf),
    },
    reconcile: (key) => reconcile(client, key),
  });
}

export const budgetsOf = (
  client: Pick<ClusterClient, 'list'>,
  { metadata }: Pick<Pod, 'metadata'>,
): PodDisruptionBudget[] =>
  client
    .list<PodDisruptionBudget>(BUDGETS, metadata.namespace)
    .filter(({ spec }) => selectorMatches(spec?.selector, metadata.labels));

function reconcile(client: ClusterClient, key: string): void {
  const { namespace, name } = splitKey(key);
  const budget = client.get<PodDisruptionBudget>(BUDGETS, namespace, name);
  if (budget?.spec === undefined) return;
  const status = budgetStatus(client, budget);
  client.updateStatus<PodDisruptionBudget>(BUDGETS, namespace, name, (fresh) =>
    JSON.stringify(fresh.status) === JSON.stringify(status) ? undefined : { ...fresh, status },
  );
}

export function budgetStatus(
  client: Pick<ClusterClient, 'get' | 'list'>,
  budget: PodDisruptionBudget,
): PodDisruptionBudgetStatus {
  const { spec, metadata } = budget;
  const pods = client
    .list<Pod>(PODS, metadata.namespace)
    .filter((pod) => !isPodFinished(pod) && selectorMatches(spec?.selector, pod.metadata.labels));
  const healthy = pods.filter((pod) => isPodActive(pod) && isPodReady(pod)).length;
  const { expected, desired } = wanted(client, budget, pods);
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const generation = metadata.generation ?? 1;
  return {
    observedGeneration: generation,
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: withCondition(budget.status?.conditions ?? [], {
      type: 'DisruptionAllowed',
      status: allowed > 0 ? 'True' : 'False',
      observedGeneration: generation,
      lastTransitionTime: kubeTime(),
      reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    }),
  };
}

function wanted(
  client: Pick<ClusterClient, 'get'>,
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
): { expected: number; desired: number } {
  if (spec?.maxUnavailable !== undefined) {
    const expected = sizeOfOwners(client, pods);
    return { expected, desired: Math.max(0, expected - share(spec.maxUnavailable, expected)) };
  }
  const minimum = spec?.minAvailable ?? 1;
  if (typeof minimum === 'number') return { expected: pods.length, desired: minimum };
  const expected = sizeOfOwners(client, pods);
  return { expected, desired: share(minimum, expected) };
}

/** Percentages round up. */
const share = (value: IntOrString, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);

function sizeOfOwners(client: Pick<ClusterClient, 'get'>, pods: readonly Pod[]): number {
  const owners = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const resource = SCALED[owner?.kind ?? ''];
    if (owner === undefined || resource === undefined || owners.has(owner.uid)) continue;
    owners.set(owner.uid, Number(client.get(resource, pod.metadata.namespace, owner.name)?.spec?.['replicas'] ?? 0));
  }
  return [...owners.values()].reduce((sum, replicas) => sum + replicas, 0);
}
