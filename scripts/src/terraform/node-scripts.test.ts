/** The shell scripts of the infrastructure: what they are written in, and how the node's set-up goes on after a failure. */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram } from './terraform-machine.js';
import { SOURCES } from './terraform-tree.js';

const NODE = join(SOURCES, 'modules/cluster-kubeadm/node');
const shellcheck = findProgram('shellcheck');
const missing = shellcheck === undefined && process.env['CI'] !== 'true';
if (missing) console.log('shellcheck: not used, it is not on the PATH');

const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) =>
  new Promise<{ code: number; output: string }>((resolve, reject) => {
    execFile(program, args, { env, timeout: 60_000 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(new Error(error.message, { cause: error }));
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });

test.skipIf(missing)(
  'no script has a finding of shellcheck',
  async () => {
    const names = (await readdir(NODE)).filter((name) => name.endsWith('.sh')).map((name) => join(NODE, name));
    const scripts = [...names, join(SOURCES, 'modules/platform/apply-overlay.sh')];
    expect(names.length).toBeGreaterThan(10);
    expect(await run(shellcheck ?? 'shellcheck', ['-x', '-P', NODE, ...scripts])).toEqual({ code: 0, output: '' });
  },
  120_000,
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-node-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The set-up with steps of our own: each writes its name down, and `kubernetes` fails as long as `broken` is there. */
async function prepareSetUp(): Promise<() => Promise<{ code: number; output: string }>> {
  const scripts = join(folder, 'scripts');
  const programs = join(folder, 'programs');
  await mkdir(scripts);
  await mkdir(programs);
  const steps = (await readdir(NODE)).filter((name) => !['settings.sh', 'set-up.sh'].includes(name));
  for (const name of ['settings.sh', 'set-up.sh']) await cp(join(NODE, name), join(scripts, name));
  for (const name of steps) {
    const guard = name === 'kubernetes.sh' ? `if [ -e ${folder}/broken ]; then exit 3; fi\n` : '';
    await writeFile(join(scripts, name), `#!/usr/bin/env bash\n${guard}echo ${name} >>${folder}/done\n`);
    await chmod(join(scripts, name), 0o755);
  }
  // The network is not there at the first try.
  const curl = `#!/usr/bin/env bash\nif [ ! -e ${folder}/tried ]; then touch ${folder}/tried; exit 6; fi\n`;
  await writeFile(join(programs, 'curl'), curl);
  await chmod(join(programs, 'curl'), 0o755);
  await writeFile(join(folder, 'node.env'), "AWS_REGION='eu-central-1'\n");
  const env = {
    PATH: [programs, process.env['PATH']].join(delimiter),
    SETTINGS_FILE: join(folder, 'node.env'),
    DONE_FOLDER: join(folder, 'state'),
    SET_UP_LOG: join(folder, 'log'),
    RETRY_SECONDS: '0',
  };
  return () => run(join(scripts, 'set-up.sh'), [], env);
}

test('the set-up of the node stops at what fails and goes on from there', async () => {
  const setUp = await prepareSetUp();
  await writeFile(join(folder, 'broken'), '');
  expect((await setUp()).code).toBe(3);
  const done = async () => (await readFile(join(folder, 'done'), 'utf8')).trim().split('\n');
  expect(await done()).toEqual(['data-volume.sh', 'container-runtime.sh']);

  await rm(join(folder, 'broken'));
  expect((await setUp()).code).toBe(0);
  const all = ['kubernetes', 'helm', 'storage', 'ingress', 'metrics', 'monitoring', 'ci-runner', 'access', 'platform'];
  expect(await done()).toEqual(['data-volume.sh', 'container-runtime.sh', ...all.map((name) => `${name}.sh`)]);
  expect((await readdir(NODE)).length).toBe((await done()).length + 2);

  expect((await setUp()).code).toBe(0);
  expect(await done(), 'nothing is done twice').toHaveLength(all.length + 2);
  expect(await readFile(join(folder, 'log'), 'utf8')).toContain('the node is ready');
}, 120_000);
