/**
 * The name under which a process holds leases: `host:pid:start:namespace:random`. Another process of the same machine can tell
 * by it that this one has died, and need not wait for its leases to run out.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export const newLeaseOwner = (): string =>
  [
    hostname().replaceAll(':', '-').slice(0, 40),
    String(process.pid),
    startOf(process.pid) ?? '',
    processNamespace(),
    randomBytes(6).toString('hex'),
  ].join(':');

/** True only where it is certain: a process that this machine would know is not there any more. */
export function hasDied(owner: string): boolean {
  const [host, pid = '', start = '', namespace = ''] = owner.split(':');
  const [ownHost, , , ownNamespace = ''] = newLeaseOwner().split(':');
  if (host !== ownHost || namespace !== ownNamespace || namespace === '' || start === '') return false;
  return startOf(Number(pid)) !== start;
}

/** In clock ticks since the boot; undefined when there is no such process. A zombie still has one, but does nothing any more. */
function startOf(pid: number): string | undefined {
  try {
    // The name of the program stands in brackets and may hold anything: what follows the last bracket counts.
    const [state, ...fields] = afterName(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
const afterName = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

/** Process ids mean something only within one namespace of one boot; empty where the system does not tell. */
function processNamespace(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
    return createHash('sha256')
      .update(boot + readlinkSync('/proc/self/ns/pid'))
      .digest('hex')
      .slice(0, 12);
  } catch {
    return '';
  }
}
