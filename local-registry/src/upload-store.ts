/**
 * Blobs on their way in: one file per upload, appended to, named by an id nobody can guess.
 *
 * The file is the whole state, so an upload goes on after a restart from where its bytes end. One request at a time
 * writes to an upload; a second is refused. Uploads that nobody touched for a day are removed at start.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DistributionError } from './distribution-error.js';

const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;
const UPLOAD_ID = /^[0-9a-f-]{36}$/;

export class UploadStore {
  private readonly busy = new Set<string>();

  constructor(private readonly folder: string) {}

  private path(id: string): string {
    if (!UPLOAD_ID.test(id)) throw unknown(id);
    return join(this.folder, id);
  }

  async start(): Promise<string> {
    const id = randomUUID();
    await mkdir(this.folder, { recursive: true });
    const file = await open(this.path(id), 'wx', 0o600);
    await file.close();
    return id;
  }

  /** Bytes received so far. Throws BLOB_UPLOAD_UNKNOWN. */
  async size(id: string): Promise<number> {
    const path = this.path(id);
    try {
      return (await stat(path)).size;
    } catch (cause) {
      throw unknown(id, cause);
    }
  }

  /** Appends the bytes of `body`; `at` is where the sender believes they go. Answers the new size. */
  async append(id: string, body: Readable, at: number | undefined): Promise<number> {
    return this.alone(id, async () => {
      const size = await this.size(id);
      if (at !== undefined && at !== size)
        throw new DistributionError('RANGE_INVALID', `The upload holds ${String(size)} bytes, not ${String(at)}`, {
          range: rangeOf(size),
        });
      await pipeline(body, createWriteStream(this.path(id), { flags: 'a' }));
      return this.size(id);
    });
  }

  /** Proves the bytes and hands the file over to `adopt`. Wrong bytes end the upload: they cannot be mended. */
  async finish(id: string, digest: string, adopt: (path: string) => Promise<void>): Promise<void> {
    await this.alone(id, async () => {
      const path = this.path(id);
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash);
      const actual = `sha256:${hash.digest('hex')}`;
      if (actual !== digest) {
        await rm(path, { force: true });
        throw new DistributionError('DIGEST_INVALID', `The uploaded bytes have the digest ${actual}, not ${digest}`);
      }
      const file = await open(path, 'r+');
      try {
        await file.sync();
      } finally {
        await file.close();
      }
      await adopt(path);
    });
  }

  async cancel(id: string): Promise<void> {
    await this.alone(id, async () => {
      await this.size(id);
      await rm(this.path(id), { force: true });
    });
  }

  async sweep(now: number): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      if (now - (await stat(path)).mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
    }
  }

  private async alone<T>(id: string, act: () => Promise<T>): Promise<T> {
    if (this.busy.has(id)) throw new DistributionError('BLOB_UPLOAD_INVALID', 'Another request writes to this upload');
    this.busy.add(id);
    try {
      return await act();
    } finally {
      this.busy.delete(id);
    }
  }
}

/** The `Range` header of an upload: first and last byte received; an empty one says `0-0`, as Docker's registry does. */
export const rangeOf = (size: number): string => `0-${String(Math.max(size - 1, 0))}`;

const unknown = (id: string, cause?: unknown): DistributionError => {
  const error = new DistributionError('BLOB_UPLOAD_UNKNOWN', `There is no upload ${id.slice(0, 64)}`);
  if (cause !== undefined) error.cause = cause;
  return error;
};
