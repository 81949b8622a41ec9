/** The log of a build, moved on from the engine into its rows. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { BuildInHand } from './build-in-hand.js';

const PAGES_A_STEP = 50;

/** Reads what is new; answers whether there was anything. */
export async function readLog(hand: BuildInHand, signal: AbortSignal): Promise<boolean> {
  const { logs, committed } = hand.parts;
  const handle = await hand.handle();
  for (let page = 0; page < PAGES_A_STEP; page += 1) {
    const { id, attempt, logCursor: cursor } = hand.current;
    const next = await hand.engine().readLog(handle, cursor, signal);
    if (next.cursor === cursor) return page > 0;
    if (!(await logs.append({ id, attempt, cursor }, next, hand.mask(), hand.queue.lease)))
      throw new AppError('conflict', 'build_moved', `The log of build ${id} stands elsewhere by now`);
    hand.current = { ...hand.current, logCursor: next.cursor };
    if (next.lines.length > 0) committed([id]);
  }
  return true;
}
