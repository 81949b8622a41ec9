/** `infra lock`, `infra unlock`: who holds the state of an environment, and how a lock that nobody holds is broken. */
import { StateLockView } from '@aws-deployer/platform/contracts/infra';
import { z } from 'zod';
import { agreedByName } from '../confirmation.js';
import { EXIT, Failure, type ExitCode } from '../failure.js';
import type { Context } from '../program.js';
import { environmentPath } from './infra-environments.js';

const LockAnswer = z.object({ lock: StateLockView.nullable() });

export async function lock(context: Context, environment: string): Promise<void> {
  const { api, terminal, json } = context;
  const held = (await api.get(`${environmentPath(environment)}/lock`, LockAnswer)).lock;
  if (json) return terminal.json(held);
  if (held === null) return terminal.print(`The state of ${environment} is not locked`);
  terminal.print(`${held.lock_id}: ${wordsOf(held)}`);
}

export interface UnlockOptions {
  readonly force?: boolean;
  readonly yes?: boolean;
}
export async function unlock(context: Context, environment: string, options: UnlockOptions): Promise<ExitCode> {
  const { api, terminal } = context;
  const held = (await api.get(`${environmentPath(environment)}/lock`, LockAnswer)).lock;
  if (held === null) throw new Failure(EXIT.error, `The state of ${environment} is not locked`);
  const words = `${wordsOf(held)}. Two that write one state destroy it.`;
  if (!(await agreedByName(terminal, words, environment, options.yes))) return EXIT.cancelled;
  await api.post(
    `${environmentPath(environment)}/unlock`,
    { lock_id: held.lock_id, force: options.force === true },
    z.undefined(),
  );
  terminal.note(`the lock of ${environment} is broken`);
  return EXIT.ok;
}

function wordsOf({ who, operation, created, held, pid }: StateLockView): string {
  const holder =
    held === true
      ? 'its holder works'
      : held === false
        ? 'its holder is gone'
        : 'whether its holder works is not known';
  return `${who} took it for ${operation} at ${created}${pid === null ? '' : `, process ${String(pid)}`}; ${holder}`;
}
