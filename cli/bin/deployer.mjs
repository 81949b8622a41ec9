#!/usr/bin/env node
/** The `deployer` command for whatever Node the caller has: hands over to the Node that the packages bring when that one is too old. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const cli = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(cli, 'dist/main.js');
const own = join(dirname(cli), 'node_modules/.bin/node');
const [major, minor] = process.versions.node.split('.').map(Number);

if (!existsSync(main)) {
  console.error('The deployer command is not built yet: run npm start or npm run build once');
  process.exit(1);
} else if (major > 22 || (major === 22 && minor >= 19)) {
  await import(pathToFileURL(main).href);
} else if (existsSync(own)) {
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined); // the terminal sends it to the child as well
  child.on('exit', (code) => process.exit(code ?? 130));
} else {
  console.error(`The deployer command needs Node 22.19 or newer; this is ${process.version}`);
  process.exit(1);
}
