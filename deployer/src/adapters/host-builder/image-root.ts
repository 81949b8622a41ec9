/**
 * The folder that becomes the image's file system. Every path is taken as inside it: `..` and symbolic links, absolute
 * ones too, end at the root, as they would in a container. So a link made by a RUN line cannot lead a later COPY to a
 * file of this machine.
 */
import { lstat, mkdir, readlink, realpath } from 'node:fs/promises';
import { dirname, join, normalize, posix } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';

const MAX_LINKS = 40;

/** The place on this machine of a path of the image; links in it are followed within the root. It need not exist. */
export async function placeInRoot(root: string, path: string): Promise<string> {
  let links = 0;
  let resolved = '/';
  const pending = posix.normalize(`/${path}`).split('/').filter(Boolean);
  while (pending.length > 0) {
    const part = pending.shift() ?? '';
    if (part === '..') {
      resolved = posix.dirname(resolved);
      continue;
    }
    const next = posix.join(resolved, part);
    const target = await linkTarget(join(root, next));
    if (target === undefined) {
      resolved = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS)
      throw new AppError('invalid', 'build_failed', `${path}: the image has symbolic links in a circle`);
    if (target.startsWith('/')) resolved = '/';
    pending.unshift(...target.split('/').filter((each) => each !== '' && each !== '.'));
  }
  return join(root, resolved);
}

async function linkTarget(path: string): Promise<string | undefined> {
  const found = await statOf(path);
  return found?.isSymbolicLink() === true ? readlink(path) : undefined;
}

export async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}

/** Makes a folder of the image, with its parents; answers its place. */
export async function makeFolder(root: string, path: string): Promise<string> {
  const place = await placeInRoot(root, path);
  await mkdir(place, { recursive: true });
  return place;
}

/** True if `path` lies in `folder` once every link of both is followed. */
export async function liesIn(folder: string, path: string): Promise<boolean> {
  const base = await realpath(folder);
  const real = await realpath(path).catch(async (error: unknown) => {
    // A dangling link: judge by where it points to.
    const target = await linkTarget(path);
    if (target === undefined) throw error;
    return normalize(target.startsWith('/') ? target : join(await realpath(dirname(path)), target));
  });
  return real === base || real.startsWith(`${base}/`);
}
