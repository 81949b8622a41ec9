/** Family C, first part: no node takes the pod, its volume is not there, or its sandbox cannot be made. */
import { WEIGHT, podName, type Finding } from './finding.js';
import { conditionOf, textOf, type Pod } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

const UNSCHEDULABLE_MS = 60_000;
const MOUNT_MS = 90_000;

type Cause = Pick<Finding, 'code' | 'fault' | 'suggestion'>;

/** The scheduler counts nodes by reason (`2 Insufficient cpu, 1 node(s) had untolerated taint(s)`); what the release can mend comes first. */
const causeOf = (message: string): Cause => {
  if (
    /unbound immediate PersistentVolumeClaims|persistentvolumeclaim .*not found|volume node affinity conflict/.test(
      message,
    )
  )
    return {
      code: 'pvc_unbound',
      fault: 'release',
      suggestion: 'Name a storage class that exists, or have the volume provided.',
    };
  if (/free ports for the requested pod ports/.test(message))
    return {
      code: 'host_port_taken',
      fault: 'release',
      suggestion: 'Leave the host port out, or choose one that no other pod uses.',
    };
  if (/Insufficient|Too many pods/.test(message))
    return {
      code: 'unschedulable_resources',
      fault: 'release',
      suggestion: 'Lower workload.resources.requests to what a node has free, or add nodes.',
    };
  if (/node affinity|node selector|affinity\/selector/.test(message))
    return {
      code: 'unschedulable_affinity',
      fault: 'release',
      suggestion: 'Correct the node selector or affinity: no node matches it.',
    };
  if (/untolerated taint|were unschedulable/.test(message))
    return {
      code: 'unschedulable_taint',
      fault: 'platform',
      suggestion: 'The nodes are kept for other work: the cluster’s operators must free or add some.',
    };
  return {
    code: 'unschedulable',
    fault: 'unknown',
    suggestion: 'Read the scheduler’s message: it counts the nodes by reason.',
  };
};

const unscheduled = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  if (pod.spec?.nodeName !== undefined) return [];
  const events = snapshot.eventsOf(pod);
  const scheduled = conditionOf(pod, 'PodScheduled');
  const failed = events.filter((event) => event.reason === 'FailedScheduling');
  const message = scheduled?.status === 'False' ? scheduled.message : failed.map(textOf).at(-1);
  if (message === undefined || scheduled?.status === 'True') return [];
  const claims = snapshot.claimEvents.map(textOf);
  const cause = causeOf(message);
  const growing = events.some((event) => event.reason === 'TriggeredScaleUp' || event.reason === 'Nominated');
  const hopeless = events.some((event) => event.reason === 'NotTriggerScaleUp');
  const why = message.replace(/ (no new claims to deallocate|preemption:).*$/s, '').replace(/[.,\s]+$/, '');
  return [
    {
      ...cause,
      weight: WEIGHT.start,
      pod: pod.metadata.name,
      object: podName(pod),
      reason: `No node can take ${podName(pod)}: ${why}.${cause.code === 'pvc_unbound' && claims.length > 0 ? ` ${claims.join(' ')}` : ''}`,
      events: failed.slice(-1),
      actAfterMs: growing && !hopeless ? undefined : hopeless ? 0 : UNSCHEDULABLE_MS,
    },
  ];
};

const unmounted = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  // Only an event tells: the pod itself stays at ContainerCreating.
  if (statuses.some(({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated)) return [];
  const found: Finding[] = [];
  const base = { weight: WEIGHT.start, pod: pod.metadata.name, object: podName(pod) };
  for (const event of snapshot.eventsOf(pod)) {
    const text = textOf(event);
    const missing = /(secret|configmap) "([^"]+)" not found/.exec(text);
    if (event.reason === 'FailedMount' && missing) {
      const [, kind = '', name = ''] = missing;
      found.push({
        ...base,
        code: `missing_${kind}_volume`,
        fault: 'release',
        reason: `${podName(pod)} waits for a volume from the ${kind} ${name}, which does not exist.`,
        suggestion: `Create the ${kind} ${name} in the namespace, or remove the volume.`,
        events: [event],
        actAfterMs: 0,
      });
    } else if (event.reason === 'FailedMount' || event.reason === 'FailedAttachVolume')
      found.push({
        ...base,
        code: event.reason === 'FailedMount' ? 'volume_mount_failed' : 'volume_attach_failed',
        fault: event.reason === 'FailedMount' ? 'release' : 'platform',
        reason: `A volume of ${podName(pod)} cannot be used: ${text}`,
        suggestion: 'Look at the volume that the message names.',
        events: [event],
        actAfterMs: MOUNT_MS,
      });
    else if (event.reason === 'FailedCreatePodSandBox')
      found.push({
        ...base,
        code: 'sandbox_create_failed',
        fault: 'platform',
        reason: `The node cannot set up ${podName(pod)}: ${text.replace(/^Failed to create pod sandbox: /, '')}`,
        suggestion:
          'Nothing is wrong with the release: the cluster’s operators must mend the node’s network or runtime.',
        events: [event],
        actAfterMs: undefined,
      });
  }
  return found;
};

export const scheduling = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.pods.flatMap((pod) => [...unscheduled(pod, snapshot), ...unmounted(pod, snapshot)]);
