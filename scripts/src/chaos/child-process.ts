/** A program of this run: its output in a file, ended by its process id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, closeSync } from 'node:fs';
import { request } from 'undici';
import { root } from '../bench/started-process.js';

const READY_MS = 60_000;
const STOP_MS = 15_000;

export interface ProgramOptions {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  /** Answers 200 once it is ready. */
  readonly healthUrl: string;
}

export class Program {
  private constructor(
    readonly child: ChildProcess,
    private readonly options: ProgramOptions,
  ) {}

  /** Resolves when it is healthy, or was ended on purpose while it started. Throws with its last lines when it ends by itself. */
  static async start(options: ProgramOptions): Promise<Program> {
    const program = Program.begin(options);
    await program.ready();
    return program;
  }

  static begin(options: ProgramOptions): Program {
    const log = openSync(options.logFile, 'a');
    const child = spawn(process.execPath, ['--enable-source-maps', ...options.args], {
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return new Program(child, options);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }
  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async ready(): Promise<void> {
    const limit = Date.now() + READY_MS;
    while (!(await this.#healthy())) {
      if (this.child.signalCode === 'SIGKILL') return;
      if (this.ended || Date.now() > limit)
        throw new Error(`${this.options.args.join(' ')} does not start:\n${lastLines(this.options.logFile)}`);
      await pause(25);
    }
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and SIGKILL for one that does not heed it. */
  async stop(): Promise<void> {
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await this.#end('SIGTERM');
    clearTimeout(late);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.ended) return;
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    await gone;
  }

  async #healthy(): Promise<boolean> {
    try {
      const { statusCode, body } = await request(this.options.healthUrl, { headersTimeout: 2_000 });
      await body.dump();
      return statusCode === 200;
    } catch {
      return false; // not listening yet: asked again
    }
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const lastLines = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-20).join('\n');
