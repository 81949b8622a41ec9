/** Family C, third part: the image is there, but the container cannot be made or its command cannot be run. */
import { KIND_NAMES, WEIGHT, podName, type Finding } from './finding.js';
import {
  containerOf,
  containersOf,
  endsOf,
  isReady,
  lastEnd,
  textOf,
  timesOf,
  type ContainerStatus,
  type EventObject,
  type Pod,
} from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

/** A ConfigMap or Secret may be made after the workload. */
const CONFIG_MS = 20_000;

const base = (pod: Pod, container: string) => ({
  weight: WEIGHT.start,
  pod: pod.metadata.name,
  object: podName(pod),
  container,
});

const missingConfig = (
  pod: Pod,
  name: string,
  status: ContainerStatus,
  events: readonly EventObject[],
): readonly Finding[] => {
  const waiting = status.state?.waiting;
  if (status.state?.running ?? status.state?.terminated ?? status.lastState?.terminated) return [];
  const event = events.find(
    ({ reason, message }) => reason === 'Failed' && /configmap|secret|key .* in/i.test(message ?? ''),
  );
  if (waiting?.reason !== 'CreateContainerConfigError' && event === undefined) return [];
  const text = waiting?.reason === 'CreateContainerConfigError' ? (waiting.message ?? '') : event ? textOf(event) : '';
  if (/failed to sync .* cache/.test(text)) return [];
  const missing = /(configmap|secret) "([^"]+)" not found/i.exec(text);
  const key = /couldn't find key (\S+) in (ConfigMap|Secret) (\S+)/i.exec(text);
  const where = `Container ${name} of ${podName(pod)} cannot start`;
  const common = {
    ...base(pod, name),
    fault: 'release' as const,
    ...(event ? { events: [event] } : {}),
    actAfterMs: CONFIG_MS,
  };
  if (missing) {
    const [, kind = '', object = ''] = missing;
    return [
      {
        ...common,
        code: `missing_${kind.toLowerCase()}`,
        reason: `${where}: the ${KIND_NAMES[kind.toLowerCase()] ?? kind} ${object} does not exist.`,
        suggestion: `Create the ${KIND_NAMES[kind.toLowerCase()] ?? kind} ${object} in the namespace, or do not refer to it.`,
      },
    ];
  }
  if (key) {
    const [, wanted = '', kind = '', object = ''] = key;
    return [
      {
        ...common,
        code: `missing_${kind.toLowerCase()}_key`,
        reason: `${where}: the ${KIND_NAMES[kind.toLowerCase()] ?? kind} ${object} has no key ${wanted}.`,
        suggestion: `Add the key ${wanted} to ${object}, or correct its name.`,
      },
    ];
  }
  if (waiting?.reason !== 'CreateContainerConfigError') return [];
  return [
    {
      ...common,
      code: 'container_config_error',
      reason: `${where}: ${text}.`,
      suggestion: 'Correct what the message names.',
    },
  ];
};

/** The shell's exit codes say what happened where nothing else does. */
const shellWords = (exitCode: number | undefined): string =>
  exitCode === 127
    ? 'a file that it names was not found (exit code 127)'
    : exitCode === 126
      ? 'a file that it names may not be executed (exit code 126)'
      : `exit code ${String(exitCode ?? '?')}`;

/**
 * What a runtime says that cannot do its work at the moment: it is stopped or restarted, its disk is full, it is overloaded.
 * Where a command was tried at all it was well, whatever the command's own error reads like.
 */
const RUNTIME_UNWELL =
  /code = (Unavailable|DeadlineExceeded)|context (deadline exceeded|canceled)|connection (error|refused|reset)|connect E[A-Z]+|ECONN|socket hang up|does not answer|failed to reserve (container|sandbox) name|libnetwork|update store|no space left on device|disk quota exceeded/;
const COMMAND_TRIED = /start(ing)? container process|OCI runtime|exec:? "/;
const isRuntimes = (text: string): boolean => RUNTIME_UNWELL.test(text) && !COMMAND_TRIED.test(text);

const cannotRun = (
  pod: Pod,
  name: string,
  status: ContainerStatus,
  snapshot: RolloutSnapshot,
  events: readonly EventObject[],
): readonly Finding[] => {
  const waiting = status.state?.waiting;
  const end = lastEnd(status);
  const log = snapshot.linesOf(pod.metadata.name, name);
  const format = [...log, end?.message ?? ''].some((line) => /exec format error/.test(line));
  if (format)
    return [
      {
        ...base(pod, name),
        code: 'exec_format_error',
        fault: 'release',
        reason: `Container ${name} of ${podName(pod)} holds a program for another processor (exec format error).`,
        suggestion:
          'Build the image for the architecture of the cluster’s nodes, or give a script its first line (#!/bin/sh).',
        ...(end ? { exitCode: end.exitCode } : {}),
        wantsLog: true,
        actAfterMs: 0,
      },
    ];
  // A hook's failure stops the container too, but its process did run.
  const failed = events.filter(
    ({ reason, message }) =>
      reason === 'Failed' &&
      /^Error: /.test(message ?? '') &&
      /exec|OCI runtime|start container|create containerd task/.test(message ?? ''),
  );
  const refused =
    end?.reason === 'StartError' ||
    end?.reason === 'ContainerCannotRun' ||
    /^(RunContainerError|CreateContainerError)$/.test(waiting?.reason ?? '') ||
    (failed.length > 0 &&
      status.state?.running === undefined &&
      (status.lastState?.terminated === undefined || end?.reason === 'StartError'));
  // The shell's own words for the same: 127 not found, 126 not executable.
  const byShell =
    end !== undefined && (end.exitCode === 127 || end.exitCode === 126) && status.state?.running === undefined;
  if (!refused && !byShell) return [];
  const text = (refused ? (end?.message ?? waiting?.message ?? failed.map(textOf).at(-1)) : log.at(-1)) ?? '';
  if (!byShell && isRuntimes(text))
    return [
      {
        ...base(pod, name),
        code: 'container_runtime_failing',
        fault: 'platform',
        reason: `The container runtime of the node cannot start container ${name} of ${podName(pod)} at the moment: ${text.replace(/^rpc error: code = (\w+) desc = /, '$1: ')}.`,
        suggestion:
          'Nothing is wrong with the release: it goes on by itself once the runtime (Docker Engine, containerd) is well again.',
        events: failed.slice(-1),
        actAfterMs: undefined,
      },
    ];
  const notFound = byShell
    ? end.exitCode === 127
    : /no such file or directory|executable file not found|not found in \$PATH/.test(text);
  const denied = byShell ? end.exitCode === 126 : /permission denied/.test(text);
  const short = text
    .replace(/^.*(?:unable to start container process|starting container process caused): /s, '')
    .replace(/: unknown$/, '')
    .trim();
  const tries = Math.max(endsOf(status), ...failed.map(timesOf), 0);
  return [
    {
      ...base(pod, name),
      code: notFound ? 'command_not_found' : denied ? 'command_not_executable' : 'container_cannot_run',
      fault: 'release',
      reason: `Container ${name} of ${podName(pod)} cannot run its command: ${short === '' ? shellWords(end?.exitCode) : short}.`,
      suggestion: notFound
        ? 'Check the command of the image (CMD, ENTRYPOINT) or of workload.command: the file is not in the image.'
        : denied
          ? 'Make the file executable (chmod +x) in the image.'
          : 'Correct the command of the image or of workload.command.',
      ...(end ? { exitCode: end.exitCode } : {}),
      events: failed.slice(-1),
      wantsLog: byShell,
      // 128 may be the runtime's own hiccup: one more try decides.
      actAfterMs: tries >= 2 || (end !== undefined && end.exitCode !== 128) ? 0 : undefined,
    },
  ];
};

const failedHook = (
  pod: Pod,
  name: string,
  status: ContainerStatus,
  events: readonly EventObject[],
): readonly Finding[] => {
  if (isReady(pod)) return []; // it went well in the end
  const hooks = events.filter(({ reason }) => reason === 'FailedPostStartHook');
  if (hooks.length === 0 && status.state?.waiting?.reason !== 'PostStartHookError') return [];
  const times = Math.max(endsOf(status), ...hooks.map(timesOf), 1);
  const detail = status.state?.waiting?.reason === 'PostStartHookError' ? (status.state.waiting.message ?? '') : '';
  return [
    {
      ...base(pod, name),
      code: 'post_start_hook_error',
      fault: 'release',
      reason: `The postStart hook of container ${name} of ${podName(pod)} failed ${String(times)} time${times === 1 ? '' : 's'}${detail === '' ? '' : `: ${detail}`}.`,
      suggestion: 'Correct the hook’s command, or do its work when the process starts.',
      events: hooks.slice(-1),
      wantsLog: true,
      actAfterMs: times >= 2 ? 0 : undefined,
    },
  ];
};

export const starting = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.pods.flatMap((pod) =>
    containersOf(pod).flatMap(({ name, status }) => {
      const events = snapshot
        .eventsOf(pod)
        .filter((event) => event.type === 'Warning' && (containerOf(event) ?? name) === name);
      const hook = failedHook(pod, name, status, events);
      if (hook.length > 0) return hook;
      return [...missingConfig(pod, name, status, events), ...cannotRun(pod, name, status, snapshot, events)];
    }),
  );
