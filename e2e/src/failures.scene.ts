/**
 * Releases that are bad in twelve ways: each is told in a first line that a newcomer understands, the same over REST and on
 * its page, with whose fault it is, what proves it and what to do.
 */
import { chromium, type Browser, type Page } from 'playwright-core';
import type { CreateDeploymentInput } from '@aws-deployer/platform/contracts/deployments';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitHost, nodeApplication } from './git-host.js';
import type { PlatformApi } from './platform-api.js';
import { StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

const executablePath = process.env['CHROMIUM'] ?? '';
const browses = ci || executablePath !== '';
let platform: StartedPlatform;
let git: GitHost;
let api: PlatformApi;
/** The address of the registry that comes with the platform. */
let registry: string;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [platform, git] = await Promise.all([StartedPlatform.start(), GitHost.start()]);
  api = await platform.signIn();
  registry = new URL((await api.get('/api/v1/registries')).body.items[0].url as string).host;
  if (!browses) return;
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
  page = await (await browser.newContext()).newPage();
  await page.goto(platform.url);
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').first().fill(platform.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Deploy the sample' }).first().waitFor();
});
afterAll(async () => {
  await browser?.close();
  await platform?.remove();
  await git?.stop();
});

/** Puts an object into the cluster as its operator would. */
const operate = async (path: string, object: object): Promise<void> => {
  const answer = await fetch(`${platform.clusterUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(object),
  });
  expect(answer.status, await answer.text()).toBe(201);
};
const namespace = (name: string): Promise<void> =>
  operate('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const node = (code: string): CreateDeploymentInput['source'] => ({ type: 'snippet', language: 'node', code });
const server = (answer: string, before = ''): string =>
  `${before}\nrequire('http').createServer((q, s) => { ${answer} }).listen(process.env.PORT || 8080, () => console.log('listening'));`;

interface Failure {
  readonly name: string;
  /** What is injected before the deployment. */
  readonly prepare?: () => Promise<unknown>;
  readonly ask: () => Omit<CreateDeploymentInput, 'application'>;
  readonly code: string;
  readonly fault?: string;
  /** The first line. */
  readonly says: RegExp;
  readonly failedIn: string;
  readonly evidence?: RegExp;
}
const FAILURES: readonly Failure[] = [
  {
    name: 'crashes-at-start',
    ask: () => ({ source: node("console.error('DATABASE_HOST is not set'); process.exit(3);") }),
    code: 'crash_loop',
    says: /crash.*exit code 3/i,
    failedIn: 'deployment_failed',
    evidence: /DATABASE_HOST is not set/,
  },
  {
    name: 'listens-elsewhere',
    ask: () => ({
      source: node("require('http').createServer((q, s) => s.end('ok')).listen(18999, '127.0.0.1');"),
    }),
    code: 'wrong_port',
    says: /18999/,
    failedIn: 'deployment_failed',
  },
  {
    name: 'never-ready',
    ask: () => ({
      source: node(server("s.writeHead(q.url === '/health' ? 503 : 200); s.end('warming up');")),
      workload: { health: { path: '/health' } },
    }),
    code: 'readiness_http_error',
    says: /\/health.*503/,
    failedIn: 'deployment_failed',
  },
  {
    name: 'image-not-there',
    ask: () => ({ source: { type: 'image', image: `${registry}/nobody/nothing:v9` } }),
    code: 'image_not_found',
    says: /nobody\/nothing.* does not exist/,
    failedIn: 'preparation_failed', // foreseen, before anything is built
  },
  {
    name: 'no-such-command',
    ask: () => ({ source: node(server("s.end('ok');")), workload: { command: ['/app/start-me'] } }),
    code: 'command_not_found',
    says: /start-me/,
    failedIn: 'deployment_failed',
  },
  {
    name: 'too-large-for-the-node',
    ask: () => ({
      source: node(server("s.end('ok');")),
      workload: { resources: { requests: { cpu: '512' } } },
    }),
    code: 'unschedulable_resources',
    says: /No node can take .*cpu/,
    failedIn: 'preparation_failed', // foreseen, before anything is built
  },
  {
    name: 'over-quota',
    prepare: async () => {
      await namespace('tight');
      await operate('/api/v1/namespaces/tight/resourcequotas', {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'team', namespace: 'tight' },
        spec: { hard: { 'requests.memory': '64Mi' } },
      });
    },
    ask: () => ({
      namespace: 'tight',
      source: node(server("s.end('ok');")),
      workload: { resources: { requests: { memory: '128Mi' } } },
    }),
    code: 'quota_exceeded',
    says: /quota has no room.*128Mi/,
    failedIn: 'preparation_failed', // foreseen, before anything is built
  },
  {
    name: 'out-of-memory',
    // It never listens, so that it is killed while it is rolled out and nowhere else.
    ask: () => ({
      source: node('const all = []; setInterval(() => all.push(Buffer.alloc(2e7, 1)), 10);'),
      workload: { resources: { limits: { memory: '96Mi' } } },
    }),
    code: 'oom_killed',
    says: /memory.*96Mi|96Mi.*memory/i,
    failedIn: 'deployment_failed',
  },
  {
    name: 'out-of-memory-when-tested',
    ask: () => ({
      source: node(
        server(
          "if (q.url === '/report') setInterval(() => all.push(Buffer.alloc(2e7, 1)), 10); else s.end('ok');",
          'const all = [];',
        ),
      ),
      tests: [{ path: '/report' }],
      workload: { resources: { limits: { memory: '96Mi' } } },
    }),
    code: 'oom_killed',
    says: /memory.*96Mi|96Mi.*memory/i,
    failedIn: 'testing_failed',
  },
  {
    name: 'does-not-build',
    prepare: () =>
      git.commit('does-not-build', {
        ...nodeApplication('never'),
        Dockerfile: 'FROM node:24-slim\nWORKDIR /app\nRUN echo no compiler here && exit 7\nCMD ["node"]\n',
      }),
    ask: () => ({ source: { type: 'git', repo_url: git.urlOf('does-not-build') } }),
    code: 'build_failed',
    says: /exit code 7/,
    failedIn: 'build_failed',
    evidence: /no compiler here/,
  },
  {
    name: 'wrong-answer',
    ask: () => ({
      source: node(server("s.end('under construction');")),
      tests: [{ path: '/', expect_status: 200, expect_body: 'Welcome' }],
    }),
    code: 'smoke_test_failed',
    says: /Welcome/,
    failedIn: 'testing_failed',
  },
  {
    name: 'fails-under-watch',
    ask: () => ({
      source: node(server("s.writeHead(Date.now() - t > 4000 ? 500 : 200); s.end('x');", 'const t = Date.now();')),
      monitor_seconds: 20,
    }),
    code: 'requests_failing',
    says: /requests failed/,
    failedIn: 'unstable',
  },
];

describe('a bad release says why', () => {
  test.each(FAILURES)('$name', async ({ name, prepare, ask, code, fault = 'release', says, failedIn, evidence }) => {
    await prepare?.();
    const { id } = await api.deploy({ application: name, monitor_seconds: 1, ...ask() });
    const ended = await api.ended(id);
    const { verdict } = ended;
    expect(ended, JSON.stringify(verdict)).toMatchObject({
      state: 'rolled_back',
      failed_state: failedIn,
      verdict: { code, fault },
    });
    expect(verdict?.reason).toMatch(says);
    expect(verdict?.reason).toMatch(/^[A-Z0-9][^\n]{15,300}\.$/); // one sentence
    expect(verdict?.suggestion.length).toBeGreaterThan(20);
    const proof = [...(verdict?.evidence.log_lines ?? []), ...(verdict?.evidence.events ?? [])].join('\n');
    if (evidence) expect(proof).toMatch(evidence);
    expect(proof).not.toContain('remote:'); // what git printed says nothing about a build

    if (!browses) return;
    await page.goto(`${platform.url}/deployments/${id}`);
    const panel = page.getByRole('alert', { name: 'Why it failed' });
    await panel.waitFor();
    expect(await panel.getByRole('heading').innerText()).toMatch(says);
    expect(await panel.innerText()).toContain(verdict?.suggestion ?? '');
    expect(await panel.innerText()).toContain(code);
  });
});
