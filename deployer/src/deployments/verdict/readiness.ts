/** Family E: the process lives but is not ready. A refused connection on its own port is how every start looks, so it waits longest. */
import { WEIGHT, podName, type Finding } from './finding.js';
import {
  conditionOf,
  containerOf,
  containersOf,
  isReady,
  specOf,
  textOf,
  timesOf,
  type ContainerSpec,
  type EventObject,
  type Pod,
  type Probe,
} from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

/** Somebody who opens an administration port first opens the real one soon after. */
const WRONG_PORT_MS = 10_000;

const portNumber = (probe: Probe | undefined, spec: ContainerSpec | undefined): number | undefined => {
  const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
  return typeof port === 'number' ? port : spec?.ports?.find(({ name }) => name === port)?.containerPort;
};

const unready = (pod: Pod, snapshot: RolloutSnapshot, late: boolean): readonly Finding[] => {
  if (isReady(pod)) return [];
  return containersOf(pod).flatMap(({ name, init, status }): Finding[] => {
    const spec = specOf(pod, name);
    const probe = spec?.readinessProbe;
    if (init || status.state?.running === undefined) return [];
    const events = snapshot.eventsOf(pod).filter((event) => (containerOf(event) ?? name) === name);
    const base = {
      fault: 'release' as const,
      weight: WEIGHT.readiness,
      pod: pod.metadata.name,
      object: podName(pod),
      container: name,
      wantsLog: true,
    };
    const port = portNumber(probe, spec);
    const wrong = events.find(({ reason }) => reason === 'WrongPort');
    if (wrong)
      return [
        {
          ...base,
          code: 'wrong_port',
          weight: WEIGHT.serving,
          reason: `${podName(pod)} is not ready: ${textOf(wrong)}.`,
          suggestion:
            'Let the process listen on the port that the environment variable PORT names, or set workload.container_port to the one it uses.',
          events: [wrong],
          actAfterMs: WRONG_PORT_MS,
        },
      ];
    const failures = events.filter((event) => event.reason === 'Unhealthy' && /^Readiness probe/.test(textOf(event)));
    const last = failures.at(-1);
    if (probe === undefined || last === undefined) return [];
    // Each text has its own event. A refused start before a wrong answer must not count for the answer, but other answers do.
    const isRefused = (event: EventObject): boolean => /connection refused/.test(textOf(event));
    const count = failures
      .filter((event) => isRefused(event) === isRefused(last))
      .reduce((sum, event) => sum + timesOf(event), 0);
    const threshold = probe.failureThreshold ?? 3;
    if (count < threshold) return [];
    const answer = textOf(last)
      .replace(/^Readiness probe (failed|errored): /, '')
      .trim();
    const code = /statuscode: (\d+)/.exec(answer)?.[1];
    const refused = isRefused(last);
    const slow = /deadline exceeded|timed out|timeout/i.test(answer);
    const declared = spec?.ports?.some(({ containerPort }) => containerPort === port) ?? false;
    if (refused && declared && !late) return [];
    // It took this long to be said; as long again is the probe's whole budget twice over.
    const budgetMs = ((probe.initialDelaySeconds ?? 0) + (probe.periodSeconds ?? 10) * threshold) * 1000;
    const path = probe.httpGet?.path ?? '';
    const what =
      code !== undefined
        ? 'readiness_http_error'
        : refused
          ? 'readiness_connection_refused'
          : slow
            ? 'readiness_timeout'
            : 'readiness_failing';
    const seconds = probe.timeoutSeconds ?? 1;
    return [
      {
        ...base,
        code: what,
        reason: `Container ${name} of ${podName(pod)} runs but is not ready: ${
          code !== undefined
            ? `${path} on port ${String(port)} answered ${code}, ${String(count)} times`
            : refused
              ? `nothing listens on port ${String(port)}`
              : slow
                ? `${path === '' ? 'its readiness probe' : `${path} on port ${String(port)}`} gave no answer within ${String(seconds)} s, ${String(count)} times`
                : `its readiness probe failed ${String(count)} times (${answer})`
        }.`,
        suggestion:
          code !== undefined
            ? `Make ${path} answer with a status from 200 to 399, or set health.path to one that does.`
            : refused
              ? `Let the process listen on port ${String(port)} on all addresses (0.0.0.0), or set workload.container_port to the port that it uses.`
              : slow
                ? 'Find out why the answer takes so long, or let the probe wait longer (timeoutSeconds).'
                : 'Make the probe’s check succeed once the process can serve, or ask for something else.',
        events: [last],
        actAfterMs: budgetMs,
      },
    ];
  });
};

/** Ready, then not, without a restart. */
const flapping = (pod: Pod, snapshot: RolloutSnapshot): readonly Finding[] => {
  const losses = snapshot.readinessLosses(pod);
  if (losses === 0) return [];
  const last = snapshot
    .eventsOf(pod)
    .filter((event) => event.reason === 'Unhealthy')
    .at(-1);
  return [
    {
      code: 'flapping_readiness',
      fault: 'release',
      weight: WEIGHT.readiness,
      pod: pod.metadata.name,
      object: podName(pod),
      reason: `${podName(pod)} was ready and stopped being so ${losses === 1 ? 'once' : `${String(losses)} times`}, without a restart${last ? `: ${textOf(last).trim()}` : ''}.`,
      suggestion:
        'Find out why its health check fails now and then: overload, a slow dependency, or a check that asks for too much.',
      ...(last ? { events: [last] } : {}),
      wantsLog: true,
      actAfterMs: losses >= 2 ? 0 : undefined,
    },
  ];
};

/**
 * `late`: the own deadline is over, so a start that is still going on has failed too. The cluster's own deadline is the last
 * resort: it carries what the pods say.
 */
export const readiness = (snapshot: RolloutSnapshot, late: boolean): readonly Finding[] => {
  const { workload, target } = snapshot;
  const exceeded = conditionOf(workload, 'Progressing')?.reason === 'ProgressDeadlineExceeded';
  const found = snapshot.pods.flatMap((pod) => [
    ...unready(pod, snapshot, late || exceeded),
    ...flapping(pod, snapshot),
  ]);
  if (!exceeded) return found;
  const cause = found.find(({ code }) => code !== 'flapping_readiness');
  const seconds = workload?.spec?.progressDeadlineSeconds;
  return [
    ...found.filter((finding) => finding !== cause),
    {
      code: 'progress_deadline_exceeded',
      fault: cause?.fault ?? 'unknown',
      weight: cause ? cause.weight + 1 : WEIGHT.deadline,
      object: cause?.object ?? `${target.kind} ${target.name}`,
      ...(cause?.container === undefined ? {} : { container: cause.container }),
      reason:
        `The rollout made no progress within its deadline${seconds === undefined ? '' : ` of ${String(seconds)} s`}. ${cause?.reason ?? conditionOf(workload, 'Progressing')?.message ?? ''}`.trim(),
      suggestion: cause?.suggestion ?? 'Look at the pods’ events and logs.',
      ...(cause?.events ? { events: cause.events } : {}),
      ...(cause?.pod === undefined ? {} : { pod: cause.pod }),
      wantsLog: cause !== undefined,
      actAfterMs: 0,
    },
  ];
};
