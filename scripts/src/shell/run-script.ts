/** A shell script of `scripts/` run as a person runs it, with what it printed and how it ended. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../terraform/terraform-machine.js';

export const repositoryRoot = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Nothing of this process's environment but the PATH goes along. Rejects when the script does not end within `ms`. */
export function runScript(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  ms = 60_000,
): Promise<Ended> {
  return runProgram(join(repositoryRoot, 'scripts', name), args, { PATH: process.env['PATH'] ?? '', ...env }, ms);
}

export function runProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  ms = 60_000,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { env, cwd: repositoryRoot, timeout: ms, maxBuffer: 50_000_000 },
      (error, stdout, stderr) => {
        const ended = error === null || typeof error.code === 'number';
        if (ended) resolve({ code: error === null ? 0 : Number(error.code), out: stdout, err: stderr });
        else
          reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stdout}\n${stderr}`, { cause: error }));
      },
    );
  });
}

/** Whether a test cannot run here: a program is missing. On a CI machine it is there, or its absence is a failure. */
export const lacks = (...programs: readonly string[]): boolean =>
  process.env['CI'] !== 'true' && programs.some((name) => findProgram(name) === undefined);
