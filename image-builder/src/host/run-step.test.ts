/** A cancel may come at any instant, also while the line is being made ready: it is not run then, or not for long. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { namespaceCommand, namespacesWork, prepareRoot } from './namespace-root.js';
import { runStep } from './run-step.js';

const { works } = await namespacesWork();

test.each([...(works ? [true] : []), false])(
  'a cancel before the line has begun ends it (isolated: %s)',
  async (isolated) => {
    const folder = await mkdtemp(join(tmpdir(), 'deployer-run-step-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [root, scratch, standIns] = ['root', 'scratch', 'stand-ins'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [root, scratch, standIns]) await mkdir(path);
    const cancelled = new AbortController();
    const running = runStep(
      {
        root,
        scratch,
        standIns,
        workdir: '/',
        argv: ['/bin/sh', '-c', 'sleep 86399'],
        shell: true,
        env: { PATH: '/usr/bin:/bin' },
        mounts: [],
        onLine: () => undefined,
      },
      isolated,
      cancelled.signal,
    );
    cancelled.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
  },
);

test.skipIf(!works)('a builder that is killed takes the line with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deployer-run-step-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'root'));
  const prepared = await prepareRoot(join(folder, 'root'), join(folder, 'work'), []);
  const command = namespaceCommand(prepared, '/usr/bin:/bin', '/', ['/bin/sh', '-c', 'echo begun; sleep 86398; true']);
  const builder = spawn(
    process.execPath,
    [
      '-e',
      `const [program, args] = ${JSON.stringify(command)};
       require('node:child_process').spawn(program, args, { stdio: 'pipe' }).stdout.pipe(process.stdout);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(builder.stdout, 'data'); // it has begun
  builder.kill('SIGKILL');
  await vi.waitFor(() => expect(linesOf('86398')).toEqual([]), 10_000);
});

const linesOf = (word: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return []; // it has just ended
      }
    })
    .filter((line) => line.startsWith(`sleep ${word}`));
