/**
 * Which runtimes this machine has, and why: host processes always, containers where a Docker Engine answers, or the
 * simulation alone. The reason is what the console and the start lines show.
 */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { Runtimes } from './image-service.js';

export interface ChosenRuntimes {
  readonly runtimes: Runtimes;
  readonly engines: { readonly runtime: string; readonly why: string };
}
export interface RuntimeChoice {
  readonly runtimes: 'auto' | 'simulated';
  readonly dockerHost?: string | undefined;
  readonly dataDir: string;
  readonly log: Logger;
}

export async function chooseRuntimes({ runtimes, dockerHost, dataDir, log }: RuntimeChoice): Promise<ChosenRuntimes> {
  if (runtimes === 'simulated') {
    const { SimulatedRuntime } = await import('./runtimes/simulated-runtime.js');
    const why = 'asked for: nothing really runs';
    return {
      runtimes: { docker: undefined, process: undefined, simulated: new SimulatedRuntime(), noEngineBecause: why },
      engines: { runtime: 'simulated', why },
    };
  }
  const { ProcessRuntime } = await import('./runtimes/process-runtime.js');
  const process = new ProcessRuntime(dataDir, log);
  const host = dockerHost ?? 'unix:///var/run/docker.sock';
  try {
    const { DockerRuntime } = await import('./runtimes/docker-runtime.js');
    const docker = await DockerRuntime.connect(dockerHost, dataDir);
    return {
      runtimes: { docker, process, simulated: undefined, noEngineBecause: '' },
      engines: {
        runtime: 'docker + process',
        why: `a Docker Engine ${docker.version} answers at ${host}; host-built images run as host processes`,
      },
    };
  } catch (error) {
    const why = `no Docker Engine answers at ${host}: ${messageOf(error)}`;
    return {
      runtimes: { docker: undefined, process, simulated: undefined, noEngineBecause: why },
      engines: {
        runtime: 'process',
        why: `${why}; host-built images run as host processes, container images cannot run`,
      },
    };
  }
}
