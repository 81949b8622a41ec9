/** Whether a Docker Engine answers, in words for the start. */
import { findDocker } from '@aws-deployer/image-builder/docker/docker-engine';
import type { Environment } from '@aws-deployer/platform/runtime/config';

export interface DockerAnswer {
  readonly host: string;
  readonly usable: boolean;
  readonly why: string;
}
const DEFAULT_HOST = 'unix:///var/run/docker.sock';

/** `env`: DOCKER_HOST and what belongs to it. */
export async function askDocker(env: Environment): Promise<DockerAnswer> {
  const found = await findDocker(env);
  return 'why' in found
    ? { host: env['DOCKER_HOST'] || DEFAULT_HOST, usable: false, why: found.why }
    : { host: found.host, usable: true, why: `a Docker Engine answers at ${found.host}` };
}
