import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices } from '@aws-deployer/platform/runtime/run-services';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { infra as module } from '../service.js';
import { hasTerraform, startInfra, until, type InfraHarness } from '../testing/infra-harness.js';

/** `quick` is made at once; `slow` waits until the file of its name is there. */
const slowly = (gate: string) => `
resource "terraform_data" "quick" { input = "made" }
resource "terraform_data" "slow" {
  input      = terraform_data.quick.output
  provisioner "local-exec" { command = "until [ -e ${gate} ]; do sleep 0.05; done" }
}
`;

describe.skipIf(!hasTerraform())('what is cut short', () => {
  let infra: InfraHarness;
  beforeAll(async () => {
    infra = await startInfra(undefined, { LEASE_SECONDS: '1', HEARTBEAT_SECONDS: '0.2', CANCEL_SECONDS: '5' });
  });
  afterAll(() => infra.service.stop());
  const gateOf = (name: string) => join(infra.service.test.env.DATA_DIR, `${name}.gate`);
  const pidOf = async (name: string, run: string): Promise<number> => {
    const state = await infra.state(name);
    return until(async () => {
      try {
        return Number(readFileSync(join(state, '../../runs', run, 'apply.pid'), 'utf8').split(' ')[0]) || undefined;
      } catch {
        return undefined; // not begun yet
      }
    });
  };
  const begun = async (name: string) => {
    await infra.environment(name, slowly(gateOf(name)));
    const plan = await infra.ran(name, { kind: 'plan' });
    const { body } = await infra.send('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash });
    const { id } = body as { id: string };
    await until(
      async () =>
        ((await infra.send('GET', `/runs/${id}`)).body as { resources: { done: number } }).resources.done === 1,
    );
    return id;
  };

  test('a killed Terraform leaves an interrupted run, its lock can be broken, and the rest is planned anew', async () => {
    const id = await begun('killed');
    expect(await infra.send('POST', '/environments/killed/unlock', { lock_id: 'x' })).toMatchObject({ status: 409 });
    process.kill(-(await pidOf('killed', id)), 'SIGKILL');
    const run = await infra.ended(id);
    expect(run).toMatchObject({ status: 'interrupted', lock: { operation: 'OperationTypeApply', held: false } });
    expect((await infra.send('GET', '/environments/killed')).body).toMatchObject({
      status: 'incomplete',
      active_run: null,
    });
    const { lock } = (await infra.send('GET', '/environments/killed/lock')).body as { lock: { lock_id: string } };
    expect(lock.lock_id).toBe(run.lock?.lock_id);
    expect(await infra.send('POST', '/environments/killed/unlock', { lock_id: lock.lock_id })).toMatchObject({
      status: 204,
    });
    expect((await infra.send('GET', '/environments/killed/lock')).body).toEqual({ lock: null });

    writeFileSync(gateOf('killed'), '');
    const { body } = await infra.send('POST', `/runs/${id}/resume`);
    const again = await infra.ended((body as { id: string }).id);
    expect(again).toMatchObject({ status: 'succeeded', kind: 'plan', applicable: true });
    expect(await infra.apply(again)).toMatchObject({ status: 'succeeded', made_version: 1 });
    expect(await infra.ran('killed', { kind: 'plan' })).toMatchObject({ reason: 'No changes' });
  }, 60_000);

  test('a run is cancelled in order: what was made is in the state', async () => {
    const id = await begun('cancelled');
    expect(await infra.send('POST', `/runs/${id}/cancel`)).toMatchObject({ status: 202 });
    expect(await infra.ended(id)).toMatchObject({ status: 'cancelled' });
    expect(readFileSync(await infra.state('cancelled'), 'utf8')).toContain('"quick"');
    expect(await infra.send('POST', `/runs/${id}/cancel`)).toMatchObject({ status: 409, body: { code: 'run_ended' } });
  }, 60_000);

  test('a plan does not get past a lock that another holds, and names the holder', async () => {
    await infra.environment('held', slowly(gateOf('held')));
    const plan = await infra.ran('held', { kind: 'plan' });
    const state = await infra.state('held');
    const folder = join(infra.base, 'elsewhere');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'main.tf'), slowly(gateOf('held')));
    writeFileSync(join(folder, 'backend.tf'), `terraform {\n  backend "local" {\n    path = "${state}"\n  }\n}\n`);
    execFileSync('terraform', ['init', '-input=false'], { cwd: folder, stdio: 'ignore' });
    const other = spawn('terraform', ['apply', '-auto-approve', '-input=false'], { cwd: folder, stdio: 'ignore' });
    onTestFinished(() => void other.kill('SIGKILL'));
    await until(
      async () =>
        ((await infra.send('GET', '/environments/held/lock')).body as { lock: { held: boolean } | null }).lock?.held,
    );
    const refused = await infra.ran('held', { kind: 'plan' });
    expect(refused).toMatchObject({ status: 'failed', failure: { code: 'state_locked' }, lock: { held: true } });
    const lock_id = refused.lock?.lock_id;
    expect(await infra.send('POST', '/environments/held/unlock', { lock_id, force: true })).toMatchObject({
      status: 409,
      body: { code: 'lock_in_use' },
    });
    writeFileSync(gateOf('held'), '');
    await until(async () => other.exitCode !== null);
    expect((await infra.send('GET', '/environments/held/lock')).body).toEqual({ lock: null });
    // Somebody else applied meanwhile: Terraform itself refuses the plan of before.
    expect(await infra.apply(plan)).toMatchObject({
      status: 'failed',
      failure: { diagnostics: [{ summary: 'Saved plan is stale' }] },
    });
  }, 60_000);

  test('an apply whose service was killed is followed to its end by the next one', async () => {
    const id = await begun('left');
    const { env, database } = infra.service.test;
    // As after a kill: the lease is nobody's who lives.
    const second = await runServices({
      port: 0,
      host: '127.0.0.1',
      services: [{ module, env: { MODE: 'local', PATH: process.env['PATH'], ...env, LEASE_SECONDS: '30' } }],
      allInOne: true,
      log: silentLogger,
    });
    onTestFinished(() => second.stop());
    await database.db
      .updateTable('infra_runs')
      .set({ lease_owner: 'somebody-gone', lease_expires_at: '2020-01-01T00:00:00.000Z' })
      .where('id', '=', id)
      .execute();
    writeFileSync(gateOf('left'), '');
    expect(await infra.ended(id)).toMatchObject({
      status: 'succeeded',
      resources: { done: 2, total: 2 },
      made_version: 1,
    });
    const log = String((await infra.send('GET', `/runs/${id}/log`)).body);
    expect(log.match(/terraform_data.quick: Creation complete/g)).toHaveLength(1);
  }, 60_000);
});
