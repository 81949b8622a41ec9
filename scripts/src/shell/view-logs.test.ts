import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacks, repositoryRoot, runScript } from './run-script.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-view-'));
  file = join(folder, 'platform.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const line = (minutesAgo: number, level: string, service: string, message: string, more: object = {}): string =>
  `${JSON.stringify({ level, message, service, timestamp: new Date(Date.now() - minutesAgo * 60_000).toISOString(), ...more })}\n`;

describe.skipIf(lacks('jq'))('the log of a platform on this machine', () => {
  test('is shown by service, age and level, what was rotated away first', async () => {
    await writeFile(join(folder, 'platform1.log'), line(8, 'info', 'deployer', 'first'));
    await writeFile(
      file,
      line(60, 'error', 'deployer', 'long ago') +
        line(5, 'debug', 'deployer', 'details') +
        line(4, 'info', 'deployer', 'second', { deployment: 'd1', attempt: 2 }) +
        line(3, 'info', 'auth', 'of another') +
        'a crash\n' +
        line(1, 'error', 'deployer', 'third', { error: { message: 'broken' } }),
    );
    const { code, out } = await runScript('view-logs.sh', ['deployer', '--file', file]);
    expect(code).toBe(0);
    expect(out.trim().split('\n')).toEqual([
      expect.stringMatching(/ INFO deployer: first$/),
      expect.stringMatching(/ INFO deployer: second deployment=d1 attempt=2$/),
      'a crash',
      expect.stringMatching(/ ERROR deployer: third error=\{"message":"broken"\}$/),
    ]);
    const worse = await runScript('view-logs.sh', ['--file', file, '--since', '2h', '--level', 'warn']);
    expect(worse.out).toMatch(/long ago/);
    expect(worse.out).not.toMatch(/second|of another/);
    const raw = await runScript('view-logs.sh', ['auth-service', '--file', file, '--json']);
    expect(JSON.parse(raw.out.split('\n')[0] ?? '')).toMatchObject({ message: 'of another' });
  });

  test('is followed as it grows', async () => {
    await writeFile(file, line(1, 'info', 'monitor', 'before'));
    const child = spawn(join(repositoryRoot, 'scripts/view-logs.sh'), ['monitor', '--follow', '--file', file], {
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    try {
      await expect.poll(() => seen, { timeout: 10_000 }).toContain('before');
      await appendFile(file, line(0, 'warn', 'monitor', 'after'));
      await expect.poll(() => seen, { timeout: 10_000 }).toContain('WARN monitor: after');
    } finally {
      const ended = once(child, 'exit');
      process.kill(-(child.pid ?? 0)); // the script, and the tail and jq that it has started
      await ended;
    }
  });

  test('an unknown service, a wrong age and a missing file are told', async () => {
    expect(await runScript('view-logs.sh', ['shop'])).toMatchObject({ code: 2 });
    expect(await runScript('view-logs.sh', ['--since', 'yesterday'])).toMatchObject({ code: 2 });
    expect(await runScript('view-logs.sh', ['--file', join(folder, 'none.log')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('start the platform') as string,
    });
  });
});
