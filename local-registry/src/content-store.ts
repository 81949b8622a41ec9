/**
 * The registry's files: blobs by digest once for all, and per repository which blobs, manifests and tags it has.
 *
 * ```
 * blobs/sha256/ab/abcd…                          the bytes
 * repositories/<name>/_blobs/<hex>               empty: the repository has the blob
 * repositories/<name>/_manifests/<hex>           the media type the manifest was put with
 * repositories/<name>/_tags/<tag>                the digest it names
 * ```
 *
 * Order makes a crash harmless: bytes before the link that shows them. A blob without a link is swept at the next start.
 * Digests, tags and repository names are checked by the caller (they become paths here).
 */
import { mkdir, open, readdir, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Digest } from '@aws-deployer/platform/oci/image-manifest';
import { TEMPORARY_SUFFIX, writeAtomic } from './atomic-file.js';
import { DistributionError } from './distribution-error.js';

/** Blobs younger than this are never swept: an upload may be about to link them. */
const SWEEP_AFTER_MS = 60 * 60 * 1000;
const hexOf = (digest: string): string => digest.slice('sha256:'.length);
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export class ContentStore {
  constructor(private readonly root: string) {}

  blobPath(digest: string): string {
    const hex = hexOf(digest);
    return join(this.root, 'blobs', 'sha256', hex.slice(0, 2), hex);
  }
  private repositoryPath(repository: string, ...rest: string[]): string {
    return join(this.root, 'repositories', ...repository.split('/'), ...rest);
  }

  /** The size in bytes; undefined: this repository does not have the blob. */
  async blobSize(repository: string, digest: string): Promise<number | undefined> {
    if (!(await exists(this.repositoryPath(repository, '_blobs', hexOf(digest))))) return undefined;
    return sizeOf(this.blobPath(digest));
  }
  async openBlob(repository: string, digest: string): Promise<{ file: FileHandle; size: number } | undefined> {
    if ((await this.blobSize(repository, digest)) === undefined) return undefined;
    const file = await open(this.blobPath(digest), 'r');
    return { file, size: (await file.stat()).size };
  }
  /** Moves a finished upload into place; the caller has checked its digest. */
  async adoptBlob(repository: string, digest: string, uploaded: string): Promise<void> {
    const path = this.blobPath(digest);
    await mkdir(dirname(path), { recursive: true });
    await rename(uploaded, path); // the same bytes by name, so replacing an older copy changes nothing
    await this.linkBlob(repository, digest);
  }
  /** Gives a repository a blob that another has; false: nobody has it there. */
  async mountBlob(from: string, to: string, digest: string): Promise<boolean> {
    if ((await this.blobSize(from, digest)) === undefined) return false;
    await this.linkBlob(to, digest);
    return true;
  }
  private linkBlob(repository: string, digest: string): Promise<void> {
    return writeAtomic(this.repositoryPath(repository, '_blobs', hexOf(digest)), '');
  }
  /** Takes a blob from a repository; the bytes go at the next sweep if no repository has them. */
  async unlinkBlob(repository: string, digest: string): Promise<boolean> {
    return removed(this.repositoryPath(repository, '_blobs', hexOf(digest)));
  }

  /** The digest that a tag or a digest names in the repository. */
  async manifestDigest(repository: string, reference: string): Promise<string | undefined> {
    const digest = reference.startsWith('sha256:')
      ? reference
      : await readText(this.repositoryPath(repository, '_tags', reference));
    if (digest === undefined) return undefined;
    return (await exists(this.repositoryPath(repository, '_manifests', hexOf(digest)))) ? digest : undefined;
  }
  async manifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    const digest = await this.manifestDigest(repository, reference);
    if (digest === undefined) return undefined;
    const mediaType = await readText(this.repositoryPath(repository, '_manifests', hexOf(digest)));
    if (mediaType === undefined) return undefined;
    return { digest, mediaType, bytes: await readFile(this.blobPath(digest)) };
  }
  async putManifest(repository: string, tag: string | undefined, bytes: Buffer, mediaType: string): Promise<string> {
    const digest = sha256Digest(bytes);
    await writeAtomic(this.blobPath(digest), bytes);
    await writeAtomic(this.repositoryPath(repository, '_manifests', hexOf(digest)), mediaType);
    if (tag !== undefined) await writeAtomic(this.repositoryPath(repository, '_tags', tag), digest);
    return digest;
  }
  /** By tag: only the tag goes. By digest: the manifest and every tag that names it. */
  async deleteManifest(repository: string, reference: string): Promise<boolean> {
    if (!reference.startsWith('sha256:')) return removed(this.repositoryPath(repository, '_tags', reference));
    for (const tag of await this.tags(repository))
      if ((await readText(this.repositoryPath(repository, '_tags', tag))) === reference)
        await removed(this.repositoryPath(repository, '_tags', tag));
    return removed(this.repositoryPath(repository, '_manifests', hexOf(reference)));
  }

  async hasRepository(repository: string): Promise<boolean> {
    return (await namesIn(this.repositoryPath(repository, '_manifests'))).length > 0;
  }
  async tags(repository: string): Promise<string[]> {
    return (await namesIn(this.repositoryPath(repository, '_tags'))).sort();
  }
  /** Every repository that has a manifest. */
  async repositories(): Promise<string[]> {
    const found: string[] = [];
    const visit = async (prefix: readonly string[]): Promise<void> => {
      for (const name of await namesIn(join(this.root, 'repositories', ...prefix))) {
        if (name === '_manifests') {
          if (await this.hasRepository(prefix.join('/'))) found.push(prefix.join('/'));
        } else if (!name.startsWith('_')) await visit([...prefix, name]);
      }
    };
    await visit([]);
    return found.sort();
  }

  /** Removes temporary files and the blobs that no repository has; at start, before anybody can upload. */
  async sweep(now: number): Promise<{ readonly removedBlobs: number }> {
    const kept = new Set<string>();
    const visit = async (folder: string): Promise<void> => {
      for (const entry of await entriesIn(folder)) {
        const path = join(folder, entry.name);
        if (entry.name.endsWith(TEMPORARY_SUFFIX)) await rm(path, { force: true });
        else if (entry.isDirectory()) await visit(path);
        else if (/[\\/](_blobs|_manifests)$/.test(folder)) kept.add(entry.name);
      }
    };
    await visit(join(this.root, 'repositories'));
    let removedBlobs = 0;
    for (const shard of await entriesIn(join(this.root, 'blobs', 'sha256')))
      for (const blob of await entriesIn(join(this.root, 'blobs', 'sha256', shard.name))) {
        const path = join(this.root, 'blobs', 'sha256', shard.name, blob.name);
        if (kept.has(blob.name) || now - (await stat(path)).mtimeMs < SWEEP_AFTER_MS) continue;
        await rm(path, { force: true });
        removedBlobs += 1;
      }
    return { removedBlobs };
  }

  /** Throws MANIFEST_BLOB_UNKNOWN unless the repository has everything the manifest names. */
  async requireParts(repository: string, blobs: readonly string[], manifests: readonly string[]): Promise<void> {
    for (const digest of blobs)
      if ((await this.blobSize(repository, digest)) === undefined)
        throw new DistributionError('MANIFEST_BLOB_UNKNOWN', `${repository} has no blob ${digest}`);
    for (const digest of manifests)
      if ((await this.manifestDigest(repository, digest)) === undefined)
        throw new DistributionError('MANIFEST_BLOB_UNKNOWN', `${repository} has no manifest ${digest}`);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
const exists = async (path: string): Promise<boolean> => (await sizeOf(path)) !== undefined;
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
async function removed(path: string): Promise<boolean> {
  const there = await exists(path);
  await rm(path, { force: true });
  return there;
}
async function entriesIn(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
const namesIn = async (folder: string): Promise<string[]> =>
  (await entriesIn(folder)).map((entry) => entry.name).filter((name) => !name.endsWith(TEMPORARY_SUFFIX));
