/**
 * `npm run chaos -- --kills N [--seed S] [--replicas 1|2] [--database sqlite|mysql] [--outages]`: kills the deployer while it
 * deploys, and says whether anything was lost. Starts a MariaDB of its own where one is installed. CHAOS_KEEP=true keeps the folder.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, checkMachine, install, node, root } from './prepare.mjs';
import { removeFolder, startParts } from './test-parts.mjs';

const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-chaos-'));
let parts;
try {
  await checkMachine();
  await install(console.log);
  await build(console.log);
  parts = process.argv.includes('sqlite') ? undefined : await startParts(folder, console.log, ['mariadb']);
  process.exitCode = await run(parts?.env ?? {});
} catch (error) {
  console.error(error.stack ?? String(error));
  process.exitCode = 1;
} finally {
  await parts?.stop();
  if (process.env.CHAOS_KEEP === 'true') console.log(`kept: ${folder}`);
  else removeFolder(folder);
}

function run(env) {
  return new Promise((resolve, reject) => {
    const into = join(folder, 'run');
    mkdirSync(into);
    const child = spawn(node, ['--enable-source-maps', 'scripts/dist/chaos/main.js', ...process.argv.slice(2)], {
      cwd: root,
      env: { ...process.env, ...env, CHAOS_FOLDER: into },
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
