import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { expect, test } from 'vitest';
import { commandWith, deploymentIn, eventText, ID, platformWith } from './testing/platform-double.js';

const release = (number: number, live: boolean): ReleaseView => ({
  id: `0190a1b2-0000-7000-8000-0000000001${String(number).padStart(2, '0')}`,
  application: 'shop',
  environment: 'development',
  number,
  deployment_id: ID,
  source: { type: 'image', image: 'x' },
  commit: 'abcdef0123456789',
  image: 'r/shop',
  image_digest: 'sha256:1234567890abcdef',
  base_substituted: null,
  namespace: 'development',
  manifest_hash: 'h',
  tests: [],
  monitor_seconds: 10,
  timeouts: {},
  workload: { kind: 'Deployment', replicas: 1, env: {}, secrets: [], service_type: 'ClusterIP' },
  strategy: { type: 'rolling' },
  status: 'stable',
  live,
  bad: null,
  bundle_removed_at: null,
  created_by: 'ann',
  created_at: '2026-01-01T00:00:00.000Z',
});
const routes = {
  'GET /api/v1/applications/shop/releases': () => ({
    body: { items: [release(2, true), release(1, false)], next_cursor: null },
  }),
  'GET /api/v1/deployments': () => ({ body: { items: [deploymentIn('stable')], next_cursor: null } }),
  [`PUT /api/v1/applications/shop/releases/${release(1, false).id}/bad`]: () => ({
    body: { ...release(1, false), bad: { reason: 'leaks', marked_by: 'ann', marked_at: '2026-01-01T00:00:00.000Z' } },
  }),
  [`DELETE /api/v1/applications/shop/releases/${release(1, false).id}/bad`]: () => ({ status: 204 }),
  [`POST /api/v1/deployments/${ID}/rollback`]: () => ({ status: 202, body: deploymentIn('initialized') }),
};

test('releases are a table for people and JSON for scripts', async () => {
  const platform = await platformWith(routes);
  const deployer = commandWith({ DEPLOYER_URL: platform.url });
  expect((await deployer(['releases', 'shop'])).out.split('\n').slice(0, 2)).toEqual([
    '#  LIVE  STATUS  ENVIRONMENT  COMMIT      IMAGE         BY   AT',
    '2  live  stable  development  abcdef0123  1234567890ab  ann  2026-01-01T00:00:00.000Z',
  ]);
  expect(JSON.parse((await deployer(['releases', 'shop', '--json'])).out)).toHaveLength(2);
});

test('a rollback goes to the release of a number; an unknown one names those there are', async () => {
  const platform = await platformWith(routes);
  const deployer = commandWith({ DEPLOYER_URL: platform.url });
  expect((await deployer(['rollback', 'shop', '--to', '1'])).code).toBe(0);
  expect(platform.asked.at(-1)?.body).toEqual({ release_id: release(1, false).id });
  expect((await deployer(['rollback', 'shop'])).code).toBe(0);
  expect(platform.asked.at(-1)?.body).toEqual({});
  expect(await deployer(['rollback', 'shop', '--to', '9'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('it has #2, #1') as string,
  });
});

test('a release is marked bad by its number, and the mark taken away; a rollback to it carries the consent', async () => {
  const platform = await platformWith(routes);
  const deployer = commandWith({ DEPLOYER_URL: platform.url });
  expect((await deployer(['mark-bad', 'shop', '1', '--reason', 'leaks'])).out).toBe(
    'release 1 of shop is marked bad: leaks\n',
  );
  expect(platform.asked.at(-1)?.body).toEqual({ reason: 'leaks' });
  expect((await deployer(['unmark-bad', 'shop', '#1'])).out).toBe('release 1 of shop is no longer marked bad\n');
  expect((await deployer(['rollback', 'shop', '--to', '1', '--accept-bad'])).code).toBe(0);
  expect(platform.asked.at(-1)?.body).toEqual({ release_id: release(1, false).id, accept_bad_release: true });
});

test('apps lists each environment; none at all is said', async () => {
  const environment = {
    environment: 'development',
    namespace: 'development',
    url: 'http://127.0.0.1:1',
    live_release_id: null,
    live_image: null,
    live_commit: null,
    last_deployment: null,
  };
  const app = {
    id: ID,
    name: 'shop',
    description: '',
    created_by: 'ann',
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  };
  let items: unknown[] = [
    { ...app, environments: [environment] },
    { ...app, name: 'new', environments: [] },
  ];
  const platform = await platformWith({ 'GET /api/v1/applications': () => ({ body: { items, next_cursor: null } }) });
  const deployer = commandWith({ DEPLOYER_URL: platform.url });
  const { out } = await deployer(['apps']);
  expect(out).toMatch(/^shop +development +- +http:\/\/127.0.0.1:1$/m);
  expect(out).toMatch(/^new +- +never deployed$/m);
  items = [];
  expect(await deployer(['apps'])).toMatchObject({
    code: 0,
    out: '',
    err: expect.stringContaining('no application') as string,
  });
});

test('logs print what there is so far and do not wait for a deployment that goes on', async () => {
  const platform = await platformWith({
    [`GET /api/v1/deployments/${ID}`]: () => ({ body: deploymentIn('building') }),
    [`GET /api/v1/deployments/${ID}/logs`]: () => ({
      stream: (response) => void response.write(eventText('line', { text: 'STEP 1' }, 1)), // and stays open
    }),
  });
  const ended = await commandWith({ DEPLOYER_URL: platform.url })(['logs', ID]);
  expect(ended).toMatchObject({ code: 0, out: 'STEP 1\n' });
});
