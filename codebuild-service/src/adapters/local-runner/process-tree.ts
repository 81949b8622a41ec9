/**
 * Finds and ends every process that a build started on this machine, also those that left its process group: all of them
 * carry a mark in their environment. Where there is no /proc, only the groups are ended.
 */
import { readdir, readFile } from 'node:fs/promises';

/** In the environment of every process of a build: `<data folder>/<build>`. */
export const BUILD_MARK = 'AWS_DEPLOYER_BUILD';
const ROUNDS = 20;

/** Kills until none is left whose mark is `matches`; a build may start processes faster than they are found for some rounds. */
export async function endMarkedProcesses(matches: (mark: string) => boolean): Promise<number> {
  let ended = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = await markedProcesses(matches);
    if (found.length === 0) return ended;
    ended += found.length;
    for (const pid of found) killProcess(pid);
    await new Promise((resolve) => setTimeout(resolve, 10 * round));
  }
  return ended;
}

/** The process, or with a negative number its group; harmless for one that has just ended. */
export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}

async function markedProcesses(matches: (mark: string) => boolean): Promise<readonly number[]> {
  const pids = await readdir('/proc').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(
    pids
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const mark = markIn(await environmentOf(name));
        return mark !== undefined && matches(mark) && !(await isZombie(name)) ? [Number(name)] : [];
      }),
  );
  return found.flat();
}

/** Empty for processes of others, of the kernel, and those that have ended since. */
async function environmentOf(pid: string): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/environ`, 'latin1');
  } catch (error) {
    if (['EACCES', 'EPERM', 'ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return '';
    throw error;
  }
}

async function isZombie(pid: string): Promise<boolean> {
  try {
    return /^\d+ \(.*\) Z/s.test(await readFile(`/proc/${pid}/stat`, 'latin1'));
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return true;
    throw error;
  }
}

const markIn = (environment: string): string | undefined =>
  environment
    .split('\0')
    .find((pair) => pair.startsWith(`${BUILD_MARK}=`))
    ?.slice(BUILD_MARK.length + 1);
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
