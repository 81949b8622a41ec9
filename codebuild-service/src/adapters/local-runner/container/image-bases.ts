/** The base images of a Dockerfile that a build is going to build, and what is known of the image that came out. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { baseImagesOf, provideBases } from '@aws-deployer/image-builder/docker/base-images';
import { parseDockerfile } from '@aws-deployer/image-builder/dockerfile/dockerfile';
import { readDockerfile } from '@aws-deployer/image-builder/dockerfile/read-dockerfile';
import { globalArguments } from '@aws-deployer/image-builder/dockerfile/stage-selection';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { EngineBuild } from '../../../ports/build-engine.js';
import { statusOf, unreachable } from './engine-answer.js';

export interface ImageBasesRequest {
  readonly build: EngineBuild;
  /** The source, on this machine. */
  readonly folder: string;
  readonly localMode: boolean;
  readonly say: (text: string) => void;
}

/**
 * Looks at the Dockerfile that the variables DOCKERFILE and BUILD_CONTEXT name, or the usual one. Answers what had to be
 * replaced. What goes wrong here is only told: the build itself will say what it lacks.
 */
export async function provideImageBases(
  docker: Docker,
  { build, folder, localMode, say }: ImageBasesRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const variables = new Map(build.plan.environment.variables.map(({ name, value }) => [name, value]));
  const name = variables.get('DOCKERFILE') ?? 'Dockerfile';
  const file = await firstInside(folder, [join(variables.get('BUILD_CONTEXT') ?? '.', name), name]);
  if (file === undefined) return undefined;
  const args = Object.fromEntries(
    [...variables].flatMap(([key, value]) => (key.startsWith('BUILD_ARG_') ? [[key.slice(10), value] as const] : [])),
  );
  try {
    const dockerfile = parseDockerfile(await readDockerfile(file));
    return await provideBases(baseImagesOf(dockerfile, globalArguments(dockerfile, args)), {
      docker,
      localMode,
      registry: { host: '', insecure: false },
      say,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    say(`warning: ${messageOf(error)}`);
    return undefined;
  }
}

async function firstInside(folder: string, names: readonly string[]): Promise<string | undefined> {
  const root = await realpath(folder);
  for (const name of names) {
    const file = await realpath(join(root, name)).catch(() => undefined); // not there
    if (file?.startsWith(`${root}/`) === true) return file;
  }
  return undefined;
}

/** The smallest TCP port that the image names; undefined: none, or the engine has not got the image. */
export async function exposedPortOf(docker: Docker, image: string): Promise<number | undefined> {
  try {
    const { Config } = await docker.getImage(image).inspect();
    const ports = Object.keys(Config.ExposedPorts ?? {})
      .filter((port) => port.endsWith('/tcp'))
      .map((port) => Number.parseInt(port, 10));
    return ports.length === 0 ? undefined : Math.min(...ports);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw unreachable(error);
  }
}
