/**
 * Programs that this machine's kernel cannot start because they were built for another one. Node's own `spawn` would hand such
 * a file to a shell, which reads it as a script; a container's init says `exec format error` into the log and exits with 1.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import type { HostCommand } from './host-command.js';

const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
/** Where the machine stands in an ELF header, and its numbers by Node's names. */
const MACHINE_AT = 18;
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183, arm: 40, ia32: 3, ppc64: 21, s390x: 22 };

/** The machine number of an ELF file; undefined for another file. */
const machineOf = (file: string): number | undefined => {
  const header = Buffer.alloc(MACHINE_AT + 2);
  const open = openSync(file, 'r');
  try {
    if (readSync(open, header, 0, header.length, 0) < header.length || !header.subarray(0, 4).equals(ELF))
      return undefined;
  } finally {
    closeSync(open);
  }
  return header[5] === 2 ? header.readUInt16BE(MACHINE_AT) : header.readUInt16LE(MACHINE_AT);
};

/** An emulator that is registered with the kernel runs programs of other machines after all. */
const isEmulated = (): boolean => {
  try {
    return readdirSync('/proc/sys/fs/binfmt_misc').some((name) => name.startsWith('qemu-'));
  } catch {
    return false; // nothing can be registered where there is no such folder
  }
};

const isForeign = (file: string): boolean => {
  const machine = machineOf(file);
  return machine !== undefined && machine !== MACHINES[process.arch] && !isEmulated();
};

/** The command itself, or what a container's init does in its place: say why, and exit with 1. */
export const orFormatError = (command: HostCommand, root: string): HostCommand => {
  if (!isForeign(command.file)) return command;
  const program = command.file.startsWith(root) ? command.file.slice(root.length) : command.file;
  return { ...command, file: '/bin/sh', args: ['-c', 'echo "exec $0: exec format error" >&2; exit 1', program] };
};
