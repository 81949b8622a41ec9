import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDir } from './data-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-deployer-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a second start in the same folder is refused by name until the first has ended', async () => {
  const lock = await lockDataDir(folder);
  await expect(lockDataDir(folder)).rejects.toThrow(new RegExp(`in use by process ${process.pid}.*DATA_DIR`));
  lock.release();
  (await lockDataDir(folder)).release();
});

test('a start waits for one that is on its way out', async () => {
  const lock = await lockDataDir(folder);
  const next = lockDataDir(folder, 10_000);
  lock.release();
  (await next).release();
});

test('the lock of a process that was killed is taken over, also when its id lives on in another', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  for (const stale of [`${gone.pid} 12345`, `${process.pid} 1`, '']) {
    writeFileSync(join(folder, 'lock'), stale);
    const lock = await lockDataDir(folder);
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+$`));
    lock.release();
  }
});

test.skipIf(process.platform !== 'linux')('a killed process that nobody has waited for holds nothing', async () => {
  // The longer sleep has taken the shell's place when the shorter ends, and never asks how.
  const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = line.toString().trim();
  const stat = (): string[] => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  await expect.poll(() => stat()[0]).toBe('Z');
  writeFileSync(join(folder, 'lock'), `${pid} ${stat()[19] ?? ''}`);
  (await lockDataDir(folder)).release();
  parent.kill();
});
