/** A DevOps engineer at the console: makes an environment, reads its plan, approves it, looks for drift, and takes it away. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlatformApi } from './platform-api.js';
import { repositoryRoot, StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

const executablePath = process.env['CHROMIUM'] ?? '';
const possible = ci || (executablePath !== '' && hasTerraform());
/**
 * Resources without a provider: Terraform really makes, changes and destroys them, and no cloud is asked. The nodes are done
 * once the file `go` is there, so that the apply is seen running.
 */
const moduleOf = (go: string) => `
variable "size" { type = number }
variable "token" {
  type      = string
  sensitive = true
}
resource "terraform_data" "network" { input = { cidr = "10.20.0.0/16", token = var.token } }
resource "terraform_data" "node" {
  count = var.size
  input = "node-\${count.index}"
  provisioner "local-exec" { command = "until [ -e ${go} ]; do sleep 0.1; done" }
}
output "nodes" { value = terraform_data.node[*].output }
`;
let platform: StartedPlatform;
let api: PlatformApi;
let browser: Browser;
let page: Page;
const troubles: string[] = [];

beforeAll(async () => {
  if (!possible) return;
  platform = await StartedPlatform.start();
  api = await platform.signIn();
  const folder = join(platform.dataDir, 'infra', 'modules', 'shop');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'main.tf'), moduleOf(join(platform.dataDir, 'go')));
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
  // Colours that are on their way are no one's fault of contrast.
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/401|Failed to load resource/.test(message.text()))
      troubles.push(message.text());
  });
  await page.goto(`${platform.url}/login`);
  await page.getByLabel('User').fill(platform.admin.username);
  await page.getByLabel('Password').first().fill(platform.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Infrastructure' }).first().click();
});
afterAll(async () => {
  await browser?.close();
  await platform?.remove();
});

/** Runs in the page until nothing comes in or goes out any more: what is half there has no contrast of its own. */
const AT_REST = `Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
  .map((one) => one.finished)).then(() => true)`;

/** What stands on the page has no serious fault of access, on a desk by day and on a phone by night. */
async function accessible(what: string, part = 'main'): Promise<void> {
  const faults: string[] = [];
  for (const [colorScheme, width] of [['light', 1440] as const, ['dark', 390] as const]) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await page.evaluate(AT_REST);
    const { violations } = await new AxeBuilder({ page }).include(part).analyze();
    for (const { id, impact, nodes } of violations)
      if (impact === 'serious' || impact === 'critical')
        faults.push(`${what}, ${colorScheme} ${width}: ${id} at ${nodes[0]?.target.join(' ') ?? ''}`);
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    if (Number(wide) > width) faults.push(`${what} is ${String(wide)} wide at ${width}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(faults).toEqual([]);
}
const ended = (state: string) =>
  page.locator(`[data-state="${state}"][data-large="true"]`).waitFor({ timeout: 60_000 });
const environment = async (): Promise<Record<string, unknown>> =>
  (await api.get('/api/v1/infra/environments/shop')).body as Record<string, unknown>;

test.skipIf(!possible)('an environment is made of a module; a field that is wrong is marked', async () => {
  await page.getByText('No infrastructure yet').waitFor();
  await accessible('the empty list');
  await page.getByRole('link', { name: 'New environment' }).first().click();
  await page.getByLabel(/^Name/).fill('Shop!');
  await page.getByRole('combobox', { name: /^Module/ }).click();
  await page.getByRole('option', { name: 'local/shop' }).click();
  await page.getByRole('group', { name: 'Variable size' }).getByText('number').waitFor();
  await page.getByLabel('Variable size: value').fill('2');
  expect(await page.getByRole('group', { name: 'Variable token' }).getByLabel('Sensitive').isChecked()).toBe(true);
  await page.getByLabel('Variable token: value', { exact: true }).fill('a secret of the scene');
  await page.getByRole('button', { name: 'Create environment' }).click();
  await page.getByText('Must be lower-case letters').first().waitFor();
  await accessible('the form');
  await page.getByLabel(/^Name/).fill('shop');
  await page.getByRole('button', { name: 'Create environment' }).click();
  await page.getByRole('list', { name: 'Checks' }).getByText('Terraform 1').waitFor();
  await accessible('the overview of what is new');
  expect(await environment()).toMatchObject({ variables: { size: { value: 2 }, token: { value: null } } });
});

test.skipIf(!possible)('its plan is read, approved, and watched until it is applied', async () => {
  await page.getByRole('button', { name: 'Plan', exact: true }).click();
  await page.getByText('Waiting for approval').waitFor({ timeout: 60_000 });
  await page.getByRole('region', { name: 'Create' }).getByText('terraform_data.node[1]').waitFor();
  expect(await page.locator('main').innerText()).not.toContain('a secret of the scene');
  await accessible('the plan');
  await page.getByRole('button', { name: 'Approve and apply …' }).click();
  await accessible('the approval', '[role="dialog"]');
  await page.getByRole('dialog').getByRole('button', { name: 'Approve and apply' }).click();
  await page.getByRole('list', { name: 'Resources' }).locator('[data-status="running"]').first().waitFor();
  await writeFile(join(platform.dataDir, 'go'), '');
  await ended('succeeded');
  await page.getByText('3 of 3 done').waitFor();
  await page.getByText('made version 1').first().waitFor();
  await page.getByRole('group', { name: 'Outputs' }).getByText('["node-0","node-1"]').waitFor();
  await page.getByText('terraform_data.node[1]: Creation complete').waitFor();
  await accessible('the apply');
});

test.skipIf(!possible)('a look for drift finds it in sync, and then what a hand has changed', async () => {
  await page.goto(`${platform.url}/infrastructure/environments/shop/drift`);
  await page.getByRole('button', { name: 'Check now' }).click();
  await ended('succeeded');
  await page.getByText('In sync').first().waitFor();
  const { id } = await environment();
  const state = join(platform.dataDir, 'infra', 'environments', String(id), 'state', 'terraform.tfstate');
  await writeFile(state, (await readFile(state, 'utf8')).replaceAll('node-1', 'node-9'));
  await page.getByRole('link', { name: 'shop', exact: true }).first().click();
  await page.getByRole('button', { name: 'Check drift' }).click();
  await page.locator('[data-large="true"]').getByText('Drifted').waitFor({ timeout: 60_000 });
  await page.getByText('"node-9"').first().waitFor();
  await accessible('the drift run');
});

test.skipIf(!possible)('each of its pages is fit for everybody', async () => {
  for (const place of ['', '/runs', '/versions', '/drift', '/checks', '/settings', '/edit']) {
    await page.goto(`${platform.url}/infrastructure/environments/shop${place}`);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.locator('[role="status"][aria-label^="Loading"]').first().waitFor({ state: 'detached' });
    await accessible(`environment${place}`);
  }
  for (const place of ['/infrastructure', '/infrastructure/runs']) {
    await page.goto(`${platform.url}${place}`);
    await page.getByText('local/shop').or(page.getByText('Drift check')).first().waitFor();
    await accessible(place);
  }
});

test.skipIf(!possible)('the command line plans, shows the same, and applies by the plan’s id', async () => {
  const deployer = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: api.token ?? '' };
    const program = join(repositoryRoot, 'cli/bin/deployer.mjs');
    return (await promisify(execFile)(process.execPath, [program, 'infra', ...args], { env })).stdout;
  };
  await deployer('update', 'shop', '--var', 'size=1');
  const plan = JSON.parse(await deployer('plan', 'shop', '--watch', '--json')) as { id: string; summary: object };
  expect(plan.summary).toMatchObject({ destroy: 1 });
  expect(await deployer('apply', plan.id, '--yes', '--watch')).toContain('version 2');
  expect(await deployer('environments')).toMatch(/shop +local\/shop .* applied +2 +in_sync/);
});

test.skipIf(!possible)('it is destroyed by a plan of its own, its name typed, and forgotten', async () => {
  await page.goto(`${platform.url}/infrastructure/environments/shop/settings`);
  await page.getByRole('button', { name: 'Plan to destroy' }).click();
  await page.getByText('Approving this destroys 2 resources').waitFor({ timeout: 60_000 });
  await accessible('the destroy plan');
  await page.getByRole('button', { name: 'Approve and destroy …' }).click();
  const approve = page.getByRole('dialog').getByRole('button', { name: 'Approve and destroy' });
  expect(await approve.isDisabled()).toBe(true);
  await page.getByLabel(/to go on/).fill('shop');
  await approve.click({ trial: true });
  await accessible('the approval of a destroy', '[role="dialog"]');
  await approve.click();
  await page.getByRole('heading', { level: 1, name: 'shop apply' }).waitFor();
  await ended('succeeded');
  expect(await environment()).toMatchObject({ status: 'empty', current_version: null });
  await page.goto(`${platform.url}/infrastructure/environments/shop/settings`);
  await page.getByRole('button', { name: 'Delete environment shop' }).click();
  await page.getByLabel(/to go on/).fill('shop');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No infrastructure yet').waitFor();
  expect((await api.get('/api/v1/infra/environments/shop')).status).toBe(404);
  expect(troubles).toEqual([]);
});

/** Without it only on the machine of CI is a failure. */
function hasTerraform(): boolean {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
