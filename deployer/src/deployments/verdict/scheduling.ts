/** Family C, first part: no node takes the pod, its volume is not there, or its sandbox cannot be made. */
import { WEIGHT, podName, type Finding } from './finding.js';
import { aboutOf, conditionOf, textOf, type Pod } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

const UNSCHEDULABLE_MS = 60_000;

type Cause = Pick<Finding, 'code' | 'fault' | 'suggestion'>;

/** The scheduler counts nodes by reason (`2 Insufficient cpu, 1 node(s) had untolerated taint(s)`); what the release can mend comes first. */
const CAUSES: readonly (readonly [RegExp, Cause])[] = [
  [
    /persistentvolumeclaim "?[^" ]+"? not found/,
    {
      code: 'missing_pvc',
      fault: 'release',
      suggestion: 'Create the PersistentVolumeClaim in the namespace, or remove the volume.',
    },
  ],
  [
    /volume node affinity conflict|no available volume zone/,
    {
      code: 'volume_zone_conflict',
      fault: 'release',
      suggestion:
        'The volume is bound to another zone: let the pod run there, or use a volume that all zones can reach.',
    },
  ],
  [
    /unbound immediate PersistentVolumeClaims|available persistent volumes to bind|did not have enough free storage/,
    {
      code: 'pvc_unbound',
      fault: 'release',
      suggestion: 'Name a storage class that exists, or have the volume provided.',
    },
  ],
  [
    /free ports for the requested pod ports/,
    {
      code: 'host_port_taken',
      fault: 'release',
      suggestion: 'Leave the host port out, or choose one that no other pod uses.',
    },
  ],
  [
    /Insufficient|Too many pods/,
    {
      code: 'unschedulable_resources',
      fault: 'release',
      suggestion: 'Lower workload.resources.requests to what a node has free, or add nodes.',
    },
  ],
  [
    /pod topology spread/,
    {
      code: 'unschedulable_topology_spread',
      fault: 'release',
      suggestion:
        'Loosen the topology spread constraints (whenUnsatisfiable ScheduleAnyway), or add nodes where pods are missing.',
    },
  ],
  [
    /node affinity|node selector|affinity\/selector|pods? (anti-)?affinity/,
    {
      code: 'unschedulable_affinity',
      fault: 'release',
      suggestion: 'Correct the node selector or the affinity: no node meets it.',
    },
  ],
  [
    /taint|were unschedulable/,
    {
      code: 'unschedulable_taint',
      fault: 'platform',
      suggestion: 'The nodes are kept for other work or closed: the cluster’s operators must free or add some.',
    },
  ],
  [
    /no nodes available|nodes are available: *$/,
    {
      code: 'no_nodes',
      fault: 'platform',
      suggestion: 'The cluster has no node: its operators must add one.',
    },
  ],
];
const causeOf = (message: string): Cause => {
  // What preemption would not help is the same reasons told again, by other nodes.
  const told = message.replace(/ (no new claims to deallocate|preemption:).*$/s, '');
  return (
    CAUSES.find(([words]) => words.test(told))?.[1] ?? {
      code: 'unschedulable',
      fault: 'unknown',
      suggestion: 'The scheduler’s message counts the nodes by reason: mend the one that most nodes have.',
    }
  );
};

/** Who takes a pod in hand says so within a second. */
const SILENCE_MS = 15_000;
const untouched = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  const scheduled = conditionOf(pod, 'PodScheduled');
  const base = {
    weight: WEIGHT.deadline,
    pod: pod.metadata.name,
    object: podName(pod),
    sayAfterMs: SILENCE_MS,
    actAfterMs: undefined,
  };
  const { schedulerName = 'default-scheduler', nodeName } = pod.spec ?? {};
  if (scheduled?.reason === 'SchedulingGated')
    return [
      {
        ...base,
        code: 'scheduling_gated',
        fault: 'none',
        reason: `${podName(pod)} is held back on purpose by a scheduling gate.`,
        suggestion: 'Whoever set the gate must lift it; until then nothing runs.',
      },
    ];
  if (nodeName === undefined && scheduled === undefined && snapshot.eventsOf(pod).length === 0) {
    const own = schedulerName !== 'default-scheduler';
    return [
      {
        ...base,
        code: 'scheduler_silent',
        fault: own ? 'release' : 'platform',
        reason: `No scheduler has looked at ${podName(pod)}; it asks for ${schedulerName}.`,
        suggestion: own
          ? `Leave schedulerName out, or have the scheduler ${schedulerName} started.`
          : 'Nothing is wrong with the release: the cluster’s scheduler does not work.',
      },
    ];
  }
  const taken = pod.status?.containerStatuses !== undefined || pod.status?.initContainerStatuses !== undefined;
  const begun = snapshot.eventsOf(pod).some(({ reason }) => reason !== 'Scheduled');
  if (nodeName === undefined || taken || begun || pod.status?.phase === 'Failed') return [];
  return [
    {
      ...base,
      code: 'node_not_responding',
      fault: 'platform',
      reason: `${podName(pod)} was given to node ${nodeName}, which does nothing with it.`,
      suggestion: 'Nothing is wrong with the release: the cluster’s operators must look at the node.',
    },
  ];
};

/** What the pod asks for that no node has. */
const wishOf = (code: string, message: string, pod: Pod): string => {
  const containers = pod.spec?.containers ?? [];
  if (code === 'unschedulable_resources') {
    const short = new Set([...message.matchAll(/Insufficient ([\w./-]+)/g)].map(([, name]) => name));
    const asked = containers.flatMap(({ resources }) =>
      Object.entries(resources?.requests ?? {})
        .filter(([name]) => short.has(name))
        .map(([name, amount]) => `${name} ${amount}`),
    );
    return asked.length === 0 ? '' : `, which requests ${asked.join(' and ')}`;
  }
  if (code === 'host_port_taken') {
    const ports = containers.flatMap(({ ports: all = [] }) => all.flatMap(({ hostPort }) => hostPort ?? []));
    return ports.length === 0 ? '' : `, which wants port ${ports.join(', ')} of its node`;
  }
  const labels = Object.entries(pod.spec?.nodeSelector ?? {});
  if (code !== 'unschedulable_affinity' || labels.length === 0) return '';
  return `, which wants a node with ${labels.map(([name, value]) => `${name}=${value}`).join(', ')}`;
};

const unscheduled = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  if (pod.spec?.nodeName !== undefined) return [];
  const events = snapshot.eventsOf(pod);
  const scheduled = conditionOf(pod, 'PodScheduled');
  const failed = events.filter((event) => event.reason === 'FailedScheduling');
  const message = scheduled?.status === 'False' ? scheduled.message : failed.map(textOf).at(-1);
  if (message === undefined || scheduled?.status === 'True') return [];
  const names = new Set((pod.spec?.volumes ?? []).map((volume) => volume.persistentVolumeClaim?.claimName));
  const claims = snapshot.claimEvents.filter((event) => names.has(aboutOf(event).name));
  const stated = causeOf(message);
  const unprovided = claims.find(
    ({ reason, ...event }) => reason === 'ProvisioningFailed' && !/storageclass.* not found/i.test(textOf(event)),
  );
  // A storage class that exists and fails is not the release's.
  const cause: Cause =
    stated.code === 'pvc_unbound' && unprovided !== undefined
      ? {
          code: 'volume_provisioning_failed',
          fault: 'platform',
          suggestion: 'Nothing is wrong with the release: the cluster’s operators must mend its storage.',
        }
      : stated;
  const told = cause.fault === 'release' || cause.fault === 'platform';
  const growing = events.some((event) => event.reason === 'TriggeredScaleUp' || event.reason === 'Nominated');
  const hopeless = events.some((event) => event.reason === 'NotTriggerScaleUp');
  const why = message.replace(/ (no new claims to deallocate|preemption:).*$/s, '').replace(/[.,\s]+$/, '');
  return [
    {
      ...cause,
      weight: WEIGHT.start,
      pod: pod.metadata.name,
      object: podName(pod),
      reason: `No node can take ${podName(pod)}${wishOf(cause.code, message, pod)}: ${why}.${claims.map((event) => ` Volume claim ${aboutOf(event).name ?? ''}: ${textOf(event)}.`).join('')}`,
      events: [...claims.slice(-1), ...failed.slice(-1)],
      actAfterMs: !told || (growing && !hopeless) ? undefined : hopeless ? 0 : UNSCHEDULABLE_MS,
    },
  ];
};

export const scheduling = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.pods.flatMap((pod) => [...unscheduled(pod, snapshot), ...untouched(pod, snapshot)]);
