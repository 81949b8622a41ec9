/**
 * Gets the image of a container and with it decides the runtime: images of the host builder run as host processes, all
 * others in the container engine. An image that is already here is not asked for again unless the policy is `Always`.
 */
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import {
  isLoopbackHost,
  manifestReference,
  parseImageReference,
  type ImageReference,
} from '@aws-deployer/platform/oci/image-reference';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { PullError, type ContainerRuntime, type LocalImage, type RegistryCredential } from './container-runtime.js';

export interface Runtimes {
  readonly docker: ContainerRuntime | undefined;
  readonly process: ContainerRuntime | undefined;
  readonly simulated: ContainerRuntime | undefined;
  /** Why there is no container engine. */
  readonly noEngineBecause: string;
}
export interface ObtainedImage {
  readonly runtime: ContainerRuntime;
  readonly image: LocalImage;
}

export class ImageService {
  constructor(private readonly runtimes: Runtimes) {}

  get all(): readonly ContainerRuntime[] {
    const { docker, process, simulated } = this.runtimes;
    return [docker, process, simulated].filter((runtime) => runtime !== undefined);
  }

  /** The image where it is already; undefined: it must be pulled. Throws PullError invalid_name. */
  async find(image: string): Promise<ObtainedImage | undefined> {
    checkName(image);
    for (const runtime of this.all) {
      const found = await runtime.findImage(image);
      if (found !== undefined) return { runtime, image: found };
    }
    return undefined;
  }

  async pull(image: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<ObtainedImage> {
    const { simulated } = this.runtimes;
    const runtime = simulated ?? (await this.runtimeOf(image, credential, signal));
    return { runtime, image: await runtime.pull(image, credential, signal) };
  }

  private async runtimeOf(
    image: string,
    credential: RegistryCredential | undefined,
    signal: AbortSignal,
  ): Promise<ContainerRuntime> {
    const { docker, process } = this.runtimes;
    const reference = checkName(image);
    let isHostBuilt = false;
    try {
      const client = registryFor(reference, credential);
      isHostBuilt =
        (await readImage(client, reference.repository, manifestReference(reference), signal)).runtime === 'host';
    } catch (error) {
      // A registry that this process cannot read may still be one the engine can (its own mirrors and certificates).
      if (docker === undefined || isLoopbackHost(reference.registry)) throw pullErrorOf(image, reference, error);
    }
    if (isHostBuilt) {
      if (process !== undefined) return process;
      throw new PullError('other', `image "${image}" is built for the host, and this cluster runs no host processes`);
    }
    if (docker !== undefined) return docker;
    throw new PullError(
      'no_engine',
      `failed to pull image "${image}": it is a container image and there is no container engine on this machine (${this.runtimes.noEngineBecause})`,
    );
  }
}

export const registryFor = (reference: ImageReference, credential: RegistryCredential | undefined): RegistryClient =>
  new RegistryClient({
    host: reference.registry,
    insecure: isLoopbackHost(reference.registry),
    ...(credential === undefined ? {} : credential),
  });

function checkName(image: string): ImageReference {
  try {
    return parseImageReference(image);
  } catch (error) {
    const named = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
    const upper = named.split('/').find((part, index) => /[A-Z]/.test(part) && (index > 0 || !/[.:]/.test(part)));
    const why =
      upper === undefined
        ? 'invalid reference format'
        : `invalid reference format: repository name (${upper}) must be lowercase`;
    throw new PullError(
      'invalid_name',
      `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${why}`,
      {
        cause: error,
      },
    );
  }
}

/** A registry's refusal in the words of containerd, which people search for. */
export function pullErrorOf(image: string, reference: ImageReference, error: unknown): PullError {
  const failed = `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;
  const code = error instanceof AppError ? error.code : '';
  if (code === 'image_not_found')
    return new PullError('not_found', `rpc error: code = NotFound desc = ${failed}: ${image}: not found`, {
      cause: error,
    });
  if (code === 'image_auth_failed')
    return new PullError(
      'unauthorized',
      `${failed}: pulling from host ${reference.registry} failed with status code [manifests ${manifestReference(reference)}]: 401 Unauthorized`,
      { cause: error },
    );
  if (code === 'registry_unreachable') {
    const scheme = isLoopbackHost(reference.registry) ? 'http' : 'https';
    const url = `${scheme}://${reference.registry}/v2/${reference.repository}/manifests/${manifestReference(reference)}`;
    return new PullError(
      'unreachable',
      `${failed}: failed to do request: Head "${url}": ${unreachable(reference, error)}`,
      {
        cause: error,
      },
    );
  }
  return new PullError('other', `${failed}: ${messageOf(error)}`, { cause: error });
}

function unreachable(reference: ImageReference, error: unknown): string {
  const text = messageOf(error);
  if (text.includes('ECONNREFUSED')) return `dial tcp ${reference.registry}: connect: connection refused`;
  if (/ENOTFOUND|EAI_AGAIN/.test(text))
    return `dial tcp: lookup ${reference.registry.replace(/:\d+$/, '')}: no such host`;
  if (/ETIMEDOUT|Timeout/i.test(text)) return `dial tcp ${reference.registry}: i/o timeout`;
  return text;
}
