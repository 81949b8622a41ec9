/**
 * Puts a host-built image into a registry: one layer, its configuration, and a manifest annotated `runtime: host`, by
 * which clusters tell that it runs as host processes. The same files and settings give the same digest.
 * Throws AppError unavailable/`push_failed`, and what the registry client throws about credentials.
 */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import {
  MEDIA_TYPE,
  RUNTIME_ANNOTATION,
  sha256Digest,
  type RunConfig,
} from '@aws-deployer/platform/oci/image-manifest';
import { parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import { hostArchitecture } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import type { RegistryAccount } from '../registry-account.js';
import type { Layer } from './layer.js';

export interface PushRequest {
  readonly layer: Layer;
  readonly config: RunConfig;
  /** `127.0.0.1:5001/shop` */
  readonly repository: string;
  readonly tag: string;
  readonly registry: RegistryAccount;
}

export interface HostImageFiles {
  readonly config: Buffer;
  readonly manifest: Buffer;
  /** Of the manifest: what a registry will answer for it. */
  readonly digest: string;
  /** Of the configuration: by which engines name an image. */
  readonly id: string;
}

/** The two documents of an image; the same layer and settings give the same bytes. */
export function hostImageFiles({ layer, config: settings }: Pick<PushRequest, 'layer' | 'config'>): HostImageFiles {
  const config = json({
    architecture: hostArchitecture(),
    os: 'linux',
    created: new Date(0).toISOString(),
    config: settings,
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [{ created: new Date(0).toISOString(), created_by: 'host builder' }],
  });
  const id = sha256Digest(config);
  const manifest = json({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: MEDIA_TYPE.ociConfig, digest: id, size: config.length },
    layers: [{ mediaType: MEDIA_TYPE.ociLayerGzip, digest: layer.digest, size: layer.size }],
    annotations: { [RUNTIME_ANNOTATION]: 'host' },
  });
  return { config, manifest, digest: sha256Digest(manifest), id };
}

/** Answers the manifest's digest. */
export async function pushImage(request: PushRequest, signal: AbortSignal): Promise<string> {
  const { layer, registry } = request;
  const { repository } = parseImageReference(`${request.repository}:${request.tag}`);
  const { config, manifest, id } = hostImageFiles(request);
  const client = new RegistryClient({
    host: registry.host,
    insecure: registry.insecure,
    username: registry.username,
    password: registry.password,
  });
  try {
    await client.putBlob(
      repository,
      { digest: layer.digest, size: layer.size, open: () => createReadStream(layer.file) },
      signal,
    );
    await client.putBlob(repository, { digest: id, size: config.length, open: () => Readable.from([config]) }, signal);
    return await client.putManifest(repository, request.tag, manifest, MEDIA_TYPE.ociManifest, signal);
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
    throw new AppError('unavailable', 'push_failed', `The image could not be pushed: ${error.message}`, {
      cause: error,
    });
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
