/**
 * Builds on this machine itself: process groups of their own in folders of their own, and an environment that has nothing of
 * the platform's. No isolation beyond that, and the log says so.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readlink } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { DockerDoor } from './docker-program/docker-door.js';
import { BUILD_MARK, endMarkedProcesses, killProcess } from './process-tree.js';
import { unpackTar } from './tar-archive.js';
import type { PlaceFile, ShellProcess, ShellRequest, Workplace } from './workplace.js';

/** How long the output of background processes is waited for, once the shell is gone. */
const DRAIN_MS = 500;

export interface HostWorkplaceOptions {
  /** The build's own folder, absolute. */
  readonly folder: string;
  /** In the environment of all its processes. */
  readonly mark: string;
  /** PATH, proxies, certificates: what any program of this machine needs. */
  readonly env: Readonly<Record<string, string>>;
  /** The `docker` of this build, where there is no engine. */
  readonly docker: DockerDoor;
}

export class HostWorkplace implements Workplace {
  readonly runtime = 'host';
  readonly imageSubstituted = null;
  readonly folders: Workplace['folders'];
  readonly env: Readonly<Record<string, string>>;
  private readonly groups = new Set<number>();

  private constructor(private readonly options: HostWorkplaceOptions) {
    const { folder } = options;
    this.folders = { source: join(folder, 'src'), home: join(folder, 'home'), temporary: join(folder, 'tmp') };
    this.env = {
      ...options.env,
      PATH: `${options.docker.programs}:${options.env['PATH'] ?? ''}`,
      TMPDIR: this.folders.temporary,
      [BUILD_MARK]: options.mark,
    };
  }

  static async open(options: HostWorkplaceOptions): Promise<HostWorkplace> {
    const place = new HostWorkplace(options);
    for (const folder of Object.values(place.folders)) await mkdir(folder, { recursive: true });
    return place;
  }

  async openShell({ shell, env }: ShellRequest): Promise<ShellProcess> {
    const args = /(^|\/)bash$/.test(shell) ? ['--noprofile', '--norc', '-s'] : ['-s'];
    const child = spawn(shell, args, {
      cwd: this.folders.source,
      env: { ...env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    await once(child, 'spawn').catch((cause: unknown) => {
      throw new AppError('invalid', 'shell_missing', `The shell ${shell} cannot be run: ${messageOf(cause)}`, {
        cause,
        fields: [{ field: 'buildspec', message: `${shell} cannot be run`, mend: 'Set env.shell to /bin/sh' }],
      });
    });
    const { pid } = child;
    if (pid !== undefined) this.groups.add(pid);
    const ended = new Promise<number>((resolve) => {
      child.once('exit', (code, signal) => {
        const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
        const end = (): void => {
          clearTimeout(timer);
          resolve(exitCode);
        };
        // What still holds the streams open is a process in the background: it may go on, unheard.
        const timer = setTimeout(end, DRAIN_MS);
        child.once('close', end);
      });
    });
    return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended };
  }

  put(folder: string, tar: Readable, signal: AbortSignal): Promise<void> {
    return unpackTar(tar, folder, signal);
  }

  async *files(folder: string, signal: AbortSignal): AsyncIterable<PlaceFile> {
    const found = await lstat(folder).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined;
      throw error;
    });
    if (found?.isDirectory() === true) yield* walk(folder, '', signal);
    else if (found !== undefined) yield* fileAt(folder, '');
  }

  imageFacts(): Promise<Readonly<Record<string, string>>> {
    const pushed = this.options.docker.lastPushed;
    if (pushed === undefined) return Promise.resolve({});
    return Promise.resolve({
      IMAGE_URI: pushed.image,
      IMAGE_DIGEST: pushed.digest,
      IMAGE_RUNTIME: 'host',
      ...(pushed.exposedPort === undefined ? {} : { EXPOSED_PORT: String(pushed.exposedPort) }),
    });
  }

  async close(): Promise<void> {
    await this.options.docker.close();
    for (const pid of this.groups) killProcess(-pid);
    await endMarkedProcesses((mark) => mark === this.options.mark);
  }
}

async function* walk(root: string, path: string, signal: AbortSignal): AsyncGenerator<PlaceFile> {
  for (const entry of (await readdir(join(root, path), { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    signal.throwIfAborted();
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, inner, signal);
    else yield* fileAt(root, inner);
  }
}

async function* fileAt(root: string, path: string): AsyncGenerator<PlaceFile> {
  const file = join(root, path);
  const found = await lstat(file);
  const common = { path, size: found.size, mode: found.mode & 0o7777, open: () => createReadStream(file) };
  if (found.isSymbolicLink()) yield { ...common, type: 'symlink', linkTarget: await readlink(file) };
  else if (found.isFile()) yield { ...common, type: 'file', linkTarget: undefined };
  // Sockets, pipes and devices are no results.
}
