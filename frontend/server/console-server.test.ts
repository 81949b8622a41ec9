import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startConsole } from './console-server.js';

function folder(): string {
  const site = mkdtempSync(join(tmpdir(), 'aws-deployer-site-'));
  onTestFinished(() => rmSync(site, { recursive: true, force: true }));
  return site;
}

test('the console alone has pages, health, metrics, security headers and problems', async () => {
  const site = folder();
  writeFileSync(join(site, 'index.html'), '<title>console</title>');
  const running = await startConsole(site, { HOST: '127.0.0.1', PORT: '0' });
  onTestFinished(() => running.stop());
  const page = await fetch(`${running.url}/deployments/1`, { headers: { accept: 'text/html' } });
  expect([page.status, await page.text()]).toEqual([200, '<title>console</title>']);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  const health = await fetch(`${running.url}/health`);
  expect([health.status, await health.json()]).toEqual([200, { status: 'up', version: '0.1.0', services: {} }]);
  expect(await (await fetch(`${running.url}/metrics`)).text()).toContain('process_cpu_seconds_total');
  const api = await fetch(`${running.url}/api/v1/deployments`, { headers: { accept: 'text/html' } });
  expect(await api.json()).toMatchObject({ status: 404, code: 'no_such_path' });
  await running.stop();
  await expect(fetch(`${running.url}/health`)).rejects.toThrow('fetch failed');
});

test('without a built site it does not start, and says where it looked', async () => {
  const site = folder();
  await expect(startConsole(site, { HOST: '127.0.0.1', PORT: '0' })).rejects.toMatchObject({
    code: 'console_not_built',
    message: `There is no console in ${site}: run npm run build`,
  });
});
