/**
 * `npm run bench`: how the platform compares with the same work done without it, side by side in one run. Starts a Docker Engine and
 * a MariaDB of its own where it can; what needs one that is not here is said and left out.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, checkMachine, install, node, root } from './prepare.mjs';
import { removeFolder, startParts } from './test-parts.mjs';

const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-bench-'));
let parts;
try {
  await checkMachine();
  await install(console.log);
  await build(console.log);
  parts = await startParts(folder, console.log);
  process.exitCode = await measure(parts.env);
} catch (error) {
  console.error(error.stack ?? String(error));
  process.exitCode = 1;
} finally {
  await parts?.stop();
  removeFolder(folder);
}

function measure(env) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, ['--enable-source-maps', 'scripts/dist/bench/main.js', ...process.argv.slice(2)], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
