/** A person at the console: signs in, deploys the sample with one click, watches, opens it, and reads the books. */
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

const executablePath = process.env['CHROMIUM'] ?? '';
const possible = ci || executablePath !== '';
let platform: StartedPlatform;
let browser: Browser;
let page: Page;
const troubles: string[] = [];

/** Runs in the page: calls `sawState` with each state that its badge shows. */
const WATCH_STATES = `
  const report = () => {
    const state = document.querySelector('[data-state][data-large="true"]')?.getAttribute('data-state');
    if (state) void sawState(state);
  };
  new MutationObserver(report).observe(document.body, { subtree: true, childList: true, attributes: true });
  report();
`;

const PAGES = [
  ...['/', '/deploy', '/activity', '/audit', '/services', '/settings/cloud-accounts'],
  ...['/builds', '/builds/projects', '/builds/projects/new', '/builds/queue', '/builds/usage', '/aws', '/images'],
];

beforeAll(async () => {
  if (!possible) return;
  platform = await StartedPlatform.start();
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
  page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/401|Failed to load resource/.test(message.text()))
      troubles.push(message.text());
  });
});
afterAll(async () => {
  await browser?.close();
  await platform?.remove();
});

test.skipIf(!possible)('signing in: a wrong password is told, the right one leads on', async () => {
  await page.goto(platform.url);
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').first().fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').first().fill(platform.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Deploy the sample' }).first().waitFor();
});

test.skipIf(!possible)('one click deploys the sample; its states are seen live, its address answers', async () => {
  await page.getByRole('button', { name: 'Deploy the sample' }).first().click();
  await page.waitForURL(/\/deployments\/[0-9a-f-]{36}/);
  const seen = new Set<string>();
  await page.exposeFunction('sawState', (state: string) => void seen.add(state));
  await page.evaluate(WATCH_STATES);
  await page.locator('[data-state="stable"][data-large="true"]').waitFor({ timeout: 120_000 });
  expect([...seen]).toEqual(expect.arrayContaining(['monitoring', 'stable']));
  const address = await page.locator('a[target="_blank"][href^="http://127.0.0.1"]').first().getAttribute('href');
  const answer = await fetch(address ?? '');
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Hello from AWS Deployer')]);
});

test.skipIf(!possible)('a build is started from its project, followed live, and tells why it failed', async () => {
  const api = await platform.signIn();
  const text =
    'version: 0.2\nphases:\n  build:\n    commands:\n      - echo looking for the database\n      - sleep 1; exit 4\n';
  const made = await api.send('POST', '/api/v1/build-projects', {
    name: 'nightly',
    source: { type: 'none' },
    buildspec: { type: 'inline', text },
  });
  expect(made.status).toBe(201);
  await page.goto(`${platform.url}/builds/projects`);
  await page.getByRole('link', { name: 'nightly' }).first().click();
  await page.getByRole('button', { name: 'Start build' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start build' }).click();
  await page.waitForURL(/\/builds\/[0-9a-f-]{36}/);
  await page.getByText('looking for the database').first().waitFor();
  await page.locator('[data-state="failed"][data-large="true"]').waitFor({ timeout: 60_000 });
  await page.getByText('exit code 4').first().waitFor();
});

test.skipIf(!possible)(
  'the pages have no serious fault of access, and the browser has nothing to complain of',
  async () => {
    for (const path of PAGES) {
      await page.goto(`${platform.url}${path}`);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${path}: ${id} at ${nodes[0]?.target.join(' ')}`)).toEqual([]);
    }
    expect(troubles).toEqual([]);
  },
);
