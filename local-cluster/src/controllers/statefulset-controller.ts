/**
 * Pods with names and claims that stay: made in order, each when the one before is ready, ended from the last, replaced
 * one after the other from the last down to the partition (or all at once with `Parallel`, but for updates). A pod that
 * never gets ready stops an ordered set, also against a better template, as it does in Kubernetes.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { ControllerRevision, Pod, StatefulSet, StatefulSetStatus } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import { isStatusError } from '../store/status-error.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';
import { presentRevision, pruneRevisions, revisionsOf } from './controller-revisions.js';
import { claim, controllerOf } from './ownership.js';
import { isPodFinished, isPodReady, msUntilAvailable } from './pod-state.js';
import { ordinalOf, revisionOfPod, statefulClaims, statefulPod } from './statefulset-pods.js';

const SETS = 'apps/statefulsets';
const PODS = 'core/pods';
const CLAIMS = 'core/persistentvolumeclaims';
const COMPONENT = 'statefulset-controller';

export function createStatefulSetController(client: ClusterClient, log: Logger): Controller {
  return createController({
    name: COMPONENT,
    client,
    log,
    watches: {
      [SETS]: ({ object }) => [keyOf(object)],
      [PODS]: ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === 'StatefulSet' ? [`${object.metadata.namespace ?? ''}/${owner.name}`] : [];
      },
    },
    reconcile: (key) => reconcile(client, key),
  });
}

interface Revisions {
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
}

function reconcile(client: ClusterClient, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const set = client.get<StatefulSet>(SETS, namespace, name);
  if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return undefined;
  const update = presentRevision(client, set, set.spec.template);
  const current =
    revisionsOf(client, set).find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const revisions = { current, update };
  const pods = (): Pod[] =>
    claim<Pod>(client, PODS, set, set.spec?.selector)
      .filter((pod) => ordinalOf(set, pod) >= 0)
      .sort((a, b) => ordinalOf(set, a) - ordinalOf(set, b));
  let failure: unknown;
  try {
    step(client, set, revisions, pods());
  } catch (error) {
    failure = error;
  }
  const now = pods();
  const againInMs = writeStatus(client, set, revisions, now);
  const live = new Set([current.metadata.name, update.metadata.name, ...now.map(revisionOfPod)]);
  pruneRevisions(client, set, set.spec.revisionHistoryLimit ?? 10, live);
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error(messageOf(failure));
  return againInMs;
}

/** One step towards what is wanted; ordered sets take the next when this one shows. */
function step(client: ClusterClient, set: StatefulSet, revisions: Revisions, pods: readonly Pod[]): void {
  const { spec } = set;
  if (spec === undefined) return;
  const ordered = spec.podManagementPolicy !== 'Parallel';
  const start = spec.ordinals?.start ?? 0;
  const end = start + (spec.replicas ?? 1);
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const isAvailable = (pod: Pod): boolean => msUntilAvailable(pod, spec.minReadySeconds ?? 0, Date.now()) === 0;

  for (let ordinal = start; ordinal < end; ordinal += 1) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) {
      createPod(client, set, revisionFor(set, revisions, ordinal), ordinal);
      if (ordered) return;
    } else if (isPodFinished(pod) && pod.metadata.deletionTimestamp === undefined) {
      const why = `StatefulSet ${keyOf(set)} is recreating failed Pod ${pod.metadata.name}`;
      client.event(set, 'Warning', 'RecreatingFailedPod', why, COMPONENT);
      deletePod(client, set, pod);
      if (ordered) return;
    } else if (ordered && (pod.metadata.deletionTimestamp !== undefined || !isAvailable(pod))) return;
  }
  for (const pod of pods.filter((one) => ordinalOf(set, one) >= end || ordinalOf(set, one) < start).reverse()) {
    if (pod.metadata.deletionTimestamp === undefined) {
      deletePod(client, set, pod);
      if (spec.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete') deleteClaims(client, set, pod);
    }
    if (ordered) return;
  }
  if (spec.updateStrategy?.type === 'OnDelete') return;
  const partition = start + (spec.updateStrategy?.rollingUpdate?.partition ?? 0);
  for (const pod of [...pods].reverse()) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal < partition || ordinal >= end) continue;
    if (pod.metadata.deletionTimestamp !== undefined) return;
    if (revisionOfPod(pod) !== revisions.update.metadata.name) {
      deletePod(client, set, pod);
      return;
    }
    if (!isAvailable(pod)) return;
  }
}

/** Pods below the partition come back with the template they had. */
const revisionFor = (set: StatefulSet, { current, update }: Revisions, ordinal: number): ControllerRevision => {
  const start = set.spec?.ordinals?.start ?? 0;
  const keeps =
    set.spec?.updateStrategy?.type === 'OnDelete'
      ? false
      : ordinal < start + (set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
  return keeps ? current : update;
};

function createPod(client: ClusterClient, set: StatefulSet, revision: ControllerRevision, ordinal: number): void {
  const pod = statefulPod(set, revision, ordinal);
  const { name } = pod.metadata;
  const fail = (what: string, error: unknown): never => {
    const why = `create ${what} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`;
    client.event(set, 'Warning', 'FailedCreate', why, COMPONENT);
    throw error;
  };
  for (const wanted of statefulClaims(set, ordinal)) {
    if (client.get(CLAIMS, wanted.metadata.namespace, wanted.metadata.name) !== undefined) continue;
    const what = `Claim ${wanted.metadata.name} Pod ${name}`;
    try {
      client.create(CLAIMS, wanted);
    } catch (error) {
      fail(what, error);
    }
    const said = `create ${what} in StatefulSet ${set.metadata.name} success`;
    client.event(set, 'Normal', 'SuccessfulCreate', said, COMPONENT);
  }
  try {
    client.create(PODS, pod);
  } catch (error) {
    fail(`Pod ${name}`, error);
  }
  const said = `Create Pod ${name} in StatefulSet ${set.metadata.name} successful`;
  client.event(set, 'Normal', 'SuccessfulCreate', said, COMPONENT);
}

function deletePod(client: ClusterClient, set: StatefulSet, pod: Pod): void {
  try {
    client.delete(PODS, pod.metadata.namespace, pod.metadata.name);
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return;
    throw error;
  }
  const said = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  client.event(set, 'Normal', 'SuccessfulDelete', said, COMPONENT);
}

function deleteClaims(client: ClusterClient, set: StatefulSet, pod: Pod): void {
  for (const { metadata } of statefulClaims(set, ordinalOf(set, pod)))
    if (client.get(CLAIMS, metadata.namespace, metadata.name) !== undefined)
      client.delete(CLAIMS, metadata.namespace, metadata.name);
}

function writeStatus(
  client: ClusterClient,
  set: StatefulSet,
  { current, update }: Revisions,
  pods: readonly Pod[],
): number | undefined {
  const waits = pods.map((pod) => msUntilAvailable(pod, set.spec?.minReadySeconds ?? 0, Date.now()));
  const lasting = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const of = ({ metadata }: ControllerRevision): number =>
    lasting.filter((pod) => revisionOfPod(pod) === metadata.name).length;
  const ready = pods.filter(isPodReady).length;
  const updated = of(update);
  // The update is over when every pod has it and is ready: then it is the current one.
  const done = updated === pods.length && ready === pods.length && pods.length === (set.spec?.replicas ?? 1);
  const counts = { readyReplicas: ready, currentReplicas: done ? updated : of(current), updatedReplicas: updated };
  const status: StatefulSetStatus = {
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    replicas: pods.length,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    currentRevision: (done ? update : current).metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: 0,
    availableReplicas: waits.filter((wait) => wait === 0).length,
  };
  client.updateStatus<StatefulSet>(SETS, set.metadata.namespace, set.metadata.name, (fresh) =>
    JSON.stringify(fresh.status) === JSON.stringify(status) ? undefined : { ...fresh, status },
  );
  const soonest = Math.min(...waits.filter((wait): wait is number => wait !== undefined && wait > 0));
  return Number.isFinite(soonest) ? soonest + 10 : undefined;
}
