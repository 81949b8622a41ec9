/**
 * Gives every pod the one node there is. Refused are only pods that could never run here: a node selector that the node
 * does not have, or a request beyond the machine's whole capacity. Requests are not added up: on a developer's machine
 * they are wishes, and what really runs is seen by everyone.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { kubeTime, withCondition, withoutCondition } from '../controllers/conditions.js';
import { createController, keyOf, splitKey, type Controller } from '../controllers/controller.js';
import type { Node, Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { NODE_NAME } from './node-status.js';
import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';

const PODS = 'core/pods';
const COMPONENT = 'default-scheduler';
const RETRY_MS = 60_000;

export function createScheduler(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [PODS]: ({ type, object }) => (type !== 'DELETED' && isUnbound(object as Pod) ? [keyOf(object)] : []),
    },
    reconcile: (key) => schedule(client, key),
  });
}

const isUnbound = (pod: Pod): boolean =>
  (pod.spec?.nodeName ?? '') === '' && pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Failed';

function schedule(client: ClusterClient, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const pod = client.get<Pod>(PODS, namespace, name);
  const node = client.get<Node>('core/nodes', undefined, NODE_NAME);
  if (pod === undefined || !isUnbound(pod) || node === undefined) return undefined;
  const why = refusal(pod, node);
  if (why !== undefined) {
    const message = `0/1 nodes are available: 1 ${why}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`;
    client.event(pod, 'Warning', 'FailedScheduling', message, COMPONENT);
    client.updateStatus<Pod>(PODS, namespace, name, (fresh) => ({
      ...fresh,
      status: {
        ...fresh.status,
        conditions: withCondition(fresh.status?.conditions ?? [], {
          type: 'PodScheduled',
          status: 'False',
          lastProbeTime: null,
          lastTransitionTime: kubeTime(),
          reason: 'Unschedulable',
          message,
        }),
      },
    }));
    return RETRY_MS;
  }
  const bound = client.update<Pod>(PODS, namespace, name, (fresh) => {
    if (fresh.spec === undefined) return undefined;
    fresh.spec.nodeName = NODE_NAME;
    return fresh;
  });
  if (bound === undefined) return undefined;
  client.updateStatus<Pod>(PODS, namespace, name, (fresh) => ({
    ...fresh,
    status: {
      ...fresh.status,
      conditions: [
        ...withoutCondition(fresh.status?.conditions ?? [], 'PodScheduled'),
        { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: kubeTime() },
      ],
    },
  }));
  client.event(bound, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`, COMPONENT);
  return undefined;
}

function refusal(pod: Pod, node: Node): string | undefined {
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {}))
    if (node.metadata.labels?.[key] !== value) return "node(s) didn't match Pod's node affinity/selector";
  if (node.spec?.unschedulable === true) return 'node(s) were unschedulable';
  for (const resource of ['cpu', 'memory']) {
    const wanted = (pod.spec?.containers ?? []).reduce(
      (sum, container) => sum + (quantityOf(container.resources?.requests?.[resource]) ?? 0),
      0,
    );
    const there = quantityOf(node.status?.allocatable?.[resource]);
    if (there !== undefined && wanted > there) return `Insufficient ${resource}`;
  }
  return undefined;
}
