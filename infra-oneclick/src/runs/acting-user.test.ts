/** Who may do what to infrastructure, through the real HTTP service: each refusal is a problem that says which right is lacking. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissionsOf } from '@aws-deployer/platform/auth/permissions';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices } from '@aws-deployer/platform/runtime/run-services';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { principalOf } from '@aws-deployer/platform/testing/test-service';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { infra as module } from '../service.js';
import { hasTerraform, startInfra, type InfraHarness } from '../testing/infra-harness.js';

const MAIN = 'resource "terraform_data" "one" {}\n';

describe.skipIf(!hasTerraform()).each(testDatabases())('the acting user on $kind', (kind) => {
  let infra: InfraHarness;
  let plan: InfraRunView;
  beforeAll(async () => {
    infra = await startInfra(kind);
    await infra.environment('shop', MAIN);
    plan = await infra.ran('shop', { kind: 'plan' });
  }, 60_000);
  afterAll(() => infra.service.stop());

  const asked: readonly [string, string, () => [string, object?]][] = [
    ['plan', 'POST', () => ['/environments/shop/runs', { kind: 'plan' }]],
    ['plan to destroy', 'POST', () => ['/environments/shop/runs', { kind: 'destroy' }]],
    ['look for drift', 'POST', () => ['/environments/shop/runs', { kind: 'drift' }]],
    ['approve and apply', 'POST', () => [`/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash }]],
    ['cancel', 'POST', () => [`/runs/${plan.id}/cancel`]],
    ['resume', 'POST', () => [`/runs/${plan.id}/resume`]],
    ['break the lock', 'POST', () => ['/environments/shop/unlock', { lock_id: 'x', force: true }]],
    ['change', 'PATCH', () => ['/environments/shop', { description: 'mine' }]],
    ['forget', 'DELETE', () => ['/environments/shop']],
  ];
  test.each(asked)('a developer may not %s', async (_name, method, of) => {
    const [path, body] = of();
    const before = (await infra.send('GET', '/runs')).body.items.length as number;
    const refused = await infra.service.send(method, `/api/v1/infra${path}`, body, { as: 'developer' });
    expect(refused.status).toBe(403);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.body).toMatchObject({ status: 403, code: 'not_permitted' });
    expect(refused.body.detail).toContain('infra:write');
    expect((await infra.service.send(method, `/api/v1/infra${path}`, body, { as: null })).status).toBe(401);
    expect((await infra.send('GET', '/runs')).body.items).toHaveLength(before);
    expect((await infra.send('GET', `/plans/${plan.id}`)).body).toMatchObject({
      applied_by: null,
      plan_state: 'ready',
    });
  });

  test('a refusal is on the record, with who asked for what', async () => {
    await infra.service.send(
      'POST',
      '/api/v1/infra/environments/shop/unlock',
      { lock_id: 'x', force: true },
      { as: 'developer' },
    );
    const rows = await infra.service.test.database.db.selectFrom('outbox').select('record').execute();
    const records = rows.map(
      ({ record }) => JSON.parse(record) as { action_type: string; user_id: string; outcome: string },
    );
    expect(records).toContainEqual(
      expect.objectContaining({ action_type: 'infra_lock.break', user_id: 'developer', outcome: 'denied' }),
    );
  });

  test('who may write infrastructure but not use cloud accounts cannot have Terraform work as one, however they ask', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'infra-acting-'));
    const all = permissionsOf(['devops']);
    const without = all.filter((permission) => permission !== 'aws:write');
    const running = await runServices({
      port: 0,
      host: '127.0.0.1',
      services: [{ module, env: { MODE: 'local', DATA_DIR: folder, PATH: process.env['PATH'] } }],
      allInOne: true,
      log: silentLogger,
      principals: {
        resolve: async ({ value }) => ({
          ...principalOf('devops'),
          username: value,
          permissions: value === 'narrow' ? without : all,
        }),
        forget: () => undefined,
      },
    });
    onTestFinished(async () => {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    });
    const send = async (as: string, method: 'GET' | 'POST' | 'PATCH', path: string, body: object = {}) => {
      const answer = await request(new URL(`/api/v1/infra${path}`, running.url), {
        method,
        headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
        body: method === 'GET' ? null : JSON.stringify(body),
      });
      return { status: answer.statusCode, body: (await answer.body.json()) as { code: string; detail: string } };
    };
    const settings = { name: 'prod', module: 'repository/production', account: 'prod' };
    const lacks = {
      status: 403,
      body: { code: 'not_permitted', detail: expect.stringContaining('aws:write') as string },
    };
    expect(await send('narrow', 'POST', '/environments', settings)).toMatchObject(lacks);
    expect(await send('wide', 'POST', '/environments', settings)).toMatchObject({ status: 201 });
    expect(await send('narrow', 'POST', '/environments/prod/runs', { kind: 'plan' })).toMatchObject(lacks);
    expect(await send('narrow', 'POST', '/environments/prod/runs', { kind: 'destroy' })).toMatchObject(lacks);
    expect(await send('narrow', 'POST', '/environments/prod/unlock', { lock_id: 'x', force: true })).toMatchObject(
      lacks,
    );
    // Nor are its keys fetched for a look at the account, or its settings changed for the next look for drift.
    expect(await send('narrow', 'GET', '/environments/prod/prerequisites')).toMatchObject(lacks);
    expect(await send('narrow', 'PATCH', '/environments/prod', { region: 'eu-west-1' })).toMatchObject(lacks);
    expect(await send('narrow', 'GET', '/environments/prod')).toMatchObject({ status: 200 });
  });
});
