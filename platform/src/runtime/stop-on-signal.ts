/**
 * Ends the process in order on SIGTERM, SIGINT or SIGHUP, and when its starter is gone. Ctrl-C reaches a process twice, from
 * the terminal and through the starter: a signal within a second of the first is the same wish, a later one ends at once.
 * It is the first thing that a process does: in a container Linux keeps signals without a handler from the first process.
 */
import { messageOf } from '../errors/app-error.js';
import { endProcess } from './end-process.js';

/** With the ending itself within the five seconds that everything has. */
const LIMIT_MS = 4_500;
const SAME_WISH_MS = 1_000;

/** `stop` must be safe to call at any moment of the start, and need not wait for its end. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let asked: number | undefined;
  const end = (): void => {
    if (asked !== undefined) {
      if (Date.now() - asked > SAME_WISH_MS) endProcess(1);
      return;
    }
    asked = Date.now();
    setTimeout(() => {
      process.stderr.write('did not stop within five seconds: ended anyway\n');
      endProcess(1);
    }, LIMIT_MS).unref();
    stop()
      .then(() => endProcess(0))
      .catch((error: unknown) => {
        process.stderr.write(`did not stop cleanly: ${messageOf(error)}\n`);
        endProcess(1);
      });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('SIGHUP', end);
  if (process.connected) process.once('disconnect', end);
}
