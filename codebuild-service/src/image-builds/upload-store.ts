/**
 * Sources that come by upload instead of from a repository: one tar per digest under `DATA_DIR/uploads`. The same bytes are
 * kept once; what nobody has used for a day is removed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@aws-deployer/platform/errors/app-error';

const KEPT_MS = 24 * 3_600_000;

export class UploadStore {
  constructor(private readonly folder: string) {}

  fileOf(sha256: string): string {
    return join(this.folder, `${sha256}.tar`);
  }

  /** Bytes; undefined: not there. A look counts as a use. */
  async sizeOf(sha256: string): Promise<number | undefined> {
    try {
      const now = new Date();
      await utimes(this.fileOf(sha256), now, now);
      return (await stat(this.fileOf(sha256))).size;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Throws invalid/`digest_mismatch` when the bytes are others; nothing is kept then. */
  async put(sha256: string, bytes: AsyncIterable<Buffer>): Promise<number> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.#removeOld();
    const part = join(this.folder, `${randomUUID()}.part`);
    const hash = createHash('sha256');
    let size = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline(bytes, counted, createWriteStream(part, { mode: 0o600 }));
      const found = hash.digest('hex');
      if (found !== sha256)
        throw new AppError('invalid', 'digest_mismatch', `The bytes are ${found}, not ${sha256}: send them again`);
      await rename(part, this.fileOf(sha256));
      return size;
    } finally {
      await rm(part, { force: true });
    }
  }

  async #removeOld(): Promise<void> {
    const before = Date.now() - KEPT_MS;
    for (const name of await readdir(this.folder)) {
      const file = join(this.folder, name);
      const facts = await stat(file).catch(() => undefined); // another process may have removed it
      if (facts !== undefined && facts.mtimeMs < before) await rm(file, { force: true });
    }
  }
}
