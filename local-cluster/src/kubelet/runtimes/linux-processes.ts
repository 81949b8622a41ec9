/**
 * What Linux tells about processes through /proc: children, age, memory, listening ports, environment. On other systems
 * every question is answered with "nothing known".
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export const HAS_PROC = process.platform === 'linux';

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // it ended, or belongs to somebody else
  }
};
const pids = (): number[] =>
  HAS_PROC
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
    : [];

/** Fields of /proc/<pid>/stat behind the command, which may hold spaces and parentheses. */
const statFields = (pid: number): string[] | undefined => {
  const text = read(`/proc/${String(pid)}/stat`);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
};

/** Since the boot, in ticks: with the pid it names one process for good. Undefined: no such process, or it is a zombie. */
export function startTicks(pid: number): string | undefined {
  const fields = statFields(pid);
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

export const bootId = (): string => read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';

/** A process and all its descendants that are still its descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of pids()) {
    const parent = Number(statFields(pid)?.[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index += 1) tree.push(...(children.get(tree[index] ?? 0) ?? []));
  return tree;
}

/** Processes whose environment has `name`, with its value. */
export function processesWith(name: string): { pid: number; value: string }[] {
  const found: { pid: number; value: string }[] = [];
  for (const pid of pids()) {
    if (pid === process.pid) continue;
    const value = environmentOf(pid)?.[name];
    if (value !== undefined && startTicks(pid) !== undefined) found.push({ pid, value });
  }
  return found;
}

export function environmentOf(pid: number): Record<string, string> | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${String(pid)}/environ`, 'utf8');
  } catch {
    return undefined;
  }
  const entries = text.split('\0').flatMap((entry): [string, string][] => {
    const at = entry.indexOf('=');
    return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)]] : [];
  });
  return Object.fromEntries(entries);
}

/** Memory of its own (not files mapped in), in bytes: near to what a container's limit counts. */
export function ownMemory(pid: number): number {
  const status = read(`/proc/${String(pid)}/status`) ?? '';
  const kilobytes = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1024;
}

/** The TCP ports that these processes listen on, in ascending order. */
export function listeningPorts(of: readonly number[]): number[] {
  const inodes = new Set<string>();
  for (const pid of of) {
    let descriptors: string[];
    try {
      descriptors = readdirSync(`/proc/${String(pid)}/fd`);
    } catch {
      continue; // it ended
    }
    for (const descriptor of descriptors) {
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${String(pid)}/fd/${descriptor}`))?.[1];
        if (inode !== undefined) inodes.add(inode);
      } catch {
        continue; // it was closed
      }
    }
  }
  const ports = new Set<number>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const line of (read(table) ?? '').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const LISTEN = '0A';
      if (fields[3] === LISTEN && inodes.has(fields[9] ?? ''))
        ports.add(Number.parseInt((fields[1] ?? '').split(':')[1] ?? '0', 16));
    }
  return [...ports].sort((a, b) => a - b);
}
