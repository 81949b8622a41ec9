/** What lies at a path, where nothing there is an answer and not an error. */
import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

/** Of the path itself, links not followed; undefined: nothing is there. */
export async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}

/** Where a symbolic link points, as written; undefined: it is none. */
export async function linkTarget(path: string): Promise<string | undefined> {
  const found = await statOf(path);
  return found?.isSymbolicLink() === true ? readlink(path) : undefined;
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
