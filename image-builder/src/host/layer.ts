/**
 * An image root as one layer: a tar whose bytes depend on the files alone (sorted, no times, no owners), gzipped.
 * Links with an absolute target inside the image become relative, so they hold where the image is unpacked to a folder.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Pack } from 'tar-stream';

export interface Layer {
  /** Of the compressed bytes. */
  readonly digest: string;
  readonly size: number;
  /** Of the tar itself. */
  readonly diffId: string;
  readonly file: string;
  readonly files: number;
}

/** Writes the layer to `file`. */
export async function writeLayer(root: string, file: string, signal: AbortSignal): Promise<Layer> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  const plain = hashing();
  const compressed = hashing();
  // Speed before size: the layer goes over loopback, once.
  const written = pipeline(tar, plain.through, createGzip({ level: 1 }), compressed.through, createWriteStream(file), {
    signal,
  });
  const [files] = await Promise.all([
    addFolder(tar, root, '', signal).then(
      (count) => {
        tar.finalize();
        return count;
      },
      (error: unknown) => {
        tar.destroy(error instanceof Error ? error : new Error(String(error)));
        throw error;
      },
    ),
    written,
  ]);
  return { digest: compressed.digest(), diffId: plain.digest(), size: (await stat(file)).size, file, files };
}

async function addFolder(tar: Pack, root: string, path: string, signal: AbortSignal): Promise<number> {
  let count = 0;
  for (const name of (await readdir(join(root, path))).sort()) {
    signal.throwIfAborted();
    const inner = posix.join(path, name);
    const found = await lstat(join(root, inner));
    const common = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', mode: found.mode & 0o7777 };
    if (found.isDirectory()) {
      await entry(tar, { ...common, name: `${inner}/`, type: 'directory' });
      count += await addFolder(tar, root, inner, signal);
    } else if (found.isSymbolicLink()) {
      const linkname = relocatedLink(root, inner, await readlink(join(root, inner)));
      await entry(tar, { ...common, name: inner, type: 'symlink', linkname, mode: 0o777 });
      count += 1;
    } else if (found.isFile()) {
      const sink = tar.entry({ ...common, name: inner, size: found.size });
      await pipeline(createReadStream(join(root, inner)), sink);
      count += 1;
    }
    // Marks of deleted host files, sockets, pipes and devices are no part of an image.
  }
  return count;
}

function relocatedLink(root: string, path: string, target: string): string {
  const inner = target.startsWith(`${root}/`) ? target.slice(root.length) : target;
  if (!inner.startsWith('/') || !existsSync(join(root, inner))) return inner;
  return posix.relative(posix.dirname(`/${path}`), inner) || '.';
}

const entry = (tar: Pack, header: Parameters<Pack['entry']>[0]): Promise<void> =>
  new Promise((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve()));
  });

function hashing(): { readonly through: Transform; readonly digest: () => string } {
  const hash = createHash('sha256');
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, digest: () => `sha256:${hash.digest('hex')}` };
}
