import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InfraModulesView } from '@aws-deployer/platform/contracts/infra';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTerraform, startInfra, until, type InfraHarness } from '../testing/infra-harness.js';
import { ModuleFolders } from './module-folders.js';

const EMPTY = 'resource "terraform_data" "one" {}\n';

describe.each(testDatabases())('environments on $kind', (kind) => {
  let infra: InfraHarness;
  beforeAll(async () => {
    infra = await startInfra(kind);
  });
  afterAll(() => infra.service.stop());

  test('modules are the repository environments and the folders of the operator', async () => {
    await infra.module('mine', EMPTY);
    const { items } = (await infra.send('GET', '/modules')).body as InfraModulesView;
    expect(items.map(({ name }) => name)).toEqual([
      'repository/development',
      'repository/production',
      'repository/staging',
      'local/mine',
    ]);
    expect(items[1]?.variables?.length).toBeGreaterThan(5);
    expect(items[3]?.variables).toEqual([]);
    const refused = await infra.send('POST', '/environments', { name: 'none', module: 'local/nowhere' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'module_not_found', errors: [{ field: 'module' }] } });
    expect(await infra.send('POST', '/environments', { name: 'none', module: 'local/../x' })).toMatchObject({
      status: 400,
    });
  });

  test('what is sensitive is kept sealed, stays when it is left out, and needs a value first', async () => {
    await infra.environment('sealed', EMPTY, {
      variables: { open: { value: [1, { a: true }] }, hidden: { value: 'between us', sensitive: true } },
    });
    expect((await infra.send('GET', '/environments/sealed')).body.variables).toEqual({
      open: { value: [1, { a: true }], sensitive: false },
      hidden: { value: null, sensitive: true },
    });
    const update = { variables: { hidden: { sensitive: true } }, description: 'other' };
    expect(await infra.send('PATCH', '/environments/sealed', update)).toMatchObject({
      status: 200,
      body: { description: 'other', variables: { hidden: { value: null, sensitive: true } } },
    });
    expect(
      await infra.send('PATCH', '/environments/sealed', { variables: { fresh: { sensitive: true } } }),
    ).toMatchObject({ status: 400, body: { errors: [{ field: 'variables.fresh' }] } });
    const { db } = infra.service.test.database;
    expect(JSON.stringify(await db.selectFrom('outbox').selectAll().execute())).not.toContain('between us');
  });

  test('variables are held to the types that their module declares; what is missing is said before a plan', async () => {
    const main = `variable "size" { type = number }\nvariable "words" {\n  type = list(string)\n  default = []\n}\n${EMPTY}`;
    await infra.module('typed', main);
    const body = { name: 'typed', module: 'local/typed' };
    const create = (variables: object) => infra.send('POST', '/environments', { ...body, variables });
    expect(await create({ size: { value: 'many', sensitive: true } })).toMatchObject({
      status: 400,
      body: { code: 'variables_invalid', errors: [{ field: 'variables.size', message: 'must be a number' }] },
    });
    expect(await create({ words: { value: ['a'] } })).toMatchObject({ status: 201 });
    const plan = await infra.send('POST', '/environments/typed/runs', { kind: 'plan' });
    expect(plan).toMatchObject({
      status: 400,
      body: { code: 'variables_invalid', errors: [{ field: 'variables.size', message: 'has no value' }] },
    });
    const change = (variables: object) => infra.send('PATCH', '/environments/typed', { variables });
    expect(await change({ size: { value: 2 }, words: { value: 'a' } })).toMatchObject({ status: 400 });
    expect(await change({ size: { value: 2 }, other: { value: 1 } })).toMatchObject({ status: 200 });
    expect(await infra.send('POST', '/environments/typed/runs', { kind: 'plan' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'variables.other' }] },
    });
    expect((await infra.send('GET', '/runs?environment=typed')).body.items).toEqual([]);
    expect(await change({ size: { value: '2' } })).toMatchObject({ status: 200 });
    if (hasTerraform()) expect(await infra.ran('typed', { kind: 'plan' })).toMatchObject({ status: 'succeeded' });
  }, 30_000);

  test('a name is taken once, and what is empty can be forgotten', async () => {
    await infra.environment('twice', EMPTY);
    expect(await infra.send('POST', '/environments', { name: 'twice', module: 'local/twice' })).toMatchObject({
      status: 409,
    });
    expect(await infra.send('DELETE', '/environments/twice')).toMatchObject({ status: 204 });
    expect(await infra.send('GET', '/environments/twice')).toMatchObject({ status: 404 });
  });

  test('only who may write infrastructure does; who may not read it sees none', async () => {
    const as = (role: 'viewer' | 'developer' | 'devops') =>
      infra.service.send('GET', '/api/v1/infra/environments', undefined, { as: role });
    expect((await as('developer')).status).toBe(403);
    expect((await as('devops')).status).toBe(200);
  });

  test('prerequisites name ranges that overlap and what is missing', async () => {
    await infra.environment('left', EMPTY, { variables: { vpc_cidr: { value: '10.20.0.0/16' } } });
    await infra.environment('right', EMPTY, { variables: { vpc_cidr: { value: '10.20.16.0/20' } } });
    const { body } = await infra.send('GET', '/environments/right/prerequisites');
    const checks = new Map(body.checks.map((check: { name: string }) => [check.name, check]));
    expect(body.ok).toBe(false);
    expect(checks.get('network')).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('10.20.0.0/16 of left'),
    });
    expect(checks.get('module')).toMatchObject({ state: 'ok' });
    expect(checks.get('providers')).toMatchObject({ state: 'ok', message: 'The module needs no provider' });
    expect(checks.get('credentials')).toMatchObject({ state: 'unknown' });
    if (hasTerraform()) expect(checks.get('terraform')).toMatchObject({ state: 'ok', mend: null });
  });
});

test('a missing program is said to be missing', async () => {
  const infra = await startInfra(undefined, { TERRAFORM: 'no-such-terraform' });
  try {
    await infra.environment('one', EMPTY);
    expect(await infra.ran('one', { kind: 'plan' })).toMatchObject({
      status: 'failed',
      failure: { code: 'terraform_missing' },
    });
    const { body } = await infra.send('GET', '/environments/one/prerequisites');
    expect(body.checks[0]).toMatchObject({ name: 'terraform', state: 'fail' });
  } finally {
    await infra.service.stop();
  }
}, 30_000);

test.skipIf(!hasTerraform())(
  'drift is looked for when it is due, and found drift is an action',
  async () => {
    const infra = await startInfra();
    try {
      await infra.environment('watched', 'resource "terraform_data" "one" { input = "as it was" }', {
        drift_minutes: 60,
      });
      await infra.apply(await infra.ran('watched', { kind: 'plan' }));
      const state = await infra.state('watched');
      await writeFile(state, (await readFile(state, 'utf8')).replaceAll('as it was', 'as it is'));
      const { db } = infra.service.test.database;
      await db.updateTable('infra_environments').set({ drift_next_at: '2020-01-01T00:00:00.000Z' }).execute();
      const drift = await until(async () => {
        const { body } = await infra.send('GET', '/environments/watched');
        return body.drift.status === 'drifted' && (body.drift as { changes: number; next_at: string });
      });
      expect(drift.changes).toBe(1);
      expect(drift.next_at > new Date().toISOString()).toBe(true);
      const actions = await db.selectFrom('outbox').select('record').execute();
      expect(actions.filter(({ record }) => record.includes('infra_environment.drifted'))).toHaveLength(1);
      const metrics = async () => String((await infra.service.send('GET', '/metrics')).body);
      expect(await metrics()).toMatch(/infra_drift_changes\{[^}]*environment="watched"[^}]*\} 1\n/);
      await infra.apply(await infra.ran('watched', { kind: 'plan' }));
      expect(await metrics()).toMatch(/infra_drift_changes\{[^}]*environment="watched"[^}]*\} 0\n/);
      const after = await db.selectFrom('outbox').select('record').execute();
      expect(after.filter(({ record }) => record.includes('infra_environment.in_sync'))).toHaveLength(1);
    } finally {
      await infra.service.stop();
    }
  },
  60_000,
);

test('a copy of a module is named by its content and leaves states and tests out', async () => {
  const infra = await startInfra();
  try {
    await infra.module('copied', EMPTY);
    const source = join(infra.base, 'modules', 'copied');
    await mkdir(join(source, 'tests'));
    const modules = new ModuleFolders({ repository: infra.base, local: join(infra.base, 'modules') });
    const copies = join(infra.base, 'copies');
    const first = await modules.copy('local/copied', copies);
    await writeFile(join(source, 'tests', 'one.tftest.hcl'), '');
    await writeFile(join(source, 'terraform.tfstate'), '{}');
    expect(await modules.copy('local/copied', copies)).toEqual(first);
    await writeFile(join(source, 'main.tf'), `${EMPTY}\n`);
    const second = await modules.copy('local/copied', copies);
    expect(second.hash).not.toBe(first.hash);
    expect(await modules.earlier('local/copied', first.hash, copies)).toEqual(first);
    await expect(modules.earlier('local/copied', 'f'.repeat(64), copies)).rejects.toMatchObject({
      code: 'module_gone',
    });
  } finally {
    await infra.service.stop();
  }
});
