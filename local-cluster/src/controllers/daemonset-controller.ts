/**
 * One pod on the node, where the node takes it: made, replaced when the template changes (the old one ends first, unless
 * a surge is allowed), and taken away when the node does not want it any more.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { NODE_NAME } from '../kubelet/node-status.js';
import { refusals } from '../kubelet/scheduler-filters.js';
import type { DaemonSet, DaemonSetStatus, Node, Pod, PodTemplateSpec } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { hashOf, presentRevision, pruneRevisions, REVISION_LABEL } from './controller-revisions.js';
import { claim, controllerOf } from './ownership.js';
import { podFromTemplate } from './pod-from-template.js';
import { isPodActive, isPodFinished, isPodReady, msUntilAvailable } from './pod-state.js';

const SETS = 'apps/daemonsets';
const PODS = 'core/pods';
const COMPONENT = 'daemonset-controller';
/** What a daemon bears that other pods do not. */
const TOLERATED = ['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'];

export function createDaemonSetController(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [SETS]: ({ object }) => [keyOf(object)],
      [PODS]: ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === 'DaemonSet' ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
      },
      'core/nodes': ({ object, previous }) =>
        JSON.stringify([object.spec, object.metadata.labels]) ===
        JSON.stringify([previous?.spec, previous?.metadata.labels])
          ? []
          : client.list<DaemonSet>(SETS).map(keyOf),
    },
    reconcile: (key) => reconcile(client, key),
  });
}

function reconcile(client: ClusterClient, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const set = client.get<DaemonSet>(SETS, namespace, name);
  const node = client.get<Node>('core/nodes', undefined, NODE_NAME);
  if (set?.spec === undefined || node === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
  const revision = presentRevision(client, set, set.spec.template);
  const hash = hashOf(revision);
  const mine = (): Pod[] => claim<Pod>(client, PODS, set, set.spec?.selector);
  const wanted = podFromTemplate(set, templateFor(set.spec.template, hash));
  const eligible = refusals(wanted, node, []).length === 0;
  let failure: unknown;
  try {
    step(client, set, mine(), hash, eligible ? wanted : undefined);
  } catch (error) {
    failure = error;
  }
  const againInMs = writeStatus(client, set, mine(), hash, eligible);
  pruneRevisions(client, set, set.spec.revisionHistoryLimit ?? 10, new Set([revision.metadata.name]));
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
  return againInMs;
}

function step(
  client: ClusterClient,
  set: DaemonSet,
  pods: readonly Pod[],
  hash: string,
  wanted: Pod | undefined,
): void {
  for (const pod of pods.filter(isPodFinished)) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    const why = `Found failed daemon pod ${keyOf(pod)} on node ${NODE_NAME}, will try to kill it`;
    client.event(set, 'Warning', 'FailedDaemonPod', why, COMPONENT);
    deletePod(client, set, pod);
  }
  const active = pods.filter(isPodActive);
  if (wanted === undefined) {
    for (const pod of active) deletePod(client, set, pod);
    return;
  }
  const [fresh, ...tooMany] = active.filter((pod) => isOfTemplate(pod, hash));
  for (const pod of tooMany) deletePod(client, set, pod);
  const old = active.filter((pod) => !isOfTemplate(pod, hash));
  if (set.spec?.updateStrategy?.type === 'OnDelete' && old.length > 0) return;
  const surge = set.spec?.updateStrategy?.rollingUpdate?.maxSurge;
  const surges = surge !== undefined && surge !== 0 && surge !== '0%';
  if (surges ? fresh !== undefined && isPodReady(fresh) : true) for (const pod of old) deletePod(client, set, pod);
  // Without a surge the next pod comes when the old one is gone: two daemons must not share a node.
  const ending = pods.some(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (fresh === undefined && (surges || (old.length === 0 && !ending))) createPod(client, set, wanted);
}

const isOfTemplate = (pod: Pod, hash: string): boolean => pod.metadata.labels?.[REVISION_LABEL] === hash;

function templateFor(template: PodTemplateSpec, hash: string): PodTemplateSpec {
  const tolerations = TOLERATED.map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: key === 'not-ready' || key === 'unreachable' ? 'NoExecute' : 'NoSchedule',
  }));
  return {
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [REVISION_LABEL]: hash } },
    spec: { ...template.spec, tolerations: [...(template.spec.tolerations ?? []), ...tolerations] },
  };
}

function createPod(client: ClusterClient, set: DaemonSet, wanted: Pod): void {
  try {
    const pod = client.create<Pod>(PODS, wanted);
    client.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`, COMPONENT);
  } catch (error) {
    client.event(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`, COMPONENT);
    throw error;
  }
}

function deletePod(client: ClusterClient, set: DaemonSet, { metadata }: Pod): void {
  client.delete(PODS, metadata.namespace, metadata.name);
  client.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${metadata.name}`, COMPONENT);
}

function writeStatus(
  client: ClusterClient,
  set: DaemonSet,
  pods: readonly Pod[],
  hash: string,
  eligible: boolean,
): number | undefined {
  // On one node a daemon is there or not: of several, the newest counts.
  const running = pods.filter(isPodActive);
  const has = (holds: (pod: Pod) => boolean): number => (eligible && running.some(holds) ? 1 : 0);
  const waits = running.map((pod) => msUntilAvailable(pod, set.spec?.minReadySeconds ?? 0, Date.now()));
  const available = eligible && waits.includes(0) ? 1 : 0;
  const counts = {
    updatedNumberScheduled: has((pod) => isOfTemplate(pod, hash)),
    numberAvailable: available,
    numberUnavailable: (eligible ? 1 : 0) - available,
  };
  const status: DaemonSetStatus = {
    currentNumberScheduled: has(() => true),
    numberMisscheduled: !eligible && running.length > 0 ? 1 : 0,
    desiredNumberScheduled: eligible ? 1 : 0,
    numberReady: has(isPodReady),
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
  };
  client.updateStatus<DaemonSet>(SETS, set.metadata.namespace, set.metadata.name, (fresh) =>
    JSON.stringify(fresh.status) === JSON.stringify(status) ? undefined : { ...fresh, status },
  );
  const soonest = Math.min(...waits.filter((wait): wait is number => wait !== undefined && wait > 0));
  return Number.isFinite(soonest) ? soonest + 10 : undefined;
}
