/** How far one rollout is, and whether what answers is what was built: pure, from one snapshot. */
import type { PodView } from '@aws-deployer/platform/contracts/deployments';
import { LABEL } from './manifests/identity.js';
import { conditionOf, containersOf, isReady, runningDigest, type Pod, type WorkloadObject } from './verdict/objects.js';
import type { RolloutSnapshot } from './verdict/snapshot.js';

export interface RolloutProgress {
  /** Every replica is of the newest template and available, and the cluster has looked at the newest template. */
  readonly complete: boolean;
  readonly sentence: string;
}

interface Counts {
  readonly wanted: number;
  /** Of the newest template. */
  readonly updated: number;
  readonly available: number;
  /** Of any template. */
  readonly all: number;
}

/** Each kind counts under other names. */
const countsOf = ({ workload, pods }: RolloutSnapshot): Counts => {
  const { spec, status = {}, kind } = workload ?? {};
  const wanted = spec?.replicas ?? 1;
  const { availableReplicas: available = 0, updatedReplicas = 0, replicas = 0 } = status;
  if (kind === 'DaemonSet') {
    const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
    return {
      wanted: desiredNumberScheduled,
      updated: updatedNumberScheduled,
      available: numberAvailable,
      all: desiredNumberScheduled,
    };
  }
  if (kind === 'StatefulSet') {
    // Pods below the partition stay as they are, by wish. `updatedReplicas` is only of the revision that was looked at.
    const kept = Math.min(wanted, spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
    const byHand = spec?.updateStrategy?.type === 'OnDelete';
    return { wanted, updated: byHand ? wanted : Math.min(wanted, updatedReplicas + kept), available, all: replicas };
  }
  if (kind === 'Pod') {
    const ready = pods.some((pod) => isReady(pod) || pod.status?.phase === 'Succeeded');
    return { wanted: 1, updated: 1, available: ready ? 1 : 0, all: 1 };
  }
  return { wanted, updated: kind === 'ReplicaSet' ? replicas : updatedReplicas, available, all: replicas };
};

/** The first answer after an apply can look finished: it still counts the replicas of the template before. */
export const progressOf = (snapshot: RolloutSnapshot): RolloutProgress => {
  const { workload, target } = snapshot;
  if (target.kind === 'Job') return progressOfJob(workload);
  const { wanted, updated, available, all } = countsOf(snapshot);
  const seen =
    workload !== undefined &&
    (target.kind === 'Pod' ||
      (workload.status?.observedGeneration ?? 0) >=
        Math.max(workload.metadata.generation ?? 0, target.generation ?? 0));
  const complete = seen && updated === wanted && available === wanted && all === wanted;
  const of = `${String(wanted)} replica${wanted === 1 ? '' : 's'}`;
  if (!seen) return { complete, sentence: 'Waiting for the cluster to look at the new version.' };
  if (complete)
    return { complete, sentence: wanted === 0 ? 'Scaled to zero as asked.' : `The new version runs: ${of} available.` };
  if (updated < wanted) return { complete, sentence: `${String(updated)} of ${of} replaced by the new version.` };
  if (all > wanted)
    return { complete, sentence: `Waiting for old pods to go: ${String(all - wanted)} more than asked for.` };
  return { complete, sentence: `${String(available)} of ${of} available.` };
};

const progressOfJob = (job: WorkloadObject | undefined): RolloutProgress => {
  const complete = conditionOf(job, 'Complete')?.status === 'True';
  return { complete, sentence: complete ? 'The Job has done its work.' : 'The Job is not done yet.' };
};

export interface ServingProof {
  /** There are ready endpoints, all of them pods of the new release that run the built digest. */
  readonly proven: boolean;
  readonly sentence: string;
}

const runs = (pod: Pod, digest: string): boolean => {
  const statuses = containersOf(pod).filter(({ init }) => !init);
  return statuses.some(({ name, status }) => {
    const spec = pod.spec?.containers?.find((container) => container.name === name);
    const running = runningDigest(status);
    // A runtime that tells no digest was at least asked for this one by digest.
    return running === digest || (running === undefined && spec?.image?.endsWith(`@${digest}`) === true);
  });
};

/** Whether every ready endpoint of the Services is a pod of this release with the built digest. */
export const servingProof = (snapshot: RolloutSnapshot, allPods: readonly Pod[]): ServingProof => {
  const { target, podOwner } = snapshot;
  if ((snapshot.workload?.spec?.replicas ?? 1) === 0)
    return { proven: true, sentence: 'Scaled to zero: nothing answers.' };
  const current = new Set(snapshot.pods.map((pod) => pod.metadata.uid));
  for (const service of target.services) {
    const found = snapshot.services.find(({ metadata }) => metadata.name === service);
    const endpoints = found
      ? snapshot
          .slicesOf(found)
          .flatMap((slice) => slice.endpoints ?? [])
          .filter(({ conditions }) => conditions?.ready !== false)
      : [];
    if (endpoints.length === 0) return { proven: false, sentence: `The Service ${service} has no ready endpoint yet.` };
    for (const { targetRef } of endpoints) {
      const pod = allPods.find(({ metadata }) =>
        targetRef?.uid === undefined ? metadata.name === targetRef?.name : metadata.uid === targetRef.uid,
      );
      if (pod === undefined || !current.has(pod.metadata.uid))
        return {
          proven: false,
          sentence: `The Service ${service} still leads to an older pod (${targetRef?.name ?? 'unknown'}).`,
        };
      if (target.imageDigest !== undefined && !runs(pod, target.imageDigest))
        return {
          proven: false,
          sentence: `Pod ${pod.metadata.name} does not run the built image ${target.imageDigest}.`,
        };
    }
  }
  return {
    proven: true,
    sentence: `Every ready endpoint is a pod of ${podOwner?.metadata.name ?? target.name}${target.imageDigest === undefined ? '' : ` and runs ${target.imageDigest}`}.`,
  };
};

const RUNTIMES = ['docker', 'process', 'simulated'] as const;
const runtimeOf = (pod: Pod): PodView['runtime'] => {
  const named = pod.metadata.annotations?.['local-cluster/runtime'];
  return named === undefined ? 'kubernetes' : (RUNTIMES.find((runtime) => runtime === named) ?? null);
};

const reasonOf = (pod: Pod): string | null => {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Stopping';
  for (const { name, init, status } of containersOf(pod)) {
    const { state, lastState } = status;
    if (init && state?.terminated?.exitCode === 0) continue;
    if (state?.waiting)
      return [`${name}: ${state.waiting.reason ?? 'Waiting'}`, state.waiting.message].filter(Boolean).join(': ');
    const end = state?.terminated ?? (status.ready === true ? undefined : lastState?.terminated);
    if (end) return `${name}: ${end.reason ?? 'Ended'} (exit code ${String(end.exitCode)})`;
  }
  if (isReady(pod)) return null;
  const unready = pod.status?.conditions?.find(({ status, reason }) => status === 'False' && reason !== undefined);
  return pod.status?.reason ?? unready?.message ?? unready?.reason ?? 'Starting';
};

/** Pods as screens show them: the new release's first, then by name. */
export const podViews = (pods: readonly Pod[], releaseId: string): PodView[] =>
  pods
    .map((pod): PodView => {
      const statuses = containersOf(pod).filter(({ init }) => !init);
      const release = pod.metadata.labels?.[LABEL.release] ?? null;
      return {
        name: pod.metadata.name,
        phase: pod.status?.phase ?? 'Pending',
        ready: isReady(pod),
        restarts: statuses.reduce((sum, { status }) => sum + (status.restartCount ?? 0), 0),
        reason: reasonOf(pod),
        image_digest:
          statuses.map(({ status }) => runningDigest(status)).find((digest) => digest !== undefined) ?? null,
        release_id: release,
        current: release === releaseId,
        node: pod.spec?.nodeName ?? null,
        runtime: runtimeOf(pod),
        started_at: pod.status?.startTime ?? null,
      };
    })
    .toSorted((a, b) => Number(b.current) - Number(a.current) || a.name.localeCompare(b.name));
