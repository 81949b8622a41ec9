/** Tar streams in and out of folders of this machine. Nothing is written outside of the folder, not through a link either. */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';

const EPOCH = new Date(0);

/** A folder's content, below `prefix` in the archive. */
export async function packFolder(folder: string, prefix: string): Promise<Readable> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  const write = async (): Promise<void> => {
    await packInto(tar, folder, prefix);
    tar.finalize();
  };
  write().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  return Readable.from(tar);
}

async function packInto(tar: Pack, folder: string, prefix: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const from = join(folder, entry.name);
    const name = posix.join(prefix, entry.name);
    const found = await lstat(from);
    const header = { name, mode: found.mode & 0o7777, mtime: found.mtime, uid: 0, gid: 0 };
    if (found.isDirectory()) {
      tar.entry({ ...header, name: `${name}/`, type: 'directory' });
      await packInto(tar, from, name);
    } else if (found.isSymbolicLink()) tar.entry({ ...header, type: 'symlink', linkname: await readlink(from) });
    else if (found.isFile()) await pipeline(createReadStream(from), tar.entry({ ...header, size: found.size }));
  }
}

/** A tar of a few folders and small texts. */
export async function smallTar(
  entries: Readonly<Record<string, string | { readonly mode: number } | { readonly link: string }>>,
): Promise<Readable> {
  const { pack } = await import('tar-stream');
  const tar = pack();
  for (const [name, content] of Object.entries(entries))
    if (typeof content === 'string') tar.entry({ name, mtime: EPOCH, mode: 0o644 }, content);
    else if ('link' in content) tar.entry({ name, mtime: EPOCH, type: 'symlink', linkname: content.link });
    else tar.entry({ name: `${name}/`, mtime: EPOCH, type: 'directory', mode: content.mode });
  tar.finalize();
  return Readable.from(tar);
}

/** Unpacks files, folders and links; what would leave the folder is an error. */
export async function unpackTar(tar: Readable, folder: string, signal: AbortSignal): Promise<void> {
  const { extract } = await import('tar-stream');
  const entries = extract();
  const made = new Set<string>();
  const makeParents = async (path: string): Promise<void> => {
    const parent = dirname(path);
    if (parent === '.' || made.has(parent)) return;
    await makeParents(parent);
    const found = await lstat(join(folder, parent)).catch(() => undefined); // missing: made below
    if (found !== undefined && !found.isDirectory()) throw new Error(`${path} in the archive leads through a link`);
    await mkdir(join(folder, parent), { recursive: true });
    made.add(parent);
  };
  await mkdir(folder, { recursive: true });
  const write = async (): Promise<void> => {
    for await (const entry of entries) {
      const { header } = entry;
      const path = innerPath(header.name);
      if (path === '') entry.resume();
      else {
        await makeParents(path);
        const to = join(folder, path);
        if (header.type === 'directory') {
          await mkdir(to, { recursive: true });
          entry.resume();
        } else if (header.type === 'symlink') {
          await rm(to, { force: true, recursive: true });
          await symlink(header.linkname ?? '', to);
          entry.resume();
        } else if (header.type === 'file' || header.type === 'contiguous-file') {
          await rm(to, { force: true, recursive: true });
          await pipeline(entry, createWriteStream(to, { flags: 'wx' }));
          await chmod(to, (header.mode ?? 0o644) & 0o777);
        } else entry.resume();
      }
    }
  };
  // In this order: an entry that is read before anybody listens is told to nobody, and waited for for ever.
  await Promise.all([write(), pipeline(tar, entries, { signal })]);
}

/** A name in an archive as a relative path. Throws on one that climbs out. */
export function innerPath(name: string): string {
  const path = posix.normalize(name).replace(/^\/+/, '').replace(/\/+$/, '');
  if (path === '..' || path.startsWith('../')) throw new Error(`${name} in the archive leads out of its folder`);
  return path === '.' ? '' : path;
}
