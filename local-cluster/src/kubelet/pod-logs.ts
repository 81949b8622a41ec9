/**
 * `kubectl logs`: the output of one container of a pod, of its present or its previous run, from the files that the
 * kubelet keeps. With `follow` it stays until that run ends.
 */
import type { LogOptions, PodLogs } from '../api/hooks.js';
import type { Pod } from '../resources/types.js';
import { StatusError } from '../store/status-error.js';
import { containerLogFile, readLog } from './container-log.js';
import type { Kubelet } from './kubelet.js';

export class KubeletLogs implements PodLogs {
  constructor(
    private readonly kubelet: Kubelet,
    private readonly dataDir: string,
  ) {}

  read(pod: Pod, options: LogOptions): AsyncIterable<string> {
    const { container, previous } = options;
    const uid = pod.metadata.uid ?? '';
    const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
      ({ name }) => name === container,
    );
    const running = this.kubelet.container(uid, container);
    const attempt = (running?.attempt ?? status?.restartCount ?? 0) - (previous ? 1 : 0);
    if (attempt < 0)
      throw new StatusError(
        400,
        'BadRequest',
        `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`,
      );
    const since =
      options.sinceTime !== undefined
        ? new Date(options.sinceTime)
        : options.sinceSeconds === undefined
          ? undefined
          : new Date(Date.now() - options.sinceSeconds * 1000);
    const follow = options.follow && !previous && running !== undefined;
    return readLog(
      containerLogFile(this.dataDir, uid, container, attempt),
      { follow, timestamps: options.timestamps, tailLines: options.tailLines, sinceTime: since },
      running?.exited ?? Promise.resolve(),
      options.signal,
    );
  }
}
