/** Whether a process that an earlier process of ours started still lives: by its number and its start, since numbers come again. */
import { readFile } from 'node:fs/promises';

/** What identifies it on this machine until it is started anew; undefined: it does not live. */
export async function processStart(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name may hold spaces
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
  }
  // Without /proc the number alone has to do.
  return process.platform !== 'linux' && signalled(pid, 0) ? 'unknown' : undefined;
}

/** false: there is no such process. A negative number is a group. */
export function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
