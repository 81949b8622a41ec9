/**
 * The folder that a deployment is built from: the checkout, or the files of a pasted source. Nothing in it may lead out of
 * it: neither the context nor the Dockerfile nor any symbolic link.
 */
import { lstat, mkdir, readdir, realpath, readlink, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { GitSource } from '@aws-deployer/platform/contracts/deployments';
import type { z } from 'zod';
import { escapes } from './source-paths.js';

export interface BuildFolder {
  /** Absolute, without symbolic links. */
  readonly contextDir: string;
  readonly dockerfile: string;
}

export const folderOf = (workDir: string, deploymentId: string): string => join(workDir, deploymentId);

/** An empty folder: what an earlier try left is removed. */
export async function freshFolder(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true, mode: 0o700 });
  return realpath(path);
}

/**
 * Throws AppError invalid/`context_escapes`, `context_missing`, `dockerfile_escapes` or `dockerfile_missing` on
 * `source.context` or `source.dockerfile`.
 */
export async function buildFolderOf(
  checkout: string,
  source: Pick<z.output<typeof GitSource>, 'context' | 'dockerfile'>,
): Promise<BuildFolder> {
  const root = await realpath(checkout);
  const contextDir = await inside(root, root, source.context, 'context');
  if (!(await stat(contextDir)).isDirectory())
    throw invalidField(
      'source.context',
      `${source.context} is not a folder`,
      'name a folder of the repository, or . for its root',
      'context_missing',
    );
  const dockerfile = await inside(root, contextDir, source.dockerfile, 'dockerfile');
  if (!(await stat(dockerfile)).isFile()) throw missing('dockerfile', source.dockerfile);
  await refuseLeadingOut(root, contextDir);
  return { contextDir, dockerfile };
}

async function inside(root: string, from: string, path: string, field: 'context' | 'dockerfile'): Promise<string> {
  const wanted = resolve(from, path);
  if (isAbsolute(path) || !lies(root, wanted)) throw escapes(field, path);
  try {
    const real = await realpath(wanted);
    if (!lies(root, real)) throw escapes(field, path);
    return real;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      throw missing(field, path);
    throw error;
  }
}

/** A link to outside would carry files of this machine into the image. */
async function refuseLeadingOut(root: string, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await refuseLeadingOut(root, path);
    else if (entry.isSymbolicLink()) {
      const target = resolve(dirname(path), await readlink(path));
      if (!lies(root, target) || !lies(root, await realOf(target)))
        throw new AppError(
          'invalid',
          'context_escapes',
          `source.context: the symbolic link ${relative(root, path)} leads out of the repository`,
          {
            fields: [
              {
                field: 'source.context',
                message: `the symbolic link ${relative(root, path)} leads out of the repository`,
                mend: 'replace the link by a file, or choose a context without it',
              },
            ],
          },
        );
    }
  }
}

/** A link to nothing is harmless. */
const realOf = (path: string): Promise<string> =>
  realpath(path).catch(async (error: unknown) => {
    if (await lstat(path).catch(() => undefined)) throw error;
    return path;
  });
const lies = (root: string, path: string): boolean => path === root || path.startsWith(`${root}${sep}`);

const missing = (field: 'context' | 'dockerfile', path: string): AppError =>
  invalidField(
    `source.${field}`,
    `there is no ${path} in the repository`,
    field === 'dockerfile'
      ? 'add a Dockerfile, or name the one to use in source.dockerfile (relative to source.context)'
      : 'name a folder of the repository, or . for its root',
    `${field}_missing`,
  );
