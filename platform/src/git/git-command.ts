/**
 * Runs the git binary once. A process group of its own, because git's network helpers outlive git when only git itself
 * is ended (seen with a server that never answers): aborting `signal` kills the whole group at once.
 *
 * Throws   GitFailure with git's words; the signal's reason when it was aborted; unavailable/`git_missing`.
 */
import { spawn } from 'node:child_process';
import { AppError } from '../errors/app-error.js';

export class GitFailure extends Error {
  override readonly name = 'GitFailure';
  constructor(
    /** What git wrote to its error stream, at most the last 16 KiB. */
    readonly words: string,
    readonly exitCode: number | null,
  ) {
    super(words);
  }
}
export interface GitCommandOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Gets the lines of the error stream, where git reports progress. */
  readonly onLine?: (line: string) => void;
}
const KEPT_BYTES = 16 * 1024;

/** Answers what git printed. Arguments are handed over as they are: no shell is between. */
export function runGit(args: readonly string[], options: GitCommandOptions, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      cwd: options.folder,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = (): void => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    signal.addEventListener('abort', kill, { once: true });

    let printed = '';
    let words = '';
    const split = options.onLine && lineSplitter(options.onLine);
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-KEPT_BYTES);
      split?.(chunk);
    });
    child.on('error', (cause) => {
      signal.removeEventListener('abort', kill);
      reject(new AppError('unavailable', 'git_missing', `git cannot be run: ${cause.message}`, { cause }));
    });
    child.on('close', (exitCode) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted) reject(signal.reason as Error);
      else if (exitCode === 0) resolve(printed);
      else reject(new GitFailure(words, exitCode));
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it ended in this very moment.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Git redraws its counters; only their last state is a line worth keeping. */
function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const pieces = (rest + chunk.toString('utf8')).split(/[\r\n]+/);
    rest = pieces.pop() ?? '';
    for (const piece of pieces) {
      const line = piece.trim();
      if (line !== '' && !(/\d+%/.test(line) && !/\bdone\b/.test(line))) onLine(line);
    }
  };
}
