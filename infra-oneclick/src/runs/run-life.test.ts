import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasTerraform, startInfra, until, type InfraHarness } from '../testing/infra-harness.js';

const MAIN = `
variable "size" { type = number }
variable "words" {
  type      = string
  sensitive = true
}
resource "terraform_data" "one" { input = { size = var.size, words = var.words } }
resource "terraform_data" "two" { input = "fixed" }
output "size" { value = var.size }
`;
const SECRET = 'correct horse battery';
const variables = (size: number) => ({ size: { value: size }, words: { value: SECRET, sensitive: true } });

/** A test runs Terraform up to eight times, each run a process that works for a second or two of an idle processor. */
const RUNS = { timeout: 90_000 };

describe.skipIf(!hasTerraform()).each(testDatabases())('with Terraform, on $kind', RUNS, (kind) => {
  let infra: InfraHarness;
  beforeAll(async () => {
    infra = await startInfra(kind);
  });
  afterAll(() => infra.service.stop());

  test('an environment is planned, approved by its hash, applied, changed, rolled back and destroyed', async () => {
    await infra.environment('shop', MAIN, { variables: variables(1) });
    const plan = await infra.ran('shop', { kind: 'plan' });
    expect(plan.failure).toBeNull();
    expect(plan).toMatchObject({
      status: 'succeeded',
      reason: '2 to add, 0 to change, 0 to destroy',
      applicable: true,
    });
    expect(plan.summary?.changes.map(({ address, action }) => [address, action])).toEqual([
      ['terraform_data.one', 'create'],
      ['terraform_data.two', 'create'],
    ]);
    expect(plan.summary?.changes[0]?.attributes).toContainEqual({
      path: 'input.words',
      before: null,
      after: '[masked]',
      known: true,
      sensitive: true,
    });
    expect(plan.cost).toMatchObject({ monthly_before: 0, monthly_after: 0, unknown: [] });

    const wrong = await infra.send('POST', `/plans/${plan.id}/apply`, { plan_hash: 'a'.repeat(64) });
    expect(wrong).toMatchObject({ status: 409, body: { code: 'plan_hash_mismatch' } });
    const applied = await infra.apply(plan);
    expect(applied).toMatchObject({
      status: 'succeeded',
      made_version: 1,
      resources: { done: 2, failed: 0, total: 2 },
    });
    expect(await infra.send('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash })).toMatchObject({
      status: 409,
      body: { code: 'plan_applied' },
    });
    expect((await infra.send('GET', '/environments/shop')).body).toMatchObject({
      status: 'applied',
      current_version: 1,
      active_run: null,
    });
    expect(await infra.ran('shop', { kind: 'plan' })).toMatchObject({ reason: 'No changes' });

    // What is left out of a sensitive variable stays.
    await infra.send('PATCH', '/environments/shop', {
      variables: { size: { value: 2 }, words: { sensitive: true } },
    });
    const second = await infra.ran('shop', { kind: 'plan' });
    expect(second).toMatchObject({ summary: { add: 0, change: 1, destroy: 0 } });
    expect(await infra.apply(second)).toMatchObject({ made_version: 2 });
    const back = await infra.ran('shop', { kind: 'plan', version: 1 });
    expect(back).toMatchObject({ from_version: 1, summary: { change: 1 } });
    expect(back.summary?.changes[0]?.attributes).toContainEqual(
      expect.objectContaining({ path: 'input.size', before: 2, after: 1 }),
    );
    expect(await infra.apply(back)).toMatchObject({ made_version: 3 });
    const versions = await infra.send('GET', '/environments/shop/versions');
    expect(versions.body.items.map(({ number }: { number: number }) => number)).toEqual([3, 2, 1]);
    expect(versions.body.items[0].variables).toEqual({
      size: { value: 1, sensitive: false },
      words: { value: null, sensitive: true },
    });

    expect(await infra.send('DELETE', '/environments/shop')).toMatchObject({ status: 409 });
    const destroy = await infra.ran('shop', { kind: 'destroy' });
    expect(destroy).toMatchObject({ summary: { destroy: 2 } });
    expect(await infra.apply(destroy)).toMatchObject({ status: 'succeeded' });
    expect((await infra.send('GET', '/environments/shop')).body).toMatchObject({
      status: 'empty',
      current_version: null,
    });

    // The secret was nowhere to be seen: in no row, no action, no answer, no log.
    const { db } = infra.service.test.database;
    const kept = [
      await db.selectFrom('infra_environments').selectAll().execute(),
      await db.selectFrom('infra_runs').selectAll().execute(),
      await db.selectFrom('infra_run_events').selectAll().execute(),
      await db.selectFrom('infra_versions').selectAll().execute(),
      await db.selectFrom('outbox').selectAll().execute(),
    ];
    expect(JSON.stringify(kept)).not.toContain(SECRET);
    const actions = await db.selectFrom('outbox').select('record').orderBy('seq').execute();
    const types = actions.map(({ record }) => (JSON.parse(record) as { action_type: string }).action_type);
    expect(types.slice(0, 5)).toEqual([
      'infra_environment.create',
      'infra_run.plan',
      'infra_run.succeeded',
      'infra_run.apply', // refused: another hash
      'infra_run.apply',
    ]);
    const log = await infra.send('GET', `/runs/${applied.id}/log`);
    expect(log.body).toContain('terraform_data.one: Creation complete');
    const stream = await infra.send('GET', `/runs/${applied.id}/events`);
    expect(stream.body).toMatch(/event: resource\ndata: .*"address":"terraform_data.two".*"status":"done"/);
    expect(stream.body).toContain('event: end\ndata: {"status":"succeeded"}');
    expect(await infra.send('DELETE', '/environments/shop')).toMatchObject({ status: 204 });
  }, 60_000);

  test('a plan is stale once the environment was changed', async () => {
    await infra.environment('stale', MAIN, { variables: variables(1) });
    const plan = await infra.ran('stale', { kind: 'plan' });
    await infra.send('PATCH', '/environments/stale', { variables: variables(5) });
    expect(await infra.send('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash })).toMatchObject({
      status: 409,
      body: { code: 'plan_stale' },
    });
    expect((await infra.send('GET', `/plans/${plan.id}`)).body).toMatchObject({ plan_state: 'stale' });
    const listed = (await infra.send('GET', '/plans?environment=stale')).body as { items: { id: string }[] };
    expect(listed.items.map(({ id }) => id)).toEqual([plan.id]);
    expect((await infra.send('GET', '/plans?environment=stale&kind=destroy')).body.items).toEqual([]);
    // Its file holds secrets: once it cannot be applied any more, it goes. The new one stays.
    const next = await infra.ran('stale', { kind: 'plan' });
    const runs = join(await infra.state('stale'), '../../runs');
    await until(async () => !existsSync(join(runs, plan.id, 'plan.bin')));
    expect(existsSync(join(runs, next.id, 'plan.bin'))).toBe(true);
  }, 30_000);

  test('drift is what a state that was changed by hand needs to come back', async () => {
    await infra.environment('drifting', MAIN, { variables: variables(1) });
    expect(await infra.send('POST', '/environments/drifting/runs', { kind: 'drift' })).toMatchObject({
      status: 409,
      body: { code: 'nothing_applied' },
    });
    await infra.apply(await infra.ran('drifting', { kind: 'plan' }));
    expect(await infra.ran('drifting', { kind: 'drift' })).toMatchObject({ status: 'succeeded', reason: 'In sync' });
    const file = await infra.state('drifting');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('"fixed"', '"by hand"'));
    const drift = await infra.ran('drifting', { kind: 'drift' });
    expect(drift).toMatchObject({ reason: 'Drifted: 0 to add, 1 to change, 0 to destroy', applicable: false });
    const { items } = (await infra.send('GET', '/drift')).body as { items: { environment: string }[] };
    expect(items[0]).toMatchObject({ environment: 'drifting', status: 'drifted', changes: 1 });
    expect((await infra.send('GET', '/environments/drifting')).body.drift).toMatchObject({
      status: 'drifted',
      changes: 1,
      run_id: drift.id,
    });
  }, 30_000);

  test('what Terraform refuses is said in its words, and the next plan goes on', async () => {
    await infra.environment('wrong', `${MAIN}\nresource "terraform_data" "bad" { input = nothing.here }`, {
      variables: variables(1),
    });
    const plan = await infra.ran('wrong', { kind: 'plan' });
    expect(plan).toMatchObject({
      status: 'failed',
      failure: { code: 'terraform_failed', diagnostics: [{ summary: 'Reference to undeclared resource' }] },
      applicable: false,
    });
    await infra.module('wrong', MAIN);
    expect(await infra.ran('wrong', { kind: 'plan' })).toMatchObject({ status: 'succeeded' });
  }, 30_000);
});
