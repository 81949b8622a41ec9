/** What the declarations of commands share. */
import { InvalidArgumentError, type Command } from 'commander';
import type { ExitCode } from './failure.js';
import type { Context } from './program.js';

export type MakeCommand = (spec: string, description: string) => Command;
export type Act = (json: boolean | undefined, work: (context: Context) => Promise<ExitCode | void>) => Promise<void>;
export interface Json {
  readonly json?: boolean;
}

export const commandsOf =
  (parent: Command): MakeCommand =>
  (spec, description) =>
    parent.command(spec).description(description).option('--json', 'answer with JSON on standard output');
export const groupOf = (program: Command, name: string, description: string): MakeCommand =>
  commandsOf(program.command(name).description(description));

export const waiting = (made: Command): Command =>
  made
    .option('--wait', 'wait for the end; the exit code tells it')
    .option('--follow', 'wait and show the log as it comes');
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];
export function whole(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}
