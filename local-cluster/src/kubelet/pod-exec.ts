/** `kubectl exec`: a command beside the program of a running container. */
import type { ExecSession, PodExec } from '../api/hooks.js';
import type { Pod } from '../resources/types.js';
import { StatusError, badRequest } from '../store/status-error.js';
import type { Kubelet } from './kubelet.js';

export class KubeletExec implements PodExec {
  constructor(private readonly kubelet: Kubelet) {}

  async open(
    pod: Pod,
    container: string,
    command: readonly string[],
    options: { readonly stdin: boolean; readonly tty: boolean },
  ): Promise<ExecSession> {
    const running = this.kubelet.container(pod.metadata.uid ?? '', container);
    if (running === undefined)
      throw new StatusError(
        500,
        'InternalError',
        `Internal error occurred: unable to upgrade connection: container not found ("${container}")`,
        {},
      );
    if (running.openExec === undefined) throw badRequest('nothing really runs in this pod: it is simulated');
    return running.openExec(command, options);
  }
}
