/** All services in one process on one port; `npm start` runs it. The last line of a start that worked begins with `ready`. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { startPlatform } from './start-platform.js';
import { stopOnSignal } from '@aws-deployer/platform/runtime/stop-on-signal';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const giveUp = new AbortController();
const starting = startPlatform({ env: process.env, root, say, signal: giveUp.signal });
stopOnSignal(async () => {
  giveUp.abort();
  const platform = await starting.catch(() => undefined); // given up, or told below
  await platform?.stop();
});
try {
  const { port } = await starting;
  say(`ready http://localhost:${port}`);
} catch (error) {
  if (!giveUp.signal.aborted) {
    // What a person can mend is one line; anything else is a defect and needs its stack.
    const known = error instanceof AppError || (error instanceof Error && / cannot start/.test(error.message));
    process.stderr.write(`${known ? error.message : ((error as Error).stack ?? String(error))}\n`);
    process.exit(1);
  }
}
