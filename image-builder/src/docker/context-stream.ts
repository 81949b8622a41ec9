/**
 * The build context as a tar stream: what `.dockerignore` leaves, sorted, without owners and times, so the same files are
 * the same bytes. Links are sent as links: an engine resolves them within the context.
 *
 * The Dockerfile is always in it, also when it lies outside of the context or is ignored: then under a name of its own,
 * which COPY does not see.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join, posix, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { BuildContext } from '../dockerfile/build-context.js';
import { statOf } from '../dockerfile/file-facts.js';

export interface ContextStream {
  readonly stream: Readable;
  /** Where the Dockerfile is in the context. */
  readonly dockerfile: string;
}
const OWN_DOCKERFILE = '.aws-deployer.dockerfile';
const COMMON = { mtime: new Date(0), uid: 0, gid: 0 };

export async function contextStream(folder: string, dockerfile: string): Promise<ContextStream> {
  const [{ pack }, context, content] = await Promise.all([
    import('tar-stream'),
    BuildContext.open(folder, dockerfile),
    readFile(dockerfile),
  ]);
  const inner = relative(folder, dockerfile);
  const inside = !inner.startsWith('..') && !context.ignores(inner) && (await stat(join(folder, inner))).isFile();
  const tar = pack();
  const write = async (): Promise<void> => {
    await addFolder(tar, context, '');
    if (!inside) {
      // The engine reads .dockerignore as well: our own name is hidden from COPY by it.
      tar.entry({ ...COMMON, name: OWN_DOCKERFILE, mode: 0o644 }, content);
      tar.entry({ ...COMMON, name: '.dockerignore', mode: 0o644 }, `${OWN_DOCKERFILE}\n.dockerignore\n`);
    }
    tar.finalize();
  };
  write().catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))));
  return { stream: Readable.from(tar), dockerfile: inside ? inner : OWN_DOCKERFILE };
}

async function addFolder(tar: Pack, context: BuildContext, path: string): Promise<void> {
  for (const name of (await readdir(join(context.folder, path))).sort()) {
    const inner = posix.join(path, name);
    const from = join(context.folder, inner);
    const found = await statOf(from);
    // What is ignored has been left out here already; the engine need not do it again.
    if (found === undefined || inner === '.dockerignore') continue;
    const header = { ...COMMON, name: inner, mode: found.mode & 0o7777 };
    if (found.isDirectory()) {
      if (context.hides(inner)) continue;
      if (!context.ignores(inner)) tar.entry({ ...header, name: `${inner}/`, type: 'directory' });
      await addFolder(tar, context, inner);
    } else if (context.ignores(inner)) continue;
    else if (found.isSymbolicLink()) tar.entry({ ...header, type: 'symlink', linkname: await readlink(from) });
    else if (found.isFile() && found.size < 65_536) tar.entry(header, await readFile(from));
    else if (found.isFile()) await pipeline(createReadStream(from), tar.entry({ ...header, size: found.size }));
  }
}
