/** Looking ahead: a person checks before deploying, is told what would fail, mends it, deploys, and sees what changed. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreateDeploymentInput } from '@aws-deployer/platform/contracts/deployments';
import type { PlatformApi } from './platform-api.js';
import { repositoryRoot, StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

const run = promisify(execFile);
const executablePath = process.env['CHROMIUM'] ?? '';
const possible = ci || executablePath !== '';
const CODE = `import { createServer } from 'node:http';
createServer((request, response) => response.end('hello')).listen(Number(process.env.PORT));
`;
const shop = (workload: CreateDeploymentInput['workload']): CreateDeploymentInput => ({
  application: 'shop',
  source: { type: 'snippet', language: 'node', code: CODE },
  workload: { ...workload, env: { LEVEL: 'info' } },
  monitor_seconds: 1,
});
let platform: StartedPlatform;
let api: PlatformApi;
let browser: Browser;
let page: Page;
let first: string;

const quotas = (): string => `${platform.clusterUrl}/api/v1/namespaces/development/resourcequotas`;
const putQuota = async (): Promise<number> => {
  const body = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'team' }, spec: { hard: { pods: '1' } } };
  const headers = { 'content-type': 'application/json' };
  return (await request(quotas(), { method: 'POST', headers, body: JSON.stringify(body) })).statusCode;
};

beforeAll(async () => {
  if (!possible) return;
  platform = await StartedPlatform.start();
  api = await platform.signIn();
  const { id } = await api.deploy(shop({ replicas: 1 }));
  expect((await api.ended(id)).state).toBe('stable');
  first = id;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
  page = await (await browser.newContext()).newPage();
  await page.goto(platform.url);
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').first().fill(platform.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Deploy the sample' }).first().waitFor();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await platform?.remove();
});

test.skipIf(!possible)('the check tells what would fail and what would change, and changes nothing', async () => {
  expect(await putQuota()).toBe(201);
  await page.goto(`${platform.url}/deploy?from=${first}`);
  await page.getByLabel('Replicas').fill('2');
  await page.getByRole('button', { name: 'Check before deploying' }).click();
  await page.getByText('It would fail: one check would stop it').waitFor();
  await page.getByText('quota has no room').waitFor();
  const fields = page.getByRole('list', { name: 'Fields of Deployment shop' });
  await fields.getByText('spec.replicas').waitFor();
  const { body } = await api.get('/api/v1/deployments');
  expect(body.items).toHaveLength(1);
});

test.skipIf(!possible)('deployed all the same, it ends before anything is built, with the same reason', async () => {
  await page.getByRole('button', { name: 'Deploy', exact: true }).click();
  await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
  await page.locator('[data-state="rolled_back"][data-large="true"]').waitFor({ timeout: 60_000 });
  await page.getByRole('alert', { name: 'Why it failed' }).getByText('quota_exceeded').waitFor();
  const id = page.url().split('/').pop() ?? '';
  const deployment = await api.deployment(id);
  expect(deployment).toMatchObject({ failed_state: 'preparation_failed', verdict: { code: 'quota_exceeded' } });
  expect(deployment.stages.some(({ name }) => name === 'building')).toBe(false);
});

test.skipIf(!possible)('mended, nothing stands in the way; the page shows what the deployment changed', async () => {
  expect((await request(`${quotas()}/team`, { method: 'DELETE' })).statusCode).toBe(200);
  await page.goto(`${platform.url}/deploy?from=${first}`);
  await page.getByLabel('Replicas').fill('2');
  await page.getByRole('button', { name: 'Check before deploying' }).click();
  await page.getByText('Nothing stands in the way').waitFor();
  await page.getByRole('button', { name: 'Deploy', exact: true }).click();
  await page.locator('[data-state="stable"][data-large="true"]').waitFor({ timeout: 120_000 });
  await page.getByRole('button', { name: /^Changes/ }).click();
  const fields = page.getByRole('list', { name: 'Fields of Deployment shop' });
  await fields.getByText('spec.replicas').waitFor();
  await page.getByText('If applied again now').click();
  await page.getByText('Nothing changes: the cluster is as it would be.').waitFor();
});

test.skipIf(!possible)(
  'a script asks the same: exit code 1 when it would fail, 0 when not; and what changed',
  async () => {
    const { token } = api;
    const deployer = async (...args: string[]) => {
      const env = { ...process.env, DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: token ?? '' };
      const command = join(repositoryRoot, 'cli/dist/main.js');
      return run(process.execPath, [command, ...args], { env }).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
      );
    };
    const good = ['preflight', '--app', 'shop', '--image', `${(await api.deployment(first)).image ?? ''}`];
    expect(await deployer(...good)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok {8} /m) as string });
    const bad = await deployer(
      'preflight',
      '--app',
      'shop',
      '--image',
      '127.0.0.1:1/nowhere/shop:9',
      '--secret',
      'missing',
    );
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('secret_unknown') as string });
    expect((await deployer('diff', 'shop')).stdout).toContain('~ spec.replicas: 1 → 2');
  },
);
