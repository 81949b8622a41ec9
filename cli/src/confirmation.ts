/** What cannot be undone is asked about first, or taken as said with `--yes`. */
import { EXIT, Failure } from './failure.js';
import type { Terminal } from './terminal.js';

export async function agreed(terminal: Terminal, summary: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  terminal.note(summary);
  return /^y(es)?$/i.test((await answerTo(terminal, 'Do it? (yes/no)')).trim());
}

/** For what many depend on: its name has to be typed. */
export async function agreedByName(
  terminal: Terminal,
  summary: string,
  name: string,
  yes: boolean | undefined,
): Promise<boolean> {
  if (yes) return true;
  terminal.note(summary);
  return (await answerTo(terminal, `Type ${name} to go on`)).trim() === name;
}

const answerTo = (terminal: Terminal, question: string): Promise<string> =>
  terminal.ask(question).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(EXIT.usage, 'This changes something, and there is no terminal to ask on', ['give --yes']);
  });
