/**
 * A base image made of this machine's own runtime, for machines that reach no registry: the program, the shared libraries
 * it is linked with, a shell with the usual commands, certificates, and the users that official images have.
 *
 * It is imported once per runtime version and then only tagged; a label tells it from the real image, which replaces it
 * as soon as it can be pulled. Never used in production mode.
 */
import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { AskedBase } from '../dockerfile/base-image.js';
import { engineEvents } from './engine-events.js';
import { nodeFiles, pythonFiles, staticFiles, type BaseFiles } from './host-files.js';

export const SUBSTITUTE_LABEL = 'aws-deployer.io/substitute-for';
const REPOSITORY = 'aws-deployer/substitute-base';

/** Tags a base of this machine as `image`; answers what it is, in words. */
export async function substituteBase(
  docker: Docker,
  image: string,
  asked: AskedBase,
  signal: AbortSignal,
): Promise<string> {
  const files = await filesFor(asked);
  const fingerprint = createHash('sha256').update(files.identity).digest('hex').slice(0, 16);
  const tag = `${asked.kind}-${fingerprint}`;
  const own = docker.getImage(`${REPOSITORY}:${tag}`);
  const there = await own.inspect().then(
    () => true,
    () => false, // not there, or the engine is gone: the import says which
  );
  if (!there) await importBase(docker, tag, asked, files, signal);
  const colon = image.lastIndexOf(':');
  const tagged = colon > image.lastIndexOf('/');
  await own.tag({ repo: tagged ? image.slice(0, colon) : image, tag: tagged ? image.slice(colon + 1) : 'latest' });
  return `a base made of this machine's ${files.words}`;
}

function filesFor(asked: AskedBase): Promise<BaseFiles> {
  switch (asked.kind) {
    case 'node':
      return nodeFiles(asked.distroless);
    case 'python':
      return pythonFiles(asked.distroless);
    case 'static':
      return staticFiles(asked.pages ?? '/usr/share/nginx/html');
    case 'go':
    case 'java':
    case 'bare':
      throw new AppError('internal', 'base_not_found', `There is no stand-in for ${asked.name}`);
  }
}

async function importBase(
  docker: Docker,
  tag: string,
  asked: AskedBase,
  files: BaseFiles,
  signal: AbortSignal,
): Promise<void> {
  try {
    const stream = await docker.importImage(files.tar(), {
      repo: REPOSITORY,
      tag,
      message: `made of this machine's ${files.words}`,
      changes: [...files.changes, `LABEL ${SUBSTITUTE_LABEL}=${asked.name}`],
      abortSignal: signal,
    });
    for await (const event of engineEvents(stream)) if (event.error !== undefined) throw new Error(event.error);
  } catch (cause) {
    signal.throwIfAborted();
    throw new AppError(
      'unavailable',
      'base_not_found',
      `The stand-in for ${asked.name} cannot be imported: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}
