/**
 * Runs one RUN line in an image root, for real.
 *
 * Where the kernel allows it, the line gets namespaces of its own (user, mount, process): `/` is the image root, over
 * which the host's programs lie read-only, so what the line writes is in the image or nowhere. Elsewhere it runs in the
 * root's working folder with its absolute paths rewritten. Neither is a sandbox: the line can use the network and burn
 * time. Its environment is chosen; the platform's own variables are not in it.
 *
 * Cancel   aborting `signal` kills the line and everything it started: the processes of its namespace, or its group.
 * Answers  the exit code and the last lines; throws only when it could not be started or was aborted.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { makeFolder } from './image-root.js';
import { namespaceCommand, prepareRoot, type HostMount } from './namespace-root.js';
import { meansImage, rewritePaths } from './refusals.js';

export interface RunRequest {
  readonly root: string;
  readonly workdir: string;
  /** The program and its arguments: `['/bin/sh', '-c', 'npm ci']`. */
  readonly argv: readonly string[];
  /** True when the last of `argv` is a shell line. */
  readonly shell: boolean;
  /** Given to the standard input of the program. */
  readonly input?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folders that lie before PATH's own: stand-in programs. Absolute, of this machine. */
  readonly standIns: string;
  /** Folders of this machine that programs need and that lie outside of /usr. */
  readonly mounts: readonly HostMount[];
  /** A folder of the build's own for caches and mounts' bookkeeping; on the file system of `root`. */
  readonly scratch: string;
  readonly onLine: (stream: 'stdout' | 'stderr', text: string) => void;
}
export interface RunResult {
  readonly exitCode: number | null;
  readonly lastLines: readonly string[];
  /** Set when the line was not started, because it would write outside of the image. */
  readonly outside?: string;
}
const KEPT_LINES = 20;

export async function runStep(request: RunRequest, isolated: boolean, signal: AbortSignal): Promise<RunResult> {
  signal.throwIfAborted();
  return isolated ? runInNamespace(request, signal) : runInFolder(request, signal);
}

async function runInNamespace(request: RunRequest, signal: AbortSignal): Promise<RunResult> {
  await makeFolder(request.root, request.workdir);
  const prepared = await prepareRoot(request.root, join(request.scratch, 'overlay'), [
    ...request.mounts,
    { source: request.standIns, target: '/.stand-ins' },
  ]);
  try {
    const path = `/.stand-ins:${request.env['PATH'] ?? ''}`;
    const [command, args] = namespaceCommand(prepared, path, request.workdir, request.argv);
    const child = spawn(command, args, { env: request.env, stdio: ['pipe', 'pipe', 'pipe'] });
    // The namespace's first process dies with unshare, and every other one with the first.
    return await follow(child, request, () => child.kill('SIGKILL'), signal);
  } finally {
    await prepared.clean();
  }
}

async function runInFolder(request: RunRequest, signal: AbortSignal): Promise<RunResult> {
  const cwd = await makeFolder(request.root, request.workdir);
  const home = join(request.scratch, 'home');
  await mkdir(home, { recursive: true });
  const inImage = (path: string) => path !== '/' && existsSync(join(request.root, path));
  const argv: string[] = [];
  for (const [index, word] of request.argv.entries()) {
    // The program itself is this machine's, unless the image has it.
    const { line, outside } =
      index === 0 && !inImage(word) ? { line: word, outside: undefined } : rewritePaths(word, request.root, inImage);
    if (outside !== undefined && request.shell) return { exitCode: null, lastLines: [], outside };
    argv.push(line);
  }
  const path = (request.env['PATH'] ?? '')
    .split(':')
    .flatMap((folder) => (existsSync(join(request.root, folder)) ? [join(request.root, folder), folder] : [folder]));
  const values = Object.entries(request.env).map(([name, value]) =>
    name !== 'PATH' && !value.startsWith(request.scratch) && meansImage(value, inImage)
      ? [name, join(request.root, value)]
      : [name, value],
  );
  const env = { ...Object.fromEntries(values), HOME: home, PATH: [request.standIns, ...path].join(':') } as Record<
    string,
    string
  >;
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it has just ended
    }
  };
  return follow(child, request, kill, signal);
}

function follow(child: ChildProcess, request: RunRequest, kill: () => void, signal: AbortSignal): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    if (signal.aborted)
      kill(); // while it was made ready
    else signal.addEventListener('abort', kill, { once: true });
    const lastLines: string[] = [];
    for (const stream of ['stdout', 'stderr'] as const) {
      const source = child[stream];
      if (source === null) continue;
      createInterface({ input: source, crlfDelay: Infinity }).on('line', (text) => {
        lastLines.push(text);
        if (lastLines.length > KEPT_LINES) lastLines.shift();
        request.onLine(stream, text);
      });
    }
    child.stdin?.on('error', () => child.stdin?.destroy()); // it does not read its input: its own affair
    child.stdin?.end(request.input ?? '');
    child.on('error', (cause) => {
      signal.removeEventListener('abort', kill);
      reject(
        new AppError('invalid', 'build_failed', `${request.argv[0] ?? ''} cannot be run: ${cause.message}`, { cause }),
      );
    });
    child.on('close', (exitCode) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ exitCode, lastLines });
    });
  });
}
