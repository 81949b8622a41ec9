import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import { expect, onTestFinished, test } from 'vitest';
import {
  commandWith,
  deploymentIn,
  eventText,
  ID,
  platformWith,
  problem,
  type Routes,
} from './testing/platform-double.js';

const path = `/api/v1/deployments/${ID}`;

/** A platform on which each deployment goes straight to `end`. */
const endingIn = (end: DeploymentState): Routes => ({
  'POST /api/v1/deployments': () => ({ status: 202, body: deploymentIn('initialized') }),
  [`GET ${path}`]: () => ({ body: deploymentIn(end) }),
  [`GET ${path}/events`]: () => ({
    stream: (response) =>
      void response.end(
        eventText('state', { state: 'building', reason: 'on its way', at: '' }, 1) +
          eventText('state', { state: end, reason: 'there', at: '' }, 2) +
          eventText('end', { state: end }, 3),
      ),
  }),
});
function fileWith(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-cli-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test.each<[DeploymentState, number]>([
  ['stable', 0],
  ['rolled_back', 3],
  ['rollback_failed', 3],
  ['cancelled', 4],
  ['superseded', 4],
])('waiting for a deployment that ends %s is exit code %d', async (end, code) => {
  const platform = await platformWith(endingIn(end));
  const deployer = commandWith({ DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: 't' });
  const ended = await deployer(['deploy', '--app', 'shop', '--image', 'nginx', '--wait']);
  expect(ended.code).toBe(code);
  expect(ended.err).toContain('on its way');
  expect(ended.out).toContain(`it is ${end}`);
});

test('options become the body; each POST has its own idempotency key', async () => {
  const platform = await platformWith(endingIn('stable'));
  const deployer = commandWith({ DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: 't' });
  const args =
    'deploy --app shop --repo https://git.example/shop --ref v2 --context web --env A=1 --env B=x=y --replicas 3 --port 3000 --health /up --route shop.localhost/api --build-arg V=2 --timeout validating=30 --timeout rolling_back=120 --json';
  const started = await deployer(args.split(' '));
  expect(JSON.parse(started.out)).toMatchObject({ id: ID, state: 'initialized' });
  expect(platform.asked[0]?.body).toEqual({
    application: 'shop',
    source: { type: 'git', repo_url: 'https://git.example/shop', ref: 'v2', context: 'web', build_args: { V: '2' } },
    workload: {
      replicas: 3,
      container_port: 3000,
      env: { A: '1', B: 'x=y' },
      health: { path: '/up' },
      route: { host: 'shop.localhost', path: '/api' },
    },
    timeouts: { validating: 30, rolling_back: 120 },
  });
  expect(platform.asked[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
});

test('a file in YAML or JSON describes the deployment; options go before it', async () => {
  const platform = await platformWith(endingIn('stable'));
  const deployer = commandWith({ DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: 't' });
  const yaml =
    'application: shop\nsource: { type: git, repo_url: https://g/s, ref: main }\nworkload: { replicas: 2, env: { A: "1" } }\n';
  await deployer(['deploy', '-f', fileWith('d.yaml', yaml), '--ref', 'v3', '--env', 'B=2']);
  expect(platform.asked[0]?.body).toEqual({
    application: 'shop',
    source: { type: 'git', repo_url: 'https://g/s', ref: 'v3' },
    workload: { replicas: 2, env: { A: '1', B: '2' } },
  });
  const json = JSON.stringify({ application: 'other', source: { type: 'image', image: 'x' } });
  await deployer(['deploy', '-f', fileWith('d.json', json)]);
  expect(platform.asked[1]?.body).toMatchObject({ application: 'other' });
});

test('a file of code is a snippet in the language of its name', async () => {
  const platform = await platformWith(endingIn('stable'));
  const deployer = commandWith({ DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: 't' });
  await deployer(['deploy', '--app', 'a', '--file', fileWith('app.py', 'print(1)')]);
  expect(platform.asked[0]?.body).toMatchObject({ source: { type: 'snippet', language: 'python', code: 'print(1)' } });
  expect(await deployer(['deploy', '--app', 'a', '--file', fileWith('app.txt', 'x')])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--language') as string,
  });
});

test.each([
  [['deploy', '--app', 'Shop!', '--image', 'x'], /application: .*--app/],
  [['deploy', '--app', 'shop'], /--repo URL, --image NAME/],
  [['deploy', '--app', 'shop', '--repo', 'a', '--image', 'b'], /not several/],
  [['deploy', '--app', 'shop', '--image', 'x', '--env', 'novalue'], /--env takes NAME=VALUE/],
  [['deploy', '--app', 'shop', '--image', 'x', '--timeout', 'monitoring=long'], /timeouts\.monitoring/],
  [['deploy', '--app', 'shop', '--image', 'x', '--replicas', 'many'], /whole number/],
  [['deploy', '-f', '/nowhere.yaml'], /cannot be read/],
  [['deplyo'], /unknown command/],
])('%j is wrong usage, said before anything is sent', async (args, said) => {
  const platform = await platformWith({});
  const ended = await commandWith({ DEPLOYER_URL: platform.url })(args);
  expect(ended).toMatchObject({ code: 2, err: expect.stringMatching(said) as string });
  expect(platform.asked).toEqual([]);
});

test('a refusal names the field, the mend and the request', async () => {
  const platform = await platformWith({
    'POST /api/v1/deployments': () =>
      problem(400, 'invalid_request', 'source.repo_url is refused', [
        { field: 'source.repo_url', message: 'is in a private network', mend: 'allow its host' },
      ]),
  });
  const ended = await commandWith({ DEPLOYER_URL: platform.url })([
    'deploy',
    '--app',
    'a',
    '--repo',
    'http://10.0.0.1/x',
  ]);
  expect(ended.code).toBe(1);
  expect(ended.err).toBe(
    'error: source.repo_url is refused (400 invalid_request)\n  source.repo_url: is in a private network (mend: allow its host)\n  request req-1\n',
  );
});

test('nobody there is exit code 6', async () => {
  const ended = await commandWith({ DEPLOYER_URL: 'http://127.0.0.1:9' })(['apps']);
  expect(ended).toMatchObject({ code: 6, err: expect.stringContaining('does not answer') as string });
});

test('a stream that breaks is resumed where it was, and nothing is said twice', async () => {
  const parts = [
    eventText('state', { state: 'building', reason: 'one', at: '' }, 1),
    eventText('state', { state: 'deploying', reason: 'two', at: '' }, 2),
    eventText('state', { state: 'stable', reason: 'three', at: '' }, 3) + eventText('end', { state: 'stable' }),
  ];
  const platform = await platformWith({
    [`GET ${path}`]: () => ({ body: deploymentIn('stable') }),
    [`GET ${path}/events`]: ({ headers }) => ({
      stream: (response) => {
        const part = parts[Number(headers['last-event-id'] ?? 0)] ?? '';
        response.write(part.slice(0, 5)); // an event may come in pieces
        response.end(part.slice(5));
      },
    }),
    [`GET ${path}/logs`]: () => ({
      stream: (response) => void response.end(eventText('line', { text: 'RUN npm ci' }, 1) + eventText('end', {})),
    }),
  });
  const ended = await commandWith({ DEPLOYER_URL: platform.url })(['status', ID, '--follow']);
  expect(ended.code).toBe(0);
  expect(ended.err.match(/\b(one|two|three)\b/g)).toEqual(['one', 'two', 'three']);
  expect(ended.err).toContain('| RUN npm ci');
});

test('status of an application is that of its last deployment, with the verdict in full', async () => {
  const verdict = {
    code: 'crash_loop',
    fault: 'release' as const,
    object: 'pod/shop-1',
    container: 'web',
    reason: 'web exits at start',
    evidence: { exit_code: 3, log_lines: ['Error: no database'], events: ['Back-off restarting'] },
    suggestion: 'set DATABASE_URL',
  };
  const platform = await platformWith({
    'GET /api/v1/deployments': () => ({
      body: { items: [deploymentIn('rolled_back', { verdict })], next_cursor: null },
    }),
  });
  const ended = await commandWith({ DEPLOYER_URL: platform.url })(['status', 'shop']);
  expect(ended.code).toBe(3);
  for (const said of ['crash_loop (release): web exits at start', 'container web, exit code 3', '| Error: no database'])
    expect(ended.out).toContain(said);
  expect(platform.asked[0]?.path).toBe('/api/v1/deployments?application=shop&limit=1');
});

test('cancel that cancels is a success', async () => {
  const platform = await platformWith({
    ...endingIn('cancelled'),
    [`POST ${path}/cancel`]: () => ({ status: 202, body: deploymentIn('building', { cancel_requested: true }) }),
  });
  expect((await commandWith({ DEPLOYER_URL: platform.url })(['cancel', ID, '--wait'])).code).toBe(0);
});
