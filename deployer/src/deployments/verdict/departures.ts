/** Pods that somebody or the cluster took away (row 33), and old ones that do not go (row 38): nobody's fault unless a pod broke its own limits. */
import { WEIGHT, podName, type Finding } from './finding.js';
import { conditionOf, containersOf, type Pod } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

/** Whoever scales down or replaces says so within this time; who is silent was not asked. */
const UNASKED_MS = 1_000;
/** A kubelet and an API server need a moment after the grace period is over. */
const OVERDUE_MS = 5_000;

type Going = Pod['metadata'] & {
  readonly deletionGracePeriodSeconds?: number;
  readonly finalizers?: readonly string[];
};

const TAKEN: Readonly<Record<string, readonly [string, string]>> = {
  PreemptionByScheduler: ['pod_preempted', 'made room for a pod of higher priority'],
  DeletionByTaintManager: ['node_lost', 'was taken from a node that is not well'],
  DeletionByPodGC: ['node_lost', 'was on a node that is gone'],
  EvictionByEvictionAPI: ['pod_evicted', 'was evicted, as when a node is drained'],
  TerminationByKubelet: ['pod_evicted', 'was evicted by its node'],
};
const NOTHING_TO_DO = 'Nothing to do: another pod takes its place.';

/** Its object stays behind as Failed. Only its own limits make that the release's fault. */
const evicted = (pod: Pod): readonly Finding[] => {
  const { phase, reason = '', message } = pod.status ?? {};
  if (
    phase !== 'Failed' ||
    !/^(Evicted|Preempting|NodeShutdown|Shutdown|Terminated|NodeLost|NodeAffinity|OutOf.*|Unexpected.*)$/.test(reason)
  )
    return [];
  const own = /exceeds the (total )?limit|exceeded its local ephemeral storage limit/i.test(message ?? '');
  return [
    {
      code: own
        ? 'storage_limit_exceeded'
        : /^(OutOf|Unexpected|NodeAffinity)/.test(reason)
          ? 'pod_rejected'
          : 'pod_evicted',
      fault: own ? 'release' : 'transient',
      weight: own ? WEIGHT.killed : WEIGHT.departed,
      pod: pod.metadata.name,
      object: podName(pod),
      reason: `${podName(pod)} was evicted${reason === 'Evicted' ? '' : ` (${reason})`}: ${message ?? 'the node gave no reason'}`,
      suggestion: own ? 'Write less to the container’s disk, or raise its ephemeral storage limit.' : NOTHING_TO_DO,
      actAfterMs: own ? 0 : undefined,
    },
  ];
};

const departed = (pod: Pod): Finding => {
  const disruption = conditionOf(pod, 'DisruptionTarget');
  const [code, what] = (disruption?.status === 'True' ? TAKEN[disruption.reason ?? ''] : undefined) ?? [
    disruption?.status === 'True' ? 'pod_evicted' : 'pod_deleted',
    disruption?.status === 'True' ? 'was taken away by the cluster' : 'was deleted by somebody',
  ];
  return {
    code,
    fault: 'transient',
    weight: WEIGHT.departed,
    pod: pod.metadata.name,
    object: podName(pod),
    reason: `${podName(pod)} ${what} while the rollout went on${disruption?.message ? `: ${disruption.message}` : ''}`,
    suggestion: NOTHING_TO_DO,
    ...(disruption?.status === 'True' ? {} : { sayAfterMs: UNASKED_MS }),
    actAfterMs: undefined,
  };
};

/** An unreachable node makes a pod unready without its containers ending. */
const lost = (pod: Pod): readonly Finding[] => {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'Unknown' && pod.status?.reason !== 'NodeLost') return [];
  return [
    {
      code: 'node_lost',
      fault: 'transient',
      weight: WEIGHT.departed,
      pod: pod.metadata.name,
      object: podName(pod),
      reason: `The node ${pod.spec?.nodeName ?? ''} of ${podName(pod)} does not answer, so nobody knows how the pod is`,
      suggestion:
        'Nothing to do: the cluster moves the pod to another node after some minutes, or the node comes back.',
      actAfterMs: undefined,
    },
  ];
};

const lingering = (pod: Pod): readonly Finding[] => {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers = [] } = pod.metadata as Going;
  if (deletionTimestamp === undefined) return [];
  const held = finalizers.length > 0;
  // Nothing of it runs any more and it is still there: no need to wait for the end of its grace.
  const ended = containersOf(pod).every(({ status }) => status.state?.terminated !== undefined);
  const graceSeconds = deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
  return [
    {
      code: 'old_pod_terminating',
      fault: 'transient',
      weight: WEIGHT.note,
      object: podName(pod),
      reason: `The old ${podName(pod)} should be gone and is still there${held ? ` (held by the finalizer ${finalizers.join(', ')})` : ''}; the new version is not affected`,
      suggestion: held
        ? 'Whoever set the finalizer must remove it; the rollout does not wait for it.'
        : 'Look at its node if it stays; the rollout does not wait for it.',
      phase: ended ? 'ended' : 'ending',
      sayAfterMs: ended ? OVERDUE_MS : graceSeconds * 1000 + OVERDUE_MS,
      actAfterMs: undefined,
    },
  ];
};

/** `complete`: every replica is there, so that nothing is missing any more. */
export const departures = (snapshot: RolloutSnapshot, complete: boolean): readonly Finding[] => {
  if (snapshot.namespaceEnding || snapshot.deleted) return [];
  const left = [...snapshot.pods.flatMap(evicted), ...(complete ? [] : snapshot.departed.map(departed))];
  return [
    ...left.filter(({ fault }) => fault === 'release' || !complete),
    ...(complete ? [] : snapshot.pods.flatMap(lost)),
    ...snapshot.oldPods.flatMap(lingering),
  ];
};
