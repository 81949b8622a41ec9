/**
 * `npm run verdicts -- DIR`: lives recorded rollouts through again and prints what the platform says of each. Installs and builds
 * what it needs, like `npm start`; what that says goes to standard error.
 */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { buildVerdicts, checkMachine, install, node, root } from './prepare.mjs';

const HELP = `npm run verdicts -- DIR: what the platform says of recorded rollouts, as if they were live.

  DIR   a directory with index.json, streams/ and, where there are any, logs/ and manifests/
        (deployer/testdata/failures, recorded from Kubernetes 1.36)

Prints one JSON line a scenario: {slug, fault: release|platform|transient|none, code, at_ms, evidence}, then a table. at_ms counts
from the release's first request to when the verdict that stands at the end was first said. What the index expects is read for the
table only. Exit code 0: all were replayed; 1: one is broken (its line says how), or the directory is.`;

const [given, ...more] = process.argv.slice(2);
if (given === '--help' || given === '-h') console.log(HELP);
else if (more.length > 0) {
  console.error(HELP);
  process.exit(2);
} else {
  try {
    await checkMachine();
    await install(console.error);
    await buildVerdicts(console.error);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
  replay(given === undefined ? join(root, 'deployer/testdata/failures') : resolve(process.env.INIT_CWD ?? '.', given));
}

function replay(directory) {
  const child = spawn(node, ['--enable-source-maps', 'deployer/dist/deployments/verdict/replay/main.js', directory], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`the replay does not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code) => process.exit(code ?? 1));
}
