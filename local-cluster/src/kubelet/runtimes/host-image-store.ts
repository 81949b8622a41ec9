/**
 * Host-built images on disk: `<dataDir>/images/<digest>/{root,image.json}`, unpacked once per digest and never changed;
 * each container gets a copy of the root. A tag remembers the digest it named when it was pulled.
 *
 * A copy shares what programs do not write (node_modules, site-packages and the like) by hard links, and copies the
 * rest. An unpacking that breaks off leaves nothing behind: it happens beside and is renamed into place.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
  chmod,
} from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { RunConfig, type Descriptor } from '@aws-deployer/platform/oci/image-manifest';
import { manifestReference, parseImageReference } from '@aws-deployer/platform/oci/image-reference';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import type { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import type { LocalImage, RegistryCredential } from '../container-runtime.js';
import { pullErrorOf, registryFor } from '../image-service.js';

const StoredImage = z.object({ digest: z.string(), sizeBytes: z.number(), config: RunConfig });
export type StoredImage = z.infer<typeof StoredImage>;
/** Folders of installed libraries: programs read them and do not write to them. */
const SHARED_FOLDERS = new Set(['node_modules', 'site-packages', '.venv', 'venv', 'vendor']);

export class HostImageStore {
  private readonly folder: string;
  private readonly unpacking = new Map<string, Promise<StoredImage>>();

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'images');
  }

  async find(image: string): Promise<LocalImage | undefined> {
    const digest = parseImageReference(image).digest ?? (await readJson(this.nameFile(image), z.string()));
    const stored = digest === undefined ? undefined : await this.stored(digest);
    return stored === undefined ? undefined : localImage(image, stored);
  }

  async pull(image: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<LocalImage> {
    const reference = parseImageReference(image);
    try {
      const client = registryFor(reference, credential);
      const read = await readImage(client, reference.repository, manifestReference(reference), signal);
      let stored = await this.stored(read.digest);
      if (stored === undefined) {
        const present = this.unpacking.get(read.digest);
        const unpacked =
          present ??
          this.unpack(
            client,
            reference.repository,
            read.manifest.layers,
            read.digest,
            read.config.config ?? {},
            signal,
          ).finally(() => this.unpacking.delete(read.digest));
        this.unpacking.set(read.digest, unpacked);
        stored = await unpacked;
      }
      if (reference.digest === undefined) {
        await mkdir(dirname(this.nameFile(image)), { recursive: true });
        await writeFile(this.nameFile(image), JSON.stringify(stored.digest));
      }
      return localImage(image, stored);
    } catch (error) {
      if (signal.aborted) throw error;
      throw pullErrorOf(image, reference, error);
    }
  }

  /** What a container of the image starts with. `imageId` is `…@sha256:…`. */
  async config(imageId: string): Promise<RunConfig> {
    const stored = await this.stored(imageId.slice(imageId.indexOf('@') + 1));
    if (stored === undefined) throw new Error(`the image ${imageId} is not unpacked here`);
    return stored.config;
  }

  /** A fresh copy of the image's root at `target`. */
  async copyRoot(imageId: string, target: string): Promise<void> {
    const root = join(this.imageDir(imageId.slice(imageId.indexOf('@') + 1)), 'root');
    await rm(target, { recursive: true, force: true });
    await copyTree(root, target, root, target, false);
  }

  private async stored(digest: string): Promise<StoredImage | undefined> {
    return readJson(join(this.imageDir(digest), 'image.json'), StoredImage);
  }

  private imageDir(digest: string): string {
    return join(this.folder, digest.replace(':', '-'));
  }

  private nameFile(image: string): string {
    return join(this.folder, 'names', createHash('sha256').update(image).digest('hex'));
  }

  private async unpack(
    client: RegistryClient,
    repository: string,
    layers: readonly Descriptor[],
    digest: string,
    config: RunConfig,
    signal: AbortSignal,
  ): Promise<StoredImage> {
    const work = join(this.folder, `unpacking-${randomUUID()}`);
    try {
      await mkdir(join(work, 'root'), { recursive: true });
      for (const layer of layers) await unpackLayer(client, repository, layer, join(work, 'root'), signal);
      const stored: StoredImage = { digest, sizeBytes: layers.reduce((sum, { size }) => sum + size, 0), config };
      await writeFile(join(work, 'image.json'), JSON.stringify(stored));
      await rm(this.imageDir(digest), { recursive: true, force: true });
      await rename(work, this.imageDir(digest));
      return stored;
    } catch (error) {
      await rm(work, { recursive: true, force: true });
      throw error;
    }
  }
}

async function unpackLayer(
  client: RegistryClient,
  repository: string,
  layer: Descriptor,
  root: string,
  signal: AbortSignal,
): Promise<void> {
  const { extract } = await import('tar-fs');
  const blob = await client.getBlob(repository, layer.digest, signal);
  const unpacked = extract(root, {
    chown: false,
    dmode: 0o700,
    fmode: 0o600,
    // A host-built image links to runtimes of this machine (a venv to its python3). Nothing is written through a link:
    // every entry's folder is checked to be a real one.
    validateSymlinks: false,
    ignore: (path) => isWhiteout(path, root),
  } as Parameters<typeof extract>[1]);
  await pipeline(blob, layer.mediaType.endsWith('gzip') ? createGunzip() : new PassThrough(), unpacked, { signal });
}

/** `.wh.name` removes what a lower layer has under that name, `.wh..wh..opq` all of its folder; neither is a file. */
function isWhiteout(path: string, root: string): boolean {
  const name = basename(path);
  if (!name.startsWith('.wh.')) return false;
  const hidden = name === '.wh..wh..opq' ? dirname(path) : join(dirname(path), name.slice('.wh.'.length));
  if (resolve(hidden).startsWith(root + sep)) rmSync(hidden, { recursive: true, force: true });
  return true;
}

async function copyTree(from: string, to: string, root: string, newRoot: string, shared: boolean): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const source = join(from, entry.name);
      const target = join(to, entry.name);
      if (entry.isDirectory()) await copyTree(source, target, root, newRoot, shared || SHARED_FOLDERS.has(entry.name));
      else if (entry.isSymbolicLink()) {
        const points = await readlink(source);
        // Absolute links mean the image's own root, where the image has that path.
        const inside = points.startsWith('/') && (await exists(join(root, points)));
        await symlink(inside ? join(newRoot, points) : points, target);
      } else if (shared) await link(source, target).catch(() => copyFile(source, target));
      else await copyFile(source, target, constants.COPYFILE_FICLONE);
    }),
  );
  const { mode, mtime } = await lstat(from);
  await chmod(to, mode | 0o700);
  await utimes(to, mtime, mtime);
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}

const localImage = (image: string, { digest, sizeBytes, config }: StoredImage): LocalImage => ({
  imageId: `${image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}@${digest}`,
  exposedPorts: Object.keys(config.ExposedPorts ?? {})
    .filter((port) => !port.endsWith('/udp'))
    .map((port) => Number.parseInt(port, 10))
    .filter((port) => port > 0)
    .sort((a, b) => a - b),
  sizeBytes,
  user: config.User ?? '',
});
