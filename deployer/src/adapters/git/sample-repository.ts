/** A folder as a small Git repository of one commit, whose id depends on the files alone. */
import { execFile } from 'node:child_process';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { AppError } from '@aws-deployer/platform/errors/app-error';

const run = promisify(execFile);
const WHO = 'AWS Deployer';
const WHEN = '2026-01-01T00:00:00Z';

/**
 * Makes the repository afresh in `dataDir/sample.git` at the first call; answers its `file://` address. `sampleDir` is the
 * sample's folder, or the one that holds it as `hello-node`. Throws AppError unavailable/`sample_missing`.
 */
export function sampleRepository(sampleDir: string | undefined, dataDir: string): () => Promise<string> {
  let made: Promise<string> | undefined;
  return () => {
    made ??= make(sampleDir, resolve(dataDir)).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function make(sampleDir: string | undefined, dataDir: string): Promise<string> {
  const folder =
    sampleDir && [join(sampleDir, 'hello-node'), sampleDir].find((path) => existsSync(join(path, 'Dockerfile')));
  if (!folder)
    throw new AppError(
      'unavailable',
      'sample_missing',
      'The platform came without its sample: SAMPLE_DIR names no folder with a Dockerfile',
    );
  const target = join(dataDir, 'sample.git');
  const fresh = `${target}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  await cp(folder, fresh, { recursive: true, filter: (source) => !/[\\/](node_modules|\.git)([\\/]|$)/.test(source) });
  const git = (...args: string[]) =>
    run(
      'git',
      [
        '-C',
        fresh,
        '-c',
        'init.defaultBranch=main',
        '-c',
        'commit.gpgsign=false',
        '-c',
        'core.autocrlf=false',
        ...args,
      ],
      {
        env: {
          PATH: process.env['PATH'],
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_AUTHOR_NAME: WHO,
          GIT_AUTHOR_EMAIL: 'sample@localhost',
          GIT_AUTHOR_DATE: WHEN,
          GIT_COMMITTER_NAME: WHO,
          GIT_COMMITTER_EMAIL: 'sample@localhost',
          GIT_COMMITTER_DATE: WHEN,
        },
      },
    );
  await git('init', '--quiet', '--template=');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'An HTTP server that says hello');
  await rm(target, { recursive: true, force: true });
  await rename(fresh, target);
  return pathToFileURL(target).href;
}
