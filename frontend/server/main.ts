/** The console as a process of its own: `node dist/server/main.js` serves `dist/site` until SIGTERM. */
import { fileURLToPath } from 'node:url';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { stopOnSignal } from '@aws-deployer/platform/runtime/stop-on-signal';

const starting = import('./console-server.js').then(({ startConsole }) =>
  startConsole(fileURLToPath(new URL('../site/', import.meta.url)), process.env),
);
stopOnSignal(async () => (await starting).stop());
try {
  await starting;
} catch (error) {
  process.stderr.write(`the console does not start: ${messageOf(error)}\n`);
  process.exit(1);
}
