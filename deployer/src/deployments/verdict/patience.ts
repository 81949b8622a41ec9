/** What is no trouble yet, said so that nobody wonders: a process that runs and is not ready, a set that waits to be told. */
import { WEIGHT, podName, type Finding } from './finding.js';
import { containerOf, containersOf, isReady, textOf, type Pod } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

/** Most processes listen within a few seconds. */
const SLOW_MS = 10_000;

const slowStart = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  if (isReady(pod)) return [];
  return containersOf(pod).flatMap(({ name, status }): Finding[] => {
    if (status.state?.running === undefined || status.ready === true) return [];
    const said = snapshot
      .eventsOf(pod)
      .filter((event) => event.reason === 'Unhealthy' && (containerOf(event) ?? name) === name)
      .map((event) => textOf(event).trim())
      .at(-1);
    return [
      {
        code: 'slow_start',
        fault: 'none',
        weight: WEIGHT.note,
        pod: pod.metadata.name,
        object: podName(pod),
        container: name,
        reason: `Container ${name} of ${podName(pod)} is still starting: it runs and is not ready yet${said === undefined ? '' : ` (${said})`}`,
        suggestion: 'Nothing to do yet: it has until the deadline of the rollout (timeouts.deploying).',
        phase: pod.metadata.name,
        sayAfterMs: SLOW_MS,
        actAfterMs: undefined,
      },
    ];
  });
};

const waitsToBeTold = ({ workload, target, oldPods }: RolloutSnapshot): readonly Finding[] => {
  const strategy = workload?.spec?.updateStrategy;
  const partition = strategy?.rollingUpdate?.partition ?? 0;
  const held =
    strategy?.type === 'OnDelete'
      ? 'OnDelete'
      : target.kind === 'StatefulSet' && partition > 0
        ? 'partition'
        : undefined;
  if (held === undefined || oldPods.length === 0) return [];
  return [
    {
      code: held === 'OnDelete' ? 'update_on_delete' : 'update_partitioned',
      fault: 'none',
      weight: WEIGHT.note,
      object: `${target.kind} ${target.name}`,
      reason:
        held === 'OnDelete'
          ? `The ${target.kind} ${target.name} replaces a pod only when somebody deletes it (update strategy OnDelete)`
          : `The StatefulSet ${target.name} replaces only pods from number ${String(partition)} on (partition)`,
      suggestion:
        held === 'OnDelete' ? 'Delete the old pods one by one, or use RollingUpdate.' : 'Lower the partition to go on.',
      actAfterMs: undefined,
    },
  ];
};

/** `late`: the time for patience is over. */
export const patience = (snapshot: RolloutSnapshot, late: boolean): readonly Finding[] =>
  late ? [] : [...snapshot.pods.flatMap((pod) => slowStart(pod, snapshot)), ...waitsToBeTold(snapshot)];
