/**
 * Gives every pod the one node there is, unless a filter says that it could never run here or its volumes are not there
 * yet; then the pod says `Unschedulable` and why, as kube-scheduler's pods do.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { kubeTime, withCondition, withoutCondition } from '../controllers/conditions.js';
import { createController, keyOf, splitKey, type Controller } from '../controllers/controller.js';
import type { Node, PersistentVolumeClaim, Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { NODE_NAME } from './node-status.js';
import { refusals } from './scheduler-filters.js';

const PODS = 'core/pods';
const CLAIMS = 'core/persistentvolumeclaims';
const COMPONENT = 'default-scheduler';
const RETRY_MS = 60_000;

export function createScheduler(client: ClusterClient, log: Logger): Controller {
  const waiting = (namespace?: string): string[] => client.list<Pod>(PODS, namespace).filter(isUnbound).map(keyOf);
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [PODS]: ({ type, object }) => (type !== 'DELETED' && isUnbound(object as Pod) ? [keyOf(object)] : []),
      // What a pod waits for may have come: another node spec, a bound claim.
      'core/nodes': ({ object, previous }) =>
        JSON.stringify(object.spec) === JSON.stringify(previous?.spec) ? [] : waiting(),
      [CLAIMS]: ({ object }) => waiting(object.metadata.namespace),
    },
    reconcile: (key) => schedule(client, key),
  });
}

const isUnbound = (pod: Pod): boolean =>
  (pod.spec?.nodeName ?? '') === '' &&
  pod.metadata.deletionTimestamp === undefined &&
  pod.status?.phase !== 'Failed' &&
  pod.spec?.schedulerName === COMPONENT;

function schedule(client: ClusterClient, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const pod = client.get<Pod>(PODS, namespace, name);
  const node = client.get<Node>('core/nodes', undefined, NODE_NAME);
  if (pod === undefined || !isUnbound(pod) || node === undefined) return undefined;
  const why = whyNot(client, pod, node);
  if (why !== undefined) {
    client.event(pod, 'Warning', 'FailedScheduling', why, COMPONENT);
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
          message: why,
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

function whyNot(client: ClusterClient, pod: Pod, node: Node): string | undefined {
  const volumes = unboundVolumes(client, pod);
  if (volumes !== undefined) return `0/1 nodes are available: ${volumes}. not found`;
  const said = refusals(pod, node, client.list<Pod>(PODS));
  if (said.length === 0) return undefined;
  return `0/1 nodes are available: ${said.map((one) => `1 ${one}`).join(', ')}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`;
}

function unboundVolumes(client: ClusterClient, pod: Pod): string | undefined {
  for (const { persistentVolumeClaim } of pod.spec?.volumes ?? []) {
    if (persistentVolumeClaim === undefined) continue;
    const { claimName } = persistentVolumeClaim;
    const claim = client.get<PersistentVolumeClaim>(CLAIMS, pod.metadata.namespace, claimName);
    if (claim === undefined) return `persistentvolumeclaim "${claimName}" not found`;
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${claimName}" is being deleted`;
    if (claim.status?.phase !== 'Bound') return 'pod has unbound immediate PersistentVolumeClaims';
  }
  return undefined;
}
