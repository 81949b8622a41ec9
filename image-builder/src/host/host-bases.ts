/**
 * Which of this machine's runtimes stands in for a base image. FROM fetches nothing here: an official image of Node,
 * Python, Go, Java or a static server is the runtime of the host, a bare system image is the host's own system.
 *
 * Throws AppError invalid/`base_refused`, naming the image: it is none of these, or its runtime is not installed.
 */
import { execFile } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { recogniseBase, type AskedBase, type BaseKind } from '../dockerfile/base-image.js';
import { STATIC_SERVER_PATH } from '../dockerfile/static-server.js';

export interface HostBase {
  readonly kind: BaseKind;
  /** The version found here; empty for `bare`. */
  readonly version: string;
  /** Said in the log after FROM. */
  readonly note: string;
  readonly warning: string | undefined;
  /** Folders of programs that PATH needs beside the usual ones. */
  readonly binFolders: readonly string[];
  /** What the image starts when the Dockerfile says nothing. */
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workdir: string;
  /** Where a static server's pages lie. */
  readonly pages: string | undefined;
  readonly port: number | undefined;
}
export type Environment = Readonly<Record<string, string | undefined>>;

const refused = (image: string, why: string): AppError =>
  new AppError('invalid', 'base_refused', `The base image ${image} cannot be built on the host: ${why}`, {
    fields: [
      {
        field: 'source.dockerfile',
        message: `FROM ${image}: ${why}`,
        mend: 'Use an official node, python, golang, eclipse-temurin, nginx or httpd image, or build with a Docker Engine',
      },
    ],
  });

/** Finds the runtime for a base image on this machine. `env` gives PATH. */
export async function findHostBase(image: string, env: Environment): Promise<HostBase> {
  const asked = recogniseBase(image);
  if (asked === undefined)
    throw refused(image, 'it is not one of the official Node, Python, Go, Java or static-server images');
  const base = { binFolders: [], entrypoint: [], cmd: [], workdir: '/', pages: undefined, port: undefined };
  switch (asked.kind) {
    case 'node': {
      const binFolders = [dirname(process.execPath)];
      const npm = await findProgram('npm', env);
      if (npm !== undefined) binFolders.push(dirname(npm));
      const entrypoint = asked.distroless ? ['node'] : [];
      return {
        ...base,
        ...described(asked, 'Node', process.versions.node),
        binFolders,
        entrypoint,
        cmd: asked.distroless ? [] : ['node'],
      };
    }
    case 'python': {
      const python = await hostPython(env);
      if (python === undefined) throw refused(image, 'python3 is not installed on this machine');
      const version = await versionOf(python, ['--version'], image);
      const entrypoint = asked.distroless ? ['python3'] : [];
      return {
        ...base,
        ...described(asked, 'Python', version),
        binFolders: [dirname(python)],
        entrypoint,
        cmd: asked.distroless ? [] : ['python3'],
      };
    }
    case 'go': {
      const go = await findProgram('go', env);
      if (go === undefined) throw refused(image, 'Go is not installed on this machine');
      const version = await versionOf(go, ['version'], image);
      return { ...base, ...described(asked, 'Go', version), binFolders: [dirname(go)], cmd: ['bash'], workdir: '/go' };
    }
    case 'java': {
      const java = await findProgram('java', env);
      if (java === undefined) throw refused(image, 'Java is not installed on this machine');
      const folders = [dirname(java)];
      if (asked.name === 'maven' || asked.name === 'gradle') {
        const tool = await findProgram(asked.name === 'maven' ? 'mvn' : 'gradle', env);
        if (tool === undefined) throw refused(image, `${asked.name} is not installed on this machine`);
        folders.push(dirname(tool));
      }
      const version = await versionOf(java, ['-version'], image);
      const entrypoint = asked.distroless ? ['java', '-jar'] : [];
      return { ...base, ...described(asked, 'Java', version), binFolders: folders, entrypoint };
    }
    case 'static':
      return {
        ...base,
        kind: 'static',
        version: process.versions.node,
        note: `${asked.name} is the platform's own static file server`,
        warning: undefined,
        binFolders: [dirname(process.execPath)],
        cmd: ['node', STATIC_SERVER_PATH],
        pages: asked.pages,
        port: 80,
      };
    case 'bare':
      return {
        ...base,
        kind: 'bare',
        version: '',
        note: `${asked.name} is the system of this machine`,
        warning: undefined,
        cmd: ['sh'],
      };
  }
}

function described(
  asked: AskedBase,
  runtime: string,
  version: string,
): Pick<HostBase, 'kind' | 'version' | 'note' | 'warning'> {
  const parts = (asked.version ?? '').split('.');
  // Python's minor versions differ as much as other runtimes' major ones.
  const compared = asked.kind === 'python' || asked.kind === 'go' ? parts.length : 1;
  const differs =
    asked.version !== undefined &&
    parts.slice(0, compared).join('.') !== version.split('.').slice(0, compared).join('.');
  return {
    kind: asked.kind,
    version,
    note: `${runtime} ${version} of this machine`,
    warning: differs
      ? `the Dockerfile asks for ${runtime} ${asked.version ?? ''}, this machine has ${version}`
      : undefined,
  };
}

/** The system's Python first: packages that come with it (python3-flask, …) are visible to that one only. */
export const hostPython = async (env: Environment): Promise<string | undefined> =>
  (await findProgram('python3', { PATH: '/usr/bin:/usr/local/bin' })) ?? findProgram('python3', env);

/** The first file of that name on PATH that can be run. */
export async function findProgram(name: string, env: Environment): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(':').filter((part) => part.startsWith('/'))) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false, // not there: the next folder
    );
    if (found) return (await realpath(folder)) === folder ? path : join(await realpath(folder), name);
  }
  return undefined;
}

async function versionOf(program: string, args: readonly string[], image: string): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { timeout: 15_000 });
    const version = /(\d+(?:\.\d+)*)/.exec(stdout || stderr)?.[1];
    if (version !== undefined) return version;
  } catch (cause) {
    throw refused(image, `${program} does not run: ${messageOf(cause)}`);
  }
  throw refused(image, `${program} does not tell its version`);
}
