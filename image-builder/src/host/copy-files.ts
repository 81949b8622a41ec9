/**
 * Copies files and folders into an image root, as COPY does: a folder's contents, links as links, modes kept.
 * Ownership is not copied: everything in the image is root's.
 */
import { chmod, constants, copyFile, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { statOf } from '../dockerfile/file-facts.js';
import { makeFolder, placeInRoot } from './image-root.js';

export interface CopySource {
  /** A folder of this machine that `path` is relative to. */
  readonly base: string;
  readonly path: string;
  /** Decides per path below `base`; a folder that is hidden is not read. */
  readonly includes?: (path: string) => boolean;
  readonly hides?: (folder: string) => boolean;
  /** Throws for a link that must not be copied. */
  readonly checkLink?: (path: string) => Promise<void>;
}
export interface CopyTarget {
  readonly root: string;
  /** Absolute path in the image. */
  readonly path: string;
  /** Octal, of `--chmod`. */
  readonly mode: number | undefined;
}

export async function copyFiles(source: CopySource, target: CopyTarget): Promise<void> {
  const from = join(source.base, source.path);
  const found = await statOf(from);
  if (found === undefined) return;
  if (found.isDirectory()) {
    if (source.hides?.(source.path) === true) return;
    await makeFolder(target.root, target.path);
    for (const name of (await readdir(from)).sort())
      await copyFiles(
        { ...source, path: source.path === '.' ? name : posix.join(source.path, name) },
        { ...target, path: posix.join(target.path, name) },
      );
    return;
  }
  if (source.includes?.(source.path) === false) return;
  const place = join(await makeFolder(target.root, posix.dirname(target.path)), posix.basename(target.path));
  if (found.isSymbolicLink()) {
    await source.checkLink?.(source.path);
    await rm(place, { recursive: true, force: true });
    await symlink(await readlink(from), place);
  } else if (found.isFile()) {
    await rm(place, { recursive: true, force: true });
    await copyFile(from, place, constants.COPYFILE_FICLONE);
    await chmod(place, target.mode ?? found.mode & 0o777);
  }
  // Sockets, pipes and devices are nothing an image can hold.
}

/** Writes a file of the image, following links of the image within it. */
export async function writeImageFile(root: string, path: string, content: string, mode = 0o644): Promise<void> {
  await makeFolder(root, posix.dirname(path));
  const place = await placeInRoot(root, path);
  await writeFile(place, content);
  await chmod(place, mode);
}
