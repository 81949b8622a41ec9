/** How the platform starts and ends: what it prints, what it refuses, how fast it goes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { repositoryRoot, StartedPlatform } from './started-platform.js';

test('one line per engine, a password once, ready last; SIGTERM ends it within five seconds with code 0', async () => {
  const platform = await StartedPlatform.start({ env: { ADMIN_PASSWORD: undefined } });
  onTestFinished(() => platform.remove());
  const lines = platform.output.trim().split('\n');
  for (const engine of ['builder', 'registry', 'cluster', 'runtime', 'database'])
    expect(lines.filter((line) => line.startsWith(engine))).toHaveLength(1);
  expect(lines.at(-1)).toBe(`ready http://localhost:${platform.port}`);
  const password = /admin password: (\S+)/.exec(platform.output)?.[1] ?? '';
  expect((await platform.signIn('admin', password)).token).toBeDefined();
  expect(await platform.log()).not.toContain(password);

  const ended = await platform.stop();
  expect(ended.code).toBe(0);
  expect(ended.ms).toBeLessThan(5_000);
  expect(existsSync(join(platform.dataDir, 'lock'))).toBe(false);

  await platform.startAgain();
  expect(platform.output).not.toContain('password');
  expect((await platform.signIn('admin', password)).token).toBeDefined();
});

async function startIsRefused(env: Record<string, string>): Promise<{ code: number; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-refused-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(
    join(repositoryRoot, 'node_modules/.bin/node'),
    [join(repositoryRoot, 'scripts/dist/local/main.js')],
    { env: { PATH: process.env['PATH'], DATA_DIR: folder, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

test.each(['PORT', 'LOCAL_CLUSTER_PORT'])('a taken %s is one clear line and exit 1', async (variable) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const { code, said } = await startIsRefused({ PORT: '28931', LOCAL_CLUSTER_PORT: '28932', [variable]: String(port) });
  expect(code).toBe(1);
  expect(said).toBe(`Port ${port} on 127.0.0.1 is taken: stop what uses it or choose another with ${variable}\n`);
});

test('bad settings and a folder in use are told in words', async () => {
  expect(await startIsRefused({ PORT: 'eighty' })).toMatchObject({
    code: 1,
    said: expect.stringContaining('PORT') as string,
  });
  const platform = await StartedPlatform.start();
  onTestFinished(() => platform.remove());
  const second = await startIsRefused({ DATA_DIR: platform.dataDir, PORT: '28933' });
  expect(second).toMatchObject({
    code: 1,
    said: expect.stringContaining(`in use by process ${platform.pid}`) as string,
  });
});

test('health names every service, and a stranger is told to sign in', async () => {
  const platform = await StartedPlatform.start();
  onTestFinished(() => platform.remove());
  const api = await platform.signIn();
  const { body } = await api.get('/health');
  expect(body).toMatchObject({ status: 'up', services: { auth: { status: 'up' }, deployer: { status: 'up' } } });
  const stranger = await fetch(`${platform.url}/api/v1/deployments`);
  expect([stranger.status, stranger.headers.get('content-type')]).toEqual([
    401,
    expect.stringContaining('application/problem+json'),
  ]);
  const page = await fetch(`${platform.url}/deployments`, { headers: { accept: 'text/html' } });
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<div id="root"')]);
});
