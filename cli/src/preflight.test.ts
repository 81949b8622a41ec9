import { expect, test } from 'vitest';
import type { CheckView, DiffView, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import { commandWith, deploymentIn, ID, platformWith } from './testing/platform-double.js';

const check = (of: Partial<CheckView>): CheckView => ({
  name: 'quota',
  state: 'ok',
  code: 'none',
  fault: 'none',
  object: null,
  message: 'The quotas have room.',
  mend: '',
  evidence: [],
  ...of,
});
const diff: DiffView = {
  at: '2026-11-21T04:00:00.000Z',
  basis: 'rollout',
  objects: [
    { kind: 'Service', name: 'shop', namespace: 'dev', change: 'unchanged', fields: [] },
    {
      kind: 'Deployment',
      name: 'shop',
      namespace: 'dev',
      change: 'changed',
      fields: [
        { path: 'spec.replicas', change: 'changed', before: 1, after: 2 },
        { path: 'spec.template.spec.containers[web].env[A]', change: 'added', after: { name: 'A', value: '1' } },
      ],
    },
  ],
};
const viewOf = (...checks: CheckView[]): PreflightView => ({
  ok: checks.every(({ state }) => state !== 'fail'),
  checks,
  diff,
  duration_ms: 120,
});
const asking = async (view: PreflightView) => {
  const platform = await platformWith({ 'POST /api/v1/deployments/preflight': () => ({ body: view }) });
  return { platform, deployer: commandWith({ DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: 't' }) };
};
const args = 'preflight --app shop --image nginx --replicas 2 --adopt'.split(' ');

test('what would fail comes first with its mend, and is exit code 1', async () => {
  const { platform, deployer } = await asking(
    viewOf(
      check({}),
      check({ state: 'warn', code: 'disruption_budget_blocks', message: 'No pod may be evicted.' }),
      check({
        state: 'fail',
        code: 'quota_exceeded',
        object: 'ResourceQuota team',
        message: 'No room.',
        mend: 'Ask for less.',
      }),
    ),
  );
  const ended = await deployer(args);
  expect(ended.code).toBe(1);
  expect(platform.asked[0]?.body).toMatchObject({ application: 'shop', adopt: true, workload: { replicas: 2 } });
  const lines = ended.out.split('\n');
  expect(lines.slice(0, 4)).toEqual([
    'fails      No room.',
    '           quota_exceeded, ResourceQuota team',
    '           mend: Ask for less.',
    'warning    No pod may be evicted.',
  ]);
  expect(lines).toContain('ok         quota');
  expect(lines).toContain('  ~ spec.replicas: 1 → 2');
  expect(ended.err).toContain('it would fail (3 checks in 120 ms)');
});

test('nothing in the way is exit code 0; JSON is the answer itself', async () => {
  const view = viewOf(check({}), check({ state: 'unknown', code: 'not_checked', message: 'No right to read.' }));
  const { deployer } = await asking(view);
  expect((await deployer(args)).code).toBe(0);
  expect(JSON.parse((await deployer([...args, '--json'])).out)).toEqual(view);
});

test('the diff of an application is that of its last deployment; --live asks the cluster', async () => {
  const path = `/api/v1/deployments/${ID}`;
  const platform = await platformWith({
    'GET /api/v1/deployments': () => ({ body: { items: [deploymentIn('stable')], next_cursor: null } }),
    [`GET ${path}/diff`]: () => ({ body: diff }),
  });
  const deployer = commandWith({ DEPLOYER_URL: platform.url, DEPLOYER_TOKEN: 't' });
  const ended = await deployer(['diff', 'shop', '--live']);
  expect(platform.asked.at(-1)?.path).toBe(`${path}/diff?against=live`);
  expect(ended.out.split('\n')).toEqual([
    'Service dev/shop: unchanged',
    'Deployment dev/shop: changed',
    '  ~ spec.replicas: 1 → 2',
    '  + spec.template.spec.containers[web].env[A]: {"name":"A","value":"1"}',
    '',
  ]);
});
