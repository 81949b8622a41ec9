/**
 * One command of Terraform that outlives this process: its output goes to a file and its exit code to another, so a later
 * process finds it running, ended or dead, and nothing it says is lost or read twice.
 *
 * A step is started at most once; `state` tells where it is. Its group is its own: a signal reaches Terraform and what it
 * started, and nothing of ours.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processStart, signalled } from './live-process.js';

export type StepState =
  | { readonly is: 'new' }
  | { readonly is: 'running'; readonly pid: number }
  | { readonly is: 'ended'; readonly code: number }
  /** Gone without an exit code: killed, or the machine went down. */
  | { readonly is: 'dead' };
export interface StepCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The trap lets Terraform end in order on an interrupt and the shell note how. With what a shell can do by itself: the image
 * has no other command. The line feed is the mark of an exit code that is written whole.
 */
const SCRIPT = 'trap : INT TERM; "$@"; echo "$?" > "$0"';

export class TerraformStep {
  readonly #file: (end: string) => string;

  constructor(
    private readonly folder: string,
    readonly name: string,
  ) {
    this.#file = (end) => join(folder, `${name}.${end}`);
  }

  async state(): Promise<StepState> {
    const mark = await readFile(this.#file('pid'), 'utf8').catch(absent);
    // A step is marked before it is started: one whose start was cut short may have begun.
    if (mark === undefined) return { is: 'new' };
    const [pid, start] = mark.split(' ');
    const lives = start !== undefined && (await processStart(Number(pid))) === start;
    const code = await readFile(this.#file('exit'), 'utf8').catch(absent); // after the look: it may have ended meanwhile
    if (code?.endsWith('\n') === true) return { is: 'ended', code: Number(code) };
    return lives ? { is: 'running', pid: Number(pid) } : { is: 'dead' };
  }

  /** Throws when the program cannot be started. */
  async start({ program, args, folder, env }: StepCommand): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.#mark('starting');
    const output = await open(this.#file('out'), 'a', 0o600);
    try {
      const child = spawn('/bin/sh', ['-c', SCRIPT, this.#file('exit'), program, ...args], {
        cwd: folder,
        env: { ...env },
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
      });
      await once(child, 'spawn');
      child.unref();
      const { pid } = child;
      if (pid === undefined) throw new Error(`${program} was not started`);
      await this.#mark(`${pid} ${(await processStart(pid)) ?? 'gone'}`);
    } finally {
      await output.close();
    }
  }

  /** Whole lines from byte `offset` on, and where they end. */
  async read(offset: number): Promise<{ readonly lines: string[]; readonly offset: number }> {
    const file = await open(this.#file('out')).catch(absent);
    if (file === undefined) return { lines: [], offset };
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, offset);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
      if (end === 0 && bytesRead === MOST_BYTES)
        return { lines: ['[a line that is too long]'], offset: offset + bytesRead };
      const text = buffer.subarray(0, end).toString('utf8');
      return { lines: text.split('\n').filter((line) => line !== ''), offset: offset + end };
    } finally {
      await file.close();
    }
  }

  /** To the step's whole group; nothing happens when it does not run. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const state = await this.state();
    if (state.is === 'running') signalled(-state.pid, signal);
  }

  async #mark(text: string): Promise<void> {
    await writeFile(this.#file('pid.new'), text, { mode: 0o600 });
    await rename(this.#file('pid.new'), this.#file('pid'));
  }
}

const MOST_BYTES = 262_144;
const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined;
  throw error;
};
