import { kubeTime, withCondition } from '../controllers/conditions.js';
import { budgetStatus, budgetsOf } from '../controllers/disruption-controller.js';
import { isPodReady } from '../controllers/pod-state.js';
import type { Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { ObjectStore } from '../store/object-store.js';
import { StatusError } from '../store/status-error.js';
import { dryRunOf, sendJson, type ApiCall } from './api-call.js';
import type { ObjectRegistry } from './object-registry.js';
import { parseBody, readBody } from './request-body.js';

/**
 * `pods/eviction`: a deletion that the pod's disruption budgets may refuse. The budget is counted afresh, so that two
 * evictions at once cannot both have the last disruption.
 */
export const handleEviction = async (call: ApiCall, registry: ObjectRegistry): Promise<void> => {
  const { resource, namespace, name = '' } = call.path;
  const text = await readBody(call.request);
  const body =
    text === ''
      ? {}
      : ((parseBody(text, 'application/json') ?? {}) as {
          deleteOptions?: { gracePeriodSeconds?: number; dryRun?: readonly string[] };
        });
  const pod = registry.get(resource, namespace, name) as Pod;
  refuseByBudget(registry.store, pod);
  const dryRun = dryRunOf(call, 'CreateOptions', body.deleteOptions?.dryRun);
  if (!dryRun)
    registry.update(
      resource,
      namespace,
      name,
      (stored) => ({
        ...stored,
        status: {
          ...stored.status,
          conditions: withCondition((stored as Pod).status?.conditions ?? [], {
            type: 'DisruptionTarget',
            status: 'True',
            lastProbeTime: null,
            lastTransitionTime: kubeTime(),
            reason: 'EvictionByEvictionAPI',
            message: 'Eviction API: evicting',
          }),
        },
      }),
      { manager: 'kube-apiserver', subresource: 'status' },
    );
  registry.delete(resource, namespace, name, { gracePeriodSeconds: body.deleteOptions?.gracePeriodSeconds }, dryRun);
  sendJson(call, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
};

const refuseByBudget = (store: ObjectStore, pod: Pod): void => {
  const finished = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  if (finished || pod.status?.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined) return;
  const counted = { get: store.get.bind(store), list: store.list.bind(store) } as Pick<ClusterClient, 'get' | 'list'>;
  const budgets = budgetsOf(counted, pod);
  if (budgets.length > 1)
    throw new StatusError(
      500,
      'InternalError',
      'Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      {},
    );
  const [budget] = budgets;
  if (budget === undefined) return;
  const { disruptionsAllowed, currentHealthy, desiredHealthy } = budgetStatus(counted, budget);
  if (disruptionsAllowed > 0) return;
  const unhealthyMayGo =
    budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow' ||
    (currentHealthy >= desiredHealthy && desiredHealthy > 0);
  if (!isPodReady(pod) && unhealthyMayGo) return;
  throw new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
      },
    ],
  });
};
