/**
 * One shell for all commands of a build: what one command sets, the next one has (variables, functions, the folder).
 *
 * The shell reads what to do from its standard input; a command gets an empty one. A command that ends the shell (`exit 3`,
 * `set -e`) has ended with that code, and the next command gets a new shell with the exported variables and the folder of
 * the old one. Marks in both output streams tell where the output of a command ends, so no line is counted to another.
 */
import { randomBytes } from 'node:crypto';
import { ShellOutput } from './shell-output.js';
import type { ShellProcess } from './workplace.js';

export interface CommandResult {
  readonly exitCode: number;
  /** Of both streams, as they came. */
  readonly lastLines: readonly string[];
}
export interface CommandShellOptions {
  /** Opens the shell as that user (null: the place's own). */
  readonly open: (user: string | null) => Promise<ShellProcess>;
  /** Where the shell keeps what the next one needs, as the build sees it. */
  readonly stateFile: string;
  readonly startFolder: string;
  readonly onLine: (stream: 'stdout' | 'stderr', text: string) => void;
  /** A promise while the reader of the lines cannot keep up. */
  readonly pressure: () => Promise<void> | undefined;
}
const KEPT_LINES = 20;
const LEAVING_MS = 1_000;
const STREAMS = ['stdout', 'stderr'] as const;
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

interface Running {
  readonly process: ShellProcess;
  readonly token: string;
  /** Which of the build's shells it is. */
  readonly place: number;
  /** Its end, with the code. */
  exit: number | undefined;
}
interface Pending {
  readonly marks: Map<'stdout' | 'stderr', number>;
  readonly values: string[];
  readonly lastLines: string[];
  readonly silent: boolean;
  settle(exitCode: number): void;
}

export class CommandShell {
  private running: Running | undefined;
  private pending: Pending | undefined;
  private user: string | null = null;
  /** How many shells there were. */
  private opened = 0;
  /** The newest one that told what it had when it ended; a killed one does not. */
  private left: number | undefined;

  constructor(private readonly options: CommandShellOptions) {}

  /** Rejects only when no shell can be opened. */
  async run(command: string): Promise<CommandResult> {
    const { exitCode, lastLines } = await this.send(`eval ${quoted(command)} </dev/null`, false);
    return { exitCode, lastLines };
  }

  /** From the next command on. */
  async become(user: string | null): Promise<void> {
    if (user === this.user) return;
    if (this.running !== undefined) await this.send('exit 0', true);
    this.user = user;
  }

  async export(name: string, value: string): Promise<void> {
    await this.send(`export ${name}=${quoted(value)}`, true);
  }

  /** Values of variables as the shell has them now; those that are not set are left out. */
  async values(names: readonly string[]): Promise<Record<string, string>> {
    const token = (await this.shell()).token;
    const asks = names.map(
      (name) => `[ -n "\${${name}+set}" ] && printf '\\001%s:v:${name}=%s\\001' ${token} "$${name}" >&7`,
    );
    const { values } = await this.send(`{ ${[...asks, ':'].join('; ')}; }`, true);
    return Object.fromEntries(
      values.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  private async send(script: string, silent: boolean): Promise<CommandResult & { readonly values: readonly string[] }> {
    const shell = await this.shell();
    const lastLines: string[] = [];
    const values: string[] = [];
    const done = new Promise<number>((resolve) => {
      this.pending = { marks: new Map(), values, lastLines, silent, settle: resolve };
    });
    shell.process.stdin.write(
      `${script}\nAWS_DEPLOYER_STATUS=$?; printf '\\001%s:c:%s\\001' ${shell.token} "$AWS_DEPLOYER_STATUS" >&7; printf '\\001%s:c:%s\\001' ${shell.token} "$AWS_DEPLOYER_STATUS" >&8\n`,
    );
    const exitCode = await done;
    this.pending = undefined;
    return { exitCode, lastLines, values };
  }

  private async shell(): Promise<Running> {
    if (this.running !== undefined && this.running.exit === undefined) return this.running;
    const process = await this.options.open(this.user);
    const running: Running = {
      process,
      place: this.opened,
      token: randomBytes(16).toString('hex'),
      exit: undefined,
    };
    this.running = running;
    const readers = STREAMS.map((stream) => {
      const output = new ShellOutput(
        running.token,
        (text) => this.line(stream, text),
        (mark) => this.mark(running, stream, mark),
      );
      const source = process[stream];
      source.on('data', (chunk: Buffer) => {
        output.add(chunk);
        const wait = this.options.pressure();
        if (wait === undefined) return;
        source.pause();
        void wait.then(() => source.resume());
      });
      return output;
    });
    process.stdin.on('error', () => process.stdin.destroy()); // it has ended: `ended` says so
    void process.ended.then((code) => {
      for (const reader of readers) reader.end();
      running.exit ??= code;
      this.over(running);
    });
    const { startFolder } = this.options;
    // Each shell writes a file of its own: the next one may run as another user.
    const stateOf = (shell: number): string => `${this.options.stateFile}.${String(shell)}`;
    const [state, folder] = [quoted(stateOf(this.opened)), quoted(`${stateOf(this.opened)}.folder`)];

    const leave = `AWS_DEPLOYER_STATUS=$?; set +eux; export -p >${state}; pwd >${folder}; printf '\\001%s:x:%s\\001' ${running.token} "$AWS_DEPLOYER_STATUS" >&7`;
    const before = this.left === undefined ? undefined : stateOf(this.left);
    const enter =
      before === undefined
        ? `cd ${quoted(startFolder)}`
        : `. ${quoted(before)}; cd "$(cat ${quoted(`${before}.folder`)})"`;
    process.stdin.write(`exec 7>&1 8>&2; trap ${quoted(leave)} EXIT; ${enter}\n`);
    this.opened += 1;
    return running;
  }

  private line(stream: 'stdout' | 'stderr', text: string): void {
    const { pending } = this;
    if (pending?.silent === true) return;
    if (pending !== undefined) {
      pending.lastLines.push(text);
      if (pending.lastLines.length > KEPT_LINES) pending.lastLines.shift();
    }
    this.options.onLine(stream, text);
  }

  /** The shell is about to end. Its process says when all is read, unless one in the background holds its streams. */
  private leaving(running: Running, exitCode: number): void {
    running.exit = exitCode;
    this.left = running.place;
    const timer = setTimeout(() => this.over(running), LEAVING_MS);
    void running.process.ended.then(() => clearTimeout(timer));
  }

  private over(running: Running): void {
    if (this.running === running && running.exit !== undefined) this.pending?.settle(running.exit);
  }

  private mark(running: Running, stream: 'stdout' | 'stderr', text: string): void {
    const [, kind = '', rest = ''] = /^(\w):([\s\S]*)$/.exec(text) ?? [];
    if (kind === 'v') this.pending?.values.push(rest);
    else if (kind === 'x') this.leaving(running, Number(rest));
    else if (kind === 'c' && this.pending !== undefined) {
      this.pending.marks.set(stream, Number(rest));
      if (this.pending.marks.size === STREAMS.length) this.pending.settle(Number(rest));
    }
  }
}
