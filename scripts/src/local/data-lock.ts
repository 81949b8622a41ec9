/**
 * One process at a time works in a data folder: `DATA_DIR/lock` names it by process id and start time. A process that is
 * gone, or whose id now belongs to another, holds nothing: its lock is taken over.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';

export interface DataLock {
  release(): void;
}

/** Throws AppError conflict/`data_dir_in_use`. */
export function lockDataDir(dataDir: string): DataLock {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'lock');
  const mine = `${process.pid} ${startTimeOf(process.pid) ?? ''}`;
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeFileSync(file, mine, { flag: 'wx', mode: 0o600 });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (isHeld(readFileSync(file, 'utf8'))) break;
      rmSync(file, { force: true });
    }
  }
  const pid = readFileSync(file, 'utf8').split(' ')[0] ?? '';
  throw new AppError(
    'conflict',
    'data_dir_in_use',
    `${dataDir} is in use by process ${pid}: stop it or choose another folder with DATA_DIR`,
  );
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
