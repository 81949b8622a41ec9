/**
 * One process at a time works in a data folder: `DATA_DIR/lock` names it by process id and start time. A process that is
 * gone, or whose id now belongs to another, holds nothing: its lock is taken over.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';

export interface DataLock {
  release(): void;
}

/**
 * Throws AppError conflict/`data_dir_in_use` when the folder is still held after `patienceMs`: a process that was told to
 * stop gets the time to do so.
 */
export async function lockDataDir(dataDir: string, patienceMs = 0): Promise<DataLock> {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'lock');
  const mine = `${process.pid} ${startTimeOf(process.pid) ?? ''}`;
  const limit = Date.now() + patienceMs;
  for (;;) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const held = readLock(file);
    if (held === undefined) continue;
    if (!isHeld(held)) rmSync(file, { force: true });
    else if (Date.now() < limit) await delay(100);
    else
      throw new AppError(
        'conflict',
        'data_dir_in_use',
        `${dataDir} is in use by process ${held.split(' ')[0] ?? ''}: stop it or choose another folder with DATA_DIR`,
      );
  }
}

/** Undefined when it was released meanwhile. */
function readLock(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isHeld(lock: string): boolean {
  const [pid = '', started = ''] = lock.trim().split(' ');
  if (!/^\d+$/.test(pid)) return false; // written half, by a process that died over it
  const now = startTimeOf(Number(pid));
  if (now === ENDED) return false;
  return now === undefined ? isAlive(Number(pid)) : now === started;
}

/** Killed, but its parent has not asked how it ended: it holds no file any more. Without an init this may last for ever. */
const ENDED = 'ended';

/** In clock ticks since boot; undefined where the system has no /proc or the process is gone. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold spaces and brackets
    return fields[0] === 'Z' ? ENDED : fields[19];
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
