import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InfraEnvironmentView, InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { expect, onTestFinished, test } from 'vitest';
import { commandWith, eventText, ID, platformWith, problem, type Routes } from './testing/platform-double.js';

const AT = '2026-01-01T00:00:00.000Z';
const HASH = 'ab'.repeat(32);
const OTHER = ID.replace(/1$/, '2');
const environment = (more: Partial<InfraEnvironmentView> = {}): InfraEnvironmentView => ({
  id: ID,
  name: 'prod',
  description: '',
  module: 'local/shop',
  variables: { size: { value: 1, sensitive: false }, token: { value: null, sensitive: true } },
  account: null,
  region: null,
  backend: { bucket: 'states' },
  drift_minutes: null,
  drift: { status: 'unknown', checked_at: null, run_id: null, changes: 0, since: null, next_at: null },
  status: 'applied',
  current_version: 2,
  active_run: null,
  created_by: 'ann',
  created_at: AT,
  updated_at: AT,
  ...more,
});
const summary = (destroy: number): NonNullable<InfraRunView['summary']> => ({
  add: 1,
  change: 0,
  destroy,
  changes: [
    {
      address: 'terraform_data.one',
      type: 'terraform_data',
      action: destroy > 0 ? 'replace' : 'create',
      reason: null,
      attributes: [{ path: 'input', before: null, after: 'x', known: true, sensitive: false }],
    },
  ],
  more_changes: 0,
  drift: [],
  outputs: [],
});
const run = (more: Partial<InfraRunView> = {}): InfraRunView => ({
  id: ID,
  environment_id: ID,
  environment: 'prod',
  kind: 'plan',
  status: 'succeeded',
  phase: null,
  reason: 'It is planned',
  from_version: null,
  plan_run: null,
  module: 'local/shop',
  module_hash: null,
  plan_hash: HASH,
  plan_expires_at: null,
  plan_state: 'ready',
  applied_by: null,
  applicable: true,
  summary: summary(0),
  cost: null,
  sweep: null,
  orphans: null,
  failure: null,
  lock: null,
  resources: null,
  made_version: null,
  created_by: 'ann',
  created_at: AT,
  started_at: AT,
  ended_at: AT,
  ...more,
});
const queued = (more: Partial<InfraRunView> = {}): InfraRunView =>
  run({ status: 'queued', applicable: false, plan_hash: null, summary: null, ended_at: null, ...more });
const applied = (more: Partial<InfraRunView> = {}): InfraRunView =>
  run({ id: OTHER, kind: 'apply', plan_run: ID, applicable: false, plan_hash: null, summary: null, ...more });
const resource = (status: string) => ({
  ts: AT,
  address: 'terraform_data.one',
  action: 'create',
  status,
  elapsed_seconds: status === 'done' ? 3 : null,
});

async function deployerOf(routes: Routes) {
  const platform = await platformWith(routes);
  return { platform, deployer: commandWith({ DEPLOYER_URL: platform.url }) };
}
const endOf = (id: string, ...events: string[]): Routes => ({
  [`GET /api/v1/infra/runs/${id}/events`]: () => ({
    stream: (response) => response.end([...events, eventText('end', {})].join('')),
  }),
});
const bodyAt = (platform: { asked: { method: string; path: string; body: unknown }[] }, call: string): unknown =>
  platform.asked.find(({ method, path }) => `${method} ${path}` === call)?.body;

test('a plan is watched to its end and printed with its hash and what to do next', async () => {
  const { platform, deployer } = await deployerOf({
    'POST /api/v1/infra/environments/prod/runs': () => ({ status: 202, body: queued() }),
    ...endOf(ID, eventText('state', { status: 'running', phase: 'planning', reason: '' }, 1)),
    [`GET /api/v1/infra/runs/${ID}`]: () => ({ body: run() }),
  });
  const ended = await deployer(['infra', 'plan', 'prod', '--watch', '--details']);
  expect(ended.code).toBe(0);
  expect(platform.asked[0]?.body).toEqual({ kind: 'plan' });
  expect(ended.out).toContain(
    '+   terraform_data.one\n        input: null -> "x"\n  1 to add, 0 to change, 0 to destroy',
  );
  expect(ended.out).toContain(`plan hash ${HASH}, ready`);
  expect(ended.err).toBe(`planning\napprove it with: deployer infra apply ${ID}\n`);
});

test('a plan is approved by its id and hash, and its resources are told as they go', async () => {
  const { platform, deployer } = await deployerOf({
    [`GET /api/v1/infra/runs/${ID}`]: () => ({ body: run() }),
    [`POST /api/v1/infra/plans/${ID}/apply`]: () => ({ status: 202, body: queued({ id: OTHER, kind: 'apply' }) }),
    ...endOf(
      OTHER,
      eventText('resource', resource('started'), 1),
      eventText('resource', resource('progress'), 2),
      eventText('resource', resource('done'), 3),
    ),
    [`GET /api/v1/infra/runs/${OTHER}`]: () => ({ body: applied({ made_version: 3 }) }),
  });
  const ended = await deployer(['infra', 'apply', ID, '--yes', '--watch']);
  expect(ended).toMatchObject({ code: 0, out: expect.stringContaining('version 3') as string });
  expect(ended.err).toBe('  begins  create terraform_data.one\n  done    create terraform_data.one (3 s)\n');
  expect(bodyAt(platform, `POST /api/v1/infra/plans/${ID}/apply`)).toEqual({ plan_hash: HASH });
  expect(await deployer(['infra', 'apply', ID, '--yes', '--hash', 'cd'.repeat(32)])).toMatchObject({ code: 1 });
});

test('nobody approves without a yes, and nobody says yes to a plan that is not named', async () => {
  const { platform, deployer } = await deployerOf({
    'GET /api/v1/infra/runs': () => ({ body: { items: [run()], next_cursor: null } }),
  });
  expect(await deployer(['infra', 'apply', 'prod', '--yes'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('--yes approves a plan by its id') as string,
  });
  expect(await deployer(['infra', 'apply', 'prod'])).toMatchObject({
    code: 2,
    out: expect.stringContaining('1 to add') as string,
    err: expect.stringContaining('give --yes') as string,
  });
  expect(platform.asked.every(({ method }) => method === 'GET')).toBe(true);
});

test('destroy plans first; a plan that failed is not asked about and ends with its code', async () => {
  const failure = {
    code: 'terraform_failed',
    message: 'No credentials',
    diagnostics: [{ summary: 'No credentials', detail: 'Set\nthem', address: 'aws_vpc.one' }],
  };
  let plan = run({ kind: 'destroy', summary: summary(1) });
  const { deployer } = await deployerOf({
    'POST /api/v1/infra/environments/prod/runs': () => ({ status: 202, body: queued({ kind: 'destroy' }) }),
    ...endOf(ID),
    ...endOf(OTHER),
    [`GET /api/v1/infra/runs/${ID}`]: () => ({ body: plan }),
    [`POST /api/v1/infra/plans/${ID}/apply`]: () => ({
      status: 202,
      body: applied({ orphans: [{ id: 'arn:aws:ec2:one', type: 'ec2', region: 'eu-central-1', tag: 'a=b' }] }),
    }),
  });
  expect(await deployer(['infra', 'destroy', 'prod', '--yes'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('left behind: arn:aws:ec2:one') as string,
  });
  plan = run({ kind: 'destroy', status: 'failed', applicable: false, plan_hash: null, summary: null, failure });
  expect(await deployer(['infra', 'destroy', 'prod', '--yes'])).toMatchObject({
    code: 3,
    out: expect.stringContaining('aws_vpc.one: No credentials\n  | Set\n  | them') as string,
  });
});

test('what an apply gives is printed at its end, a sensitive value is not', async () => {
  const outputs = [
    { name: 'address', value: { host: '10.0.0.1' }, sensitive: false },
    { name: 'token', value: null, sensitive: true },
  ];
  const { deployer } = await deployerOf({
    [`GET /api/v1/infra/runs/${OTHER}`]: () => ({ body: applied({ made_version: 3 }) }),
    ...endOf(OTHER, eventText('resource', resource('done'), 1), eventText('outputs', { outputs }, 2)),
  });
  const shown = await deployer(['infra', 'run', OTHER]);
  expect(shown.out).toContain('  address = {"host":"10.0.0.1"}\n  token = (sensitive, not shown)\n');
  expect(JSON.parse((await deployer(['infra', 'run', OTHER, '--json'])).out)).toMatchObject({ id: OTHER, outputs });
});

test('drift without an environment lists all of them, page by page; one that drifted is exit code 3', async () => {
  const one = (name: string, status: string) => ({
    ...environment().drift,
    status,
    changes: status === 'drifted' ? 2 : 0,
    checked_at: AT,
    environment_id: ID,
    environment: name,
    drift_minutes: null,
  });
  let last = 'drifted';
  let pages = 0;
  const { platform, deployer } = await deployerOf({
    'GET /api/v1/infra/drift': () => ({
      body:
        (pages += 1) % 2 === 0
          ? { items: [one('staging', 'in_sync')], next_cursor: null }
          : { items: [one('prod', last)], next_cursor: 'more' },
    }),
  });
  const found = await deployer(['infra', 'drift']);
  expect(found.code).toBe(3);
  expect(found.out).toMatch(/ENVIRONMENT +DRIFT +CHANGES[^]*prod +drifted +2[^]*staging +in_sync +-/);
  last = 'unknown';
  expect((await deployer(['infra', 'drift', '--json'])).code).toBe(0);
  expect(platform.asked.every(({ method }) => method === 'GET')).toBe(true);
});

test('modules, and of one the variables that it declares', async () => {
  const declared = { description: 'How\nmany', default: null, default_text: null, sensitive: false };
  const variables = [
    { ...declared, name: 'size', type: 'number', required: true },
    { ...declared, name: 'token', type: 'string', required: false, default_text: 'null', sensitive: true },
  ];
  const { deployer } = await deployerOf({
    'GET /api/v1/infra/modules': () => ({ body: { items: [{ name: 'local/shop', variables }] } }),
  });
  expect((await deployer(['infra', 'modules'])).out).toBe('local/shop\n');
  const { out } = await deployer(['infra', 'modules', 'local/shop']);
  expect(out).toMatch(/size +number +needed +How many\n[^]*token +string, sensitive +null/);
  expect((await deployer(['infra', 'modules', 'local/none'])).code).toBe(1);
});

test('found drift is exit code 3, a cancelled run 4', async () => {
  let body = run({ kind: 'drift', applicable: false });
  const { deployer } = await deployerOf({ [`GET /api/v1/infra/runs/${ID}`]: () => ({ body }) });
  expect((await deployer(['infra', 'run', ID])).code).toBe(3);
  body = run({ kind: 'drift', applicable: false, summary: { ...summary(0), changes: [] } });
  expect((await deployer(['infra', 'run', ID])).code).toBe(0);
  body = queued({ status: 'cancelled', ended_at: AT });
  expect((await deployer(['infra', 'run', ID, '--json'])).code).toBe(4);
});

test('an environment is made of options, its secret from standard input', async () => {
  const { platform, deployer } = await deployerOf({
    'POST /api/v1/infra/environments': () => ({ status: 201, body: environment() }),
  });
  const args = ['--module', 'local/shop', '--var', 'size=2', '--var', 'name=two', '--secret-file', 'token=-'];
  expect((await deployer(['infra', 'create', 'prod', ...args], { stdin: 'hush\n' })).code).toBe(0);
  expect(platform.asked[0]?.body).toEqual({
    name: 'prod',
    module: 'local/shop',
    variables: {
      size: { value: 2, sensitive: false },
      name: { value: 'two', sensitive: false },
      token: { value: 'hush', sensitive: true },
    },
  });
});

test('what an update does not name stays, secrets too; one variable may go', async () => {
  const { platform, deployer } = await deployerOf({
    'GET /api/v1/infra/environments/prod': () => ({ body: environment() }),
    'PATCH /api/v1/infra/environments/prod': () => ({ body: environment() }),
  });
  const args = ['--var', 'zones=["a"]', '--unset', 'size', '--backend', 'key=prod', '--drift-minutes', '0'];
  expect((await deployer(['infra', 'update', 'prod', ...args])).code).toBe(0);
  expect(platform.asked[1]?.body).toEqual({
    variables: { token: { sensitive: true }, zones: { value: ['a'], sensitive: false } },
    backend: { bucket: 'states', key: 'prod' },
    drift_minutes: null,
  });
  expect(await deployer(['infra', 'update', 'prod', '--var', 'token=seen'])).toMatchObject({ code: 2 });
});

test('an environment comes from a file, and a refusal names its field', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-cli-infra-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'prod.yaml');
  writeFileSync(file, 'module: local/none\nvariables: {size: {value: 3}}\n');
  const { platform, deployer } = await deployerOf({
    'POST /api/v1/infra/environments': () =>
      problem(400, 'module_not_found', 'there is none', [{ field: 'module', message: 'is none', mend: 'take one' }]),
  });
  expect(await deployer(['infra', 'create', 'prod', '-f', file])).toMatchObject({
    code: 1,
    err: expect.stringContaining('module: is none (mend: take one)') as string,
  });
  expect(platform.asked[0]?.body).toEqual({ name: 'prod', module: 'local/none', variables: { size: { value: 3 } } });
});

test('a check that fails is exit code 1, with its mend', async () => {
  const check = { name: 'network', state: 'fail', message: 'Overlapping', mend: 'take another range', details: [] };
  const { deployer } = await deployerOf({
    'GET /api/v1/infra/environments/prod/prerequisites': () => ({ body: { ok: false, checks: [check] } }),
  });
  expect(await deployer(['infra', 'check', 'prod'])).toMatchObject({
    code: 1,
    out: 'fail    network: Overlapping\n        mend: take another range\n',
  });
});

test('a rollback names a version by its number; a lock is broken with a yes', async () => {
  const lock = {
    lock_id: 'lock-1',
    operation: 'apply',
    who: 'jo@laptop',
    created: AT,
    path: 'state',
    held: null,
    pid: null,
  };
  const { platform, deployer } = await deployerOf({
    'POST /api/v1/infra/environments/prod/runs': () => ({ status: 202, body: queued() }),
    'GET /api/v1/infra/environments/prod/lock': () => ({ body: { lock } }),
    'POST /api/v1/infra/environments/prod/unlock': () => ({ status: 204 }),
  });
  expect((await deployer(['infra', 'rollback', 'prod', 'two'])).code).toBe(2);
  expect((await deployer(['infra', 'rollback', 'prod', '2'])).code).toBe(0);
  expect(platform.asked.at(-1)?.body).toEqual({ kind: 'plan', version: 2 });
  expect((await deployer(['infra', 'unlock', 'prod'])).code).toBe(2);
  expect((await deployer(['infra', 'unlock', 'prod', '--force', '--yes'])).code).toBe(0);
  expect(platform.asked.at(-1)?.body).toEqual({ lock_id: 'lock-1', force: true });
});
