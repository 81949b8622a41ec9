/** What the command prints and asks. Colours only on a terminal that wants them; questions only where a person can answer. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { EXIT, Failure } from './failure.js';

type Style = Parameters<typeof styleText>[0];
type Stream<Base> = Base & { readonly isTTY?: boolean };

export interface Streams {
  readonly stdin: Stream<Readable>;
  readonly stdout: Stream<Writable>;
  readonly stderr: Stream<Writable>;
}

export class Terminal {
  constructor(private readonly streams: Streams) {}

  /** The answer to the command, on standard output. */
  print(line: string): void {
    this.streams.stdout.write(`${line}\n`);
  }

  json(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** What happens on the way and what went wrong, on standard error. */
  note(line: string): void {
    this.streams.stderr.write(`${line}\n`);
  }

  style(style: Style, text: string, stream: 'stdout' | 'stderr' = 'stdout'): string {
    if (!this.streams[stream].isTTY) return text;
    return styleText(style, text, { stream: this.streams[stream] }); // heeds NO_COLOR and the like
  }

  /** Columns as wide as their longest cell. */
  table(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = header.map((title, column) =>
      Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
    );
    const lineOf = (row: readonly string[]): string =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd();
    this.print(this.style('dim', lineOf(header)));
    for (const row of rows) this.print(lineOf(row));
  }

  async ask(question: string): Promise<string> {
    this.#needPerson(question);
    const lines = createInterface({ input: this.streams.stdin, output: this.streams.stderr });
    try {
      return await new Promise((resolve) => lines.question(`${question}: `, resolve));
    } finally {
      lines.close();
    }
  }

  /** Nothing of the answer is shown. */
  async askSecret(question: string): Promise<string> {
    this.#needPerson(question);
    const stdin = this.streams.stdin as Stream<Readable> & { setRawMode?(raw: boolean): void };
    this.streams.stderr.write(`${question}: `);
    stdin.setRawMode?.(true);
    try {
      return await readHidden(stdin);
    } finally {
      stdin.setRawMode?.(false);
      stdin.pause();
      this.streams.stderr.write('\n');
    }
  }

  /** The first line of standard input: for secrets that a script hands in. */
  async firstLine(): Promise<string> {
    let text = '';
    for await (const chunk of this.streams.stdin) text += String(chunk);
    return text.split(/\r?\n/)[0] ?? '';
  }

  #needPerson(question: string): void {
    if (!this.streams.stdin.isTTY)
      throw new Failure(EXIT.usage, `${question} is needed and there is no terminal to ask on`, [
        'give --username with --password-stdin, or --token, or set DEPLOYER_TOKEN',
      ]);
  }
}

function readHidden(stdin: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = '';
    const done = (finish: () => void): void => {
      stdin.off('data', take);
      finish();
    };
    const take = (chunk: Buffer | string): void => {
      for (const char of String(chunk)) {
        if (char === '\r' || char === '\n' || char === '\u0004') return done(() => resolve(typed));
        if (char === '\u0003') return done(() => reject(new Failure(EXIT.error, 'Given up')));
        typed = char === '\u007f' || char === '\b' ? typed.slice(0, -1) : typed + char;
      }
    };
    stdin.on('data', take);
    stdin.resume();
  });
}
