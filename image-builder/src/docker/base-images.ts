/**
 * Sees that every base image of a Dockerfile is in the engine before the build: an image that cannot be had is then one
 * clear problem and not the eleventh line of a log. Where the platform runs for one machine and the registry is out of
 * reach, a base made of this machine's own runtime takes its place.
 *
 * Throws AppError invalid/`base_not_found` (there is no such image), unavailable/`base_not_found` (no way to its registry).
 */
import type Docker from 'dockerode';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { canonicalRegistry, parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import { recogniseBase } from '../dockerfile/base-image.js';
import type { Dockerfile } from '../dockerfile/dockerfile.js';
import { expandWords } from '../dockerfile/instruction-words.js';
import type { RegistryAccount } from '../registry-account.js';
import { engineEvents } from './engine-events.js';
import { SUBSTITUTE_LABEL, substituteBase } from './substitute-base.js';

export interface BaseImageTools {
  readonly docker: Docker;
  readonly localMode: boolean;
  readonly registry: RegistryAccount;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Images that the stages begin with and that are no stages themselves, in order. */
export function baseImagesOf(dockerfile: Dockerfile, args: ReadonlyMap<string, string>): readonly string[] {
  const names = new Set<string>();
  const images = new Set<string>();
  for (const stage of dockerfile.stages) {
    const image = expandWords(stage.image, (name) => args.get(name)).join('');
    if (image !== '' && image.toLowerCase() !== 'scratch' && !names.has(image.toLowerCase())) images.add(image);
    if (stage.name !== undefined) names.add(stage.name);
  }
  return [...images];
}

/** Of these images those that the engine does not have; what stands in for one counts as there. */
export async function missingImages(docker: Docker, images: readonly string[]): Promise<readonly string[]> {
  const there = await Promise.all(images.map((image) => labelsOf(docker, image)));
  return images.filter((_image, index) => there[index] === undefined);
}

/** Answers the bases that could not be pulled and were replaced; undefined: none had to be. The log says by what. */
export async function provideBases(images: readonly string[], tools: BaseImageTools): Promise<string | undefined> {
  const substituted: string[] = [];
  for (const image of images) {
    const replaced = await provideBase(image, tools);
    if (replaced !== undefined) substituted.push(replaced);
  }
  return substituted.length === 0 ? undefined : substituted.join(', ');
}

async function provideBase(image: string, tools: BaseImageTools): Promise<string | undefined> {
  const { docker, localMode, say } = tools;
  const labels = await labelsOf(docker, image);
  const substitute = labels?.[SUBSTITUTE_LABEL];
  if (labels !== undefined && substitute === undefined) return undefined;
  const failure = await pull(image, tools);
  if (failure === undefined) return undefined;
  const missing =
    /not found|manifest unknown|does not exist|access denied|unauthorized|no such image/i.test(failure) &&
    !/no such host/i.test(failure);
  const asked = recogniseBase(image);
  const canStandIn = asked !== undefined && ['node', 'python', 'static'].includes(asked.kind) && !image.includes('@');
  if (missing || !localMode || !canStandIn)
    throw new AppError(
      missing ? 'invalid' : 'unavailable',
      'base_not_found',
      `The base image ${image} cannot be pulled: ${failure}`,
      {
        fields: [
          {
            field: 'source.dockerfile',
            message: `FROM ${image}: ${failure}`,
            mend: missing
              ? 'Check the name and the tag of the base image'
              : 'Check the way to its registry, then deploy again',
          },
        ],
      },
    );
  say(`base image ${image} cannot be pulled (${failure})`);
  const words = await substituteBase(docker, image, asked, tools.signal);
  say(`base image ${image} is replaced by ${words}`);
  return image;
}

async function labelsOf(docker: Docker, image: string): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    const found = await docker.getImage(image).inspect();
    return found.Config.Labels ?? {};
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw new AppError('unavailable', 'builder_unreachable', `The Docker Engine cannot be asked: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Answers why it failed, in the engine's words. */
async function pull(image: string, tools: BaseImageTools): Promise<string | undefined> {
  const { docker, registry, say, signal } = tools;
  const host = parseImageReference(image).registry;
  const own = canonicalRegistry(registry.host) === host && registry.username !== undefined;
  say(`pulling ${image}`);
  try {
    const stream = await docker.pull(image, {
      abortSignal: signal,
      ...(own && { authconfig: { username: registry.username, password: registry.password, serveraddress: host } }),
    });
    for await (const event of engineEvents(stream)) {
      if (event.error !== undefined) return event.error;
      if (event.status !== undefined && /^(?:Pulling from|Digest|Status)/.test(event.status)) say(event.status);
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return messageOf(error)
      .replace(/^\(HTTP code \d+\) [^-]*- /, '')
      .trim();
  }
}
