/**
 * One container of the process runtime: a main process, everything it started, and its log file. Adopted ones are not
 * children of this program: their end is seen by looking, and their exit code stays unknown.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { PassThrough, type Readable } from 'node:stream';
import type { ExecSession } from '../../api/hooks.js';
import { delay } from '../abortable-delay.js';
import { trackLog } from '../container-log.js';
import type { ContainerExit, ExecResult, RunningContainer } from '../container-runtime.js';
import { hostExec } from './host-command.js';
import {
  environmentOf,
  HAS_PROC,
  listeningPorts,
  ownMemory,
  processesWith,
  processTree,
  startTicks,
} from './linux-processes.js';
import { kill, type ContainerRecord } from './container-record.js';

const LOOK_EVERY_MS = 250;
const EXEC_OUTPUT_BYTES = 10 * 1024;
/** After Ctrl-C this program is about to stop, too: it gets the time to say so before the end counts as a crash. */
const INTERRUPT_PAUSE_MS = 300;

export class ProcessContainer implements RunningContainer {
  readonly containerId: string;
  readonly runtime = 'process';
  readonly imageId: string | undefined;
  readonly name: string;
  readonly attempt: number;
  readonly startedAt: Date;
  readonly ip = undefined;
  readonly ports: Readonly<Record<number, number>>;
  readonly port: number;
  readonly exited: Promise<ContainerExit>;
  private outOfMemory = false;
  private over = false;
  private readonly logging = new AbortController();
  private tracked: Promise<void>;

  constructor(
    private readonly record: ContainerRecord,
    private readonly markName: string,
    private readonly mark: string,
    child: ChildProcess | undefined,
    private readonly cleanUp: () => Promise<void>,
  ) {
    this.containerId = `process://${String(record.pid)}-${record.startTicks}`;
    this.imageId = record.imageId;
    this.name = record.name;
    this.attempt = record.attempt;
    this.startedAt = new Date(record.startedAt);
    this.ports = record.ports;
    this.port = record.port;
    this.tracked = trackLog(record.logFile, this.logging.signal);
    this.exited = (child === undefined ? this.watchAdopted() : watchChild(child)).then(async (end) => {
      this.over = true;
      // What the main process started and did not take with it goes, as it would with a container.
      for (const pid of this.marked()) kill(pid, 'SIGKILL');
      this.logging.abort();
      await this.tracked;
      const finishedAt = new Date();
      if (this.outOfMemory) return { exitCode: 137, reason: 'OOMKilled', finishedAt };
      return { ...end, reason: end.exitCode === 0 ? 'Completed' : 'Error', finishedAt };
    });
  }

  async stop(graceMs: number): Promise<void> {
    if (!this.over && graceMs > 0) {
      this.signal('SIGTERM');
      const ended = new AbortController();
      void this.exited.then(() => ended.abort());
      await delay(graceMs, ended.signal);
    }
    if (!this.over) this.signal('SIGKILL');
    await this.exited;
  }

  exec(command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const env = environmentOf(this.record.pid) ?? {};
    const resolved = hostExec(this.record.root, command, this.record.cwd, env);
    return new Promise((resolve, reject) => {
      const child = spawn(resolved.file, resolved.args, {
        cwd: resolved.cwd,
        env: resolved.env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      let output = '';
      const collect = (chunk: Buffer): void => {
        if (output.length < EXEC_OUTPUT_BYTES) output += chunk.toString('utf8');
      };
      child.stdout.on('data', collect);
      child.stderr.on('data', collect);
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (signal !== null)
          output = `command timed out: "${command.join(' ')}" timed out after ${String(timeoutMs / 1000)}s`;
        resolve({ exitCode: code ?? 1, output });
      });
    });
  }

  /** Without a terminal, also where one was asked for: the command reads and writes pipes. */
  async openExec(command: readonly string[], { stdin, tty }: { stdin: boolean; tty: boolean }): Promise<ExecSession> {
    const resolved = hostExec(this.record.root, command, this.record.cwd, environmentOf(this.record.pid) ?? {});
    const child = spawn(resolved.file, resolved.args, { cwd: resolved.cwd, env: resolved.env, stdio: 'pipe' });
    if (!stdin) child.stdin.end();
    // The command may end before it has read all: what is left is nobody's.
    child.stdin.on('error', () => undefined);
    const stdout = tty ? joined(child.stdout, child.stderr) : child.stdout;
    return {
      stdin: stdin ? child.stdin : undefined,
      stdout,
      stderr: tty ? undefined : child.stderr,
      exit: new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
      }),
      kill: () => void child.kill('SIGKILL'),
    };
  }

  async listeningPorts(): Promise<readonly number[] | undefined> {
    return HAS_PROC && !this.over ? listeningPorts(this.marked()) : undefined;
  }

  async remove(): Promise<void> {
    await this.cleanUp();
  }

  /** A container beyond its limit is killed whole, as the kernel would kill it. */
  enforceMemoryLimit(): void {
    const limit = this.record.memoryLimitBytes;
    if (limit === undefined || this.over || !HAS_PROC) return;
    const tree = processTree(this.record.pid);
    if (tree.reduce((sum, pid) => sum + ownMemory(pid), 0) <= limit) return;
    this.outOfMemory = true;
    this.signal('SIGKILL');
  }

  private marked(): number[] {
    return processesWith(this.markName)
      .filter(({ value }) => value === this.mark)
      .map(({ pid }) => pid);
  }

  private signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!HAS_PROC) kill(-this.record.pid, signal);
    for (const pid of new Set([this.record.pid, ...this.marked()])) kill(pid, signal);
  }

  private async watchAdopted(): Promise<{ exitCode: number; message?: string }> {
    const never = new AbortController().signal;
    while (startTicks(this.record.pid) === this.record.startTicks) await delay(LOOK_EVERY_MS, never);
    return { exitCode: 255, message: 'it ended after its starter had; the exit code is unknown' };
  }
}

function joined(...streams: readonly Readable[]): Readable {
  const all = new PassThrough();
  let open = streams.length;
  for (const stream of streams) {
    stream.pipe(all, { end: false });
    stream.once('close', () => {
      open -= 1;
      if (open === 0) all.end();
    });
  }
  return all;
}

function watchChild(child: ChildProcess): Promise<{ exitCode: number }> {
  return new Promise((resolve) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null): void => {
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      if (signal === 'SIGINT') setTimeout(() => resolve({ exitCode }), INTERRUPT_PAUSE_MS);
      else resolve({ exitCode });
    };
    if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
    else child.once('exit', ended);
  });
}
