/**
 * Reads what an image is (manifest and configuration) through a registry client, picking this machine's architecture
 * out of an index. Layers are left where they are.
 */
import { AppError } from '../errors/app-error.js';
import {
  ImageConfig,
  ImageIndex,
  ImageManifest,
  INDEX_TYPES,
  parseDocument,
  RUNTIME_ANNOTATION,
} from './image-manifest.js';
import type { RegistryClient } from './registry-client.js';

export interface ReadImage {
  /** Of what the reference names: the index when there is one. This is what a pod's image should say. */
  readonly digest: string;
  /** Of the manifest that was picked for `architecture`. */
  readonly manifestDigest: string;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly architectures: readonly string[];
  /** `host` for images of the host builder. */
  readonly runtime: 'container' | 'host';
}

/** The name of this machine's architecture in image documents. */
export const hostArchitecture = (): string =>
  ({ x64: 'amd64', arm64: 'arm64', ia32: '386', arm: 'arm' })[process.arch as string] ?? process.arch;

/** `architecture` is what to pick from an index (`amd64`); an index without it yields its first image. */
export async function readImage(
  client: RegistryClient,
  repository: string,
  reference: string,
  signal: AbortSignal,
  architecture: string = hostArchitecture(),
): Promise<ReadImage> {
  const top = await client.getManifest(repository, reference, signal);
  let picked = top;
  let architectures: readonly string[] | undefined;
  if (INDEX_TYPES.includes(top.mediaType)) {
    const index = parseDocument(ImageIndex, top.bytes, `an index of ${repository}`);
    // Attestations are listed beside the images, with the architecture `unknown`.
    const images = index.manifests.filter((entry) => entry.platform?.architecture !== 'unknown');
    const entry = images.find((image) => image.platform?.architecture === architecture) ?? images[0];
    if (entry === undefined)
      throw new AppError('invalid', 'image_not_found', `${client.host}/${repository} (${reference}) holds no image`);
    architectures = images.flatMap((image) => image.platform?.architecture ?? []);
    picked = await client.getManifest(repository, entry.digest, signal);
  }
  const manifest = parseDocument(ImageManifest, picked.bytes, `a manifest of ${repository}`);
  const config = parseDocument(
    ImageConfig,
    await client.readBlob(repository, manifest.config.digest, signal),
    `a configuration of ${repository}`,
  );
  return {
    digest: top.digest,
    manifestDigest: picked.digest,
    manifest,
    config,
    architectures: architectures ?? [config.architecture],
    runtime: manifest.annotations?.[RUNTIME_ANNOTATION] === 'host' ? 'host' : 'container',
  };
}
