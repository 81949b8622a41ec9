import type { Pod } from '../resources/types.js';
import type { KubeObject } from '../store/object-store.js';

/** What a pod's row says: the reason that matters most, as Kubernetes' printer finds it. */
export interface PodRow {
  readonly ready: string;
  readonly status: string;
  readonly restarts: (age: (since: string) => string) => string;
}

export const podRow = (object: KubeObject): PodRow => {
  const pod = object as Pod;
  const containers = pod.status?.containerStatuses ?? [];
  const total = pod.spec?.containers.length ?? 0;
  const ready = containers.filter((container) => container.ready).length;
  const initialising = initReason(pod);
  let reason = pod.status?.reason ?? pod.status?.phase ?? 'Unknown';
  if (initialising !== undefined) reason = initialising;
  else
    for (const { state } of [...containers].reverse()) {
      if (state?.waiting?.reason !== undefined && state.waiting.reason !== '') reason = state.waiting.reason;
      else if (state?.terminated !== undefined)
        reason =
          state.terminated.reason ??
          (state.terminated.signal ? `Signal:${state.terminated.signal}` : `ExitCode:${state.terminated.exitCode}`);
    }
  if (object.metadata.deletionTimestamp !== undefined)
    reason = pod.status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  const restarts = containers.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const last = containers
    .map(({ lastState }) => lastState?.terminated?.finishedAt)
    .filter((at): at is string => at !== undefined)
    .sort()
    .at(-1);
  return {
    ready: `${ready}/${total}`,
    status: reason,
    restarts: (age) => (restarts > 0 && last !== undefined ? `${restarts} (${age(last)} ago)` : String(restarts)),
  };
};

const initReason = (pod: Pod): string | undefined => {
  const inits = pod.status?.initContainerStatuses ?? [];
  const total = pod.spec?.initContainers?.length ?? 0;
  for (const [index, { state }] of inits.entries()) {
    if (state?.terminated?.exitCode === 0) continue;
    if (state?.terminated !== undefined)
      return `Init:${state.terminated.reason ?? `ExitCode:${state.terminated.exitCode}`}`;
    if (
      state?.waiting?.reason !== undefined &&
      state.waiting.reason !== '' &&
      state.waiting.reason !== 'PodInitializing'
    )
      return `Init:${state.waiting.reason}`;
    return `Init:${index}/${total}`;
  }
  return undefined;
};
