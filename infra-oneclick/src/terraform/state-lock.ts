/**
 * Who holds the lock of a state: read from the error of a refused command, or from the note that Terraform lays beside a
 * local state. Such a note outlives a killed holder while the lock itself does not: the kernel's table tells whether
 * anybody still has it.
 */
import { readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunFailureView, StateLockView } from '@aws-deployer/platform/contracts/infra';
import { z } from 'zod';

const LockNote = z.object({
  ID: z.string(),
  Operation: z.string().default(''),
  Who: z.string().default(''),
  Created: z.string().default(''),
  Path: z.string().default(''),
});

/** undefined: that was not what went wrong. */
export function lockOfDiagnostics(diagnostics: RunFailureView['diagnostics']): StateLockView | undefined {
  const refused = diagnostics.find(({ summary }) => /acquiring the state lock/i.test(summary));
  if (refused === undefined) return undefined;
  const field = (name: string): string =>
    new RegExp(`^\\s*${name}:[ \\t]*(.*)$`, 'm').exec(refused.detail)?.[1]?.trim() ?? '';
  return {
    lock_id: field('ID'),
    operation: field('Operation'),
    who: field('Who'),
    created: field('Created'),
    path: field('Path'),
    held: null,
    pid: null,
  };
}

const noteOf = (state: string): string => join(dirname(state), `.${basename(state)}.lock.info`);

/** Of a state in a file of this machine; undefined: there is no lock. */
export async function localLock(state: string): Promise<StateLockView | undefined> {
  const text = await readFile(noteOf(state), 'utf8').catch(absent);
  if (text === undefined) return undefined;
  const note = LockNote.parse(JSON.parse(text));
  const holder = await holderOf(state);
  return {
    lock_id: note.ID,
    operation: note.Operation,
    who: note.Who,
    created: note.Created,
    path: note.Path,
    held: holder === undefined ? null : holder !== null,
    pid: holder ?? null,
  };
}

/** Removes the note of a holder that is gone. */
export async function removeLocalLock(state: string): Promise<void> {
  await rm(noteOf(state), { force: true });
}

/** The process that has the state's file locked; null: none has; undefined: this system does not tell. */
async function holderOf(state: string): Promise<number | null | undefined> {
  const [locks, file] = await Promise.all([
    readFile('/proc/locks', 'utf8').catch(absent),
    stat(state, { bigint: true }).catch(absent),
  ]);
  if (locks === undefined) return undefined;
  if (file === undefined) return null;
  for (const line of locks.split('\n')) {
    const [, , , , pid, place] = line.split(/\s+/);
    if (place?.endsWith(`:${file.ino}`) && place.startsWith(device(file.dev))) return Number(pid);
  }
  return null;
}

/** As the kernel's table writes it: major and minor in hexadecimal. */
function device(dev: bigint): string {
  const number = Number(dev);
  const major = (number >> 8) & 0xfff;
  const minor = (number & 0xff) | ((number >> 12) & 0xfff00);
  return `${major.toString(16).padStart(2, '0')}:${minor.toString(16).padStart(2, '0')}:`;
}

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined;
  throw error;
};
