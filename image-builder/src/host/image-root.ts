/**
 * The folder that becomes the image's file system. Every path is taken as inside it: `..` and symbolic links, absolute
 * ones too, end at the root, as they would in a container. So a link made by a RUN line cannot lead a later COPY to a
 * file of this machine.
 */
import { mkdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { linkTarget } from '../dockerfile/file-facts.js';

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

/** Makes a folder of the image, with its parents; answers its place. */
export async function makeFolder(root: string, path: string): Promise<string> {
  const place = await placeInRoot(root, path);
  await mkdir(place, { recursive: true });
  return place;
}
