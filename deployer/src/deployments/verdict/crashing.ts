/** Family D: the process ran and died. Read from what ended, never from the back-off: that comes up to eighteen seconds later. */
import { WEIGHT, podName, type Finding } from './finding.js';
import { hasFailed } from './jobs.js';
import { containerOf, containersOf, lastEnd, specOf, textOf, timesOf, type Pod } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${String(count)} times`);

/** How long the last process lived tells a bad start from bad work. */
const whenOf = ({ startedAt, finishedAt }: { readonly startedAt?: string; readonly finishedAt?: string }): string => {
  const seconds = (Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000;
  if (Number.isNaN(seconds)) return '';
  return seconds < 10 ? ' at start' : `, the last time after ${String(Math.round(seconds))} s,`;
};

/** `` twice`` for a Job of which two pods failed; nothing for one. */
const attempts = ({ pods }: RolloutSnapshot): string => {
  const failed = pods.filter(({ status }) => status?.phase === 'Failed').length;
  return failed < 2 ? '' : ` ${times(failed)}`;
};

const ofContainer = (pod: Pod, name: string, init: boolean, snapshot: RolloutSnapshot): readonly Finding[] => {
  const status = containersOf(pod).find((container) => container.name === name && container.init === init)?.status;
  const end = status && lastEnd(status);
  // What a lost node's containers came to is not known; the server writes an end all the same.
  if (status === undefined || end === undefined || end.reason === 'ContainerStatusUnknown') return [];
  const count = snapshot.endsSince(pod, status);
  if (count <= 0) return [];
  const inJob = snapshot.target.kind === 'Job';
  if (end.exitCode === 0 && (inJob || init || pod.spec?.restartPolicy === 'OnFailure')) return [];
  const who = `${init ? 'Init container' : 'Container'} ${name} of ${podName(pod)}`;
  const events = snapshot.eventsOf(pod).filter((event) => (containerOf(event) ?? name) === name);
  const base = {
    fault: 'release' as const,
    pod: pod.metadata.name,
    object: podName(pod),
    container: name,
    exitCode: end.exitCode,
    wantsLog: true,
    ...(end.message === undefined ? {} : { lastWords: end.message }),
  };
  // A Job's controller decides when it has failed for good; a pod that is never restarted has with its first end.
  const decided = inJob ? hasFailed(snapshot.workload) : pod.spec?.restartPolicy === 'Never' || count >= 2;
  const actAfterMs = decided ? 0 : undefined;

  if (end.reason === 'OOMKilled') {
    const limit = specOf(pod, name)?.resources?.limits?.['memory'];
    return [
      {
        ...base,
        code: 'oom_killed',
        weight: WEIGHT.killed,
        reason: `${who} was killed ${times(count)} because it used more memory than ${limit === undefined ? 'the node has' : `its limit of ${limit}`} (OOMKilled).`,
        suggestion:
          limit === undefined
            ? 'Set workload.resources.limits.memory, and find what uses so much.'
            : 'Raise workload.resources.limits.memory, or use less memory.',
        actAfterMs,
      },
    ];
  }
  const killed = events.some(
    (event) => event.reason === 'Killing' && /failed (liveness|startup) probe/.test(textOf(event)),
  );
  if (killed) return []; // told by `probeKills`, also before the process has ended
  const finished = end.exitCode === 0;
  return [
    {
      ...base,
      code: init ? 'init_container_crash' : inJob ? 'job_failed' : 'crash_loop',
      weight: WEIGHT.crash,
      reason: finished
        ? `${who} ended by itself ${times(count)} (exit code 0), though it should keep running.`
        : inJob
          ? `${who} of Job ${snapshot.target.name} failed${attempts(snapshot)} with exit code ${String(end.exitCode)}.`
          : `${who} crashed ${times(count)}${whenOf(end)} with exit code ${String(end.exitCode)}${end.reason === undefined || end.reason === 'Error' ? '' : ` (${end.reason})`}.`,
      suggestion: finished
        ? 'A server’s command must not return: check that it listens and stays in the foreground.'
        : 'The last log lines say what went wrong; often a missing setting or a service that cannot be reached.',
      // Two ends of one container may be said; the engine asks for all pods, or two, before acting.
      actAfterMs,
    },
  ];
};

const probeKills = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  const events = snapshot.eventsOf(pod);
  const kills = events.filter(
    (event) => event.reason === 'Killing' && /failed (liveness|startup) probe/.test(textOf(event)),
  );
  const [first] = kills;
  if (first === undefined) return [];
  const probe = /failed (liveness|startup) probe/.exec(textOf(first))?.[1] ?? 'liveness';
  const name = containerOf(first) ?? /Container (\S+) failed/.exec(textOf(first))?.[1] ?? '';
  const status = containersOf(pod).find((container) => container.name === name)?.status;
  const end = status && lastEnd(status);
  const ends = status ? snapshot.endsSince(pod, status) : 0;
  // The events of a pod that was well when the watch began tell of times before.
  const count = snapshot.wasReady(pod)
    ? ends
    : Math.max(
        kills.reduce((sum, event) => sum + timesOf(event), 0),
        ends,
      );
  if (count <= 0 || end?.reason === 'OOMKilled') return [];
  const said = events.filter((event) => event.reason === 'Unhealthy' && textOf(event).toLowerCase().startsWith(probe));
  const answer = said
    .map(textOf)
    .at(-1)
    ?.replace(/^\w+ probe failed: /, '')
    .trim();
  const spec = specOf(pod, name);
  const path = (probe === 'startup' ? spec?.startupProbe : spec?.livenessProbe)?.httpGet?.path;
  return [
    {
      code: probe === 'startup' ? 'startup_failing' : 'liveness_failing',
      fault: 'release',
      weight: WEIGHT.killed,
      pod: pod.metadata.name,
      object: podName(pod),
      container: name,
      reason: `Container ${name} of ${podName(pod)} was killed ${times(count)} because its ${probe} probe${path === undefined ? '' : ` (${path})`} failed${answer === undefined ? '' : `: ${answer}`}.`,
      suggestion: `Make the ${probe} probe ask for something that answers while the process is well, or give it more time.`,
      ...(end ? { exitCode: end.exitCode } : {}),
      events: [...said.slice(-1), ...kills.slice(-1)],
      wantsLog: true,
      actAfterMs: count >= 2 ? 0 : undefined,
    },
  ];
};

/** Said at the second end; the first may be a start that came before its database. An OOM kill is no accident: said at once. */
const worthSaying = (finding: Finding, pod: Pod, snapshot: RolloutSnapshot): boolean => {
  if (finding.code === 'oom_killed' || snapshot.target.kind === 'Job' || pod.spec?.restartPolicy === 'Never')
    return true;
  const container = containersOf(pod).find(
    ({ name, init }) => name === finding.container && init === (finding.code === 'init_container_crash'),
  );
  return container === undefined || snapshot.endsSince(pod, container.status) >= 2;
};

export const crashing = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.pods.flatMap((pod) => [
    ...probeKills(pod, snapshot),
    ...containersOf(pod)
      .flatMap(({ name, init }) => ofContainer(pod, name, init, snapshot))
      .filter((finding) => worthSaying(finding, pod, snapshot)),
  ]);
