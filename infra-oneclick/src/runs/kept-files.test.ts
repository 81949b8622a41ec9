/** What stays of runs that ended, and what an estimate says when its program is away, fails or hangs: in whole runs. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hasTerraform, startInfra, until, type InfraHarness } from '../testing/infra-harness.js';

const MAIN = 'resource "terraform_data" "one" { input = "as it is" }\n';

describe.skipIf(!hasTerraform()).each(testDatabases())('files of runs on $kind', (kind) => {
  let infra: InfraHarness;
  beforeAll(async () => {
    infra = await startInfra(kind, { INFRA_KEPT_RUNS: '2' });
  });
  afterAll(() => infra.service.stop());
  const runsOf = async (name: string): Promise<string> => join(await infra.state(name), '../../runs');

  test('of runs that ended the newest are kept, of each environment; what waits for an approval stays, and logs are whole', async () => {
    await infra.environment('many', MAIN);
    await infra.environment('few', MAIN);
    const few = await infra.ran('few', { kind: 'plan' });
    await infra.apply(few);
    await infra.apply(await infra.ran('many', { kind: 'plan' }));
    const waits = await infra.ran('many', { kind: 'plan' });
    const drifts = [];
    for (let index = 0; index < 4; index += 1) drifts.push(await infra.ran('many', { kind: 'drift' }));
    const folder = await runsOf('many');
    const last = drifts.slice(-2).map(({ id }) => id);
    await until(async () => (await readdir(folder)).length === 3);
    expect((await readdir(folder)).sort()).toEqual([waits.id, ...last].sort());
    // The plan that can still be approved is whole, however old it is; the others hold no plan.
    expect(existsSync(join(folder, waits.id, 'plan.bin'))).toBe(true);
    for (const id of last) expect(existsSync(join(folder, id, 'plan.bin'))).toBe(false);
    expect(await readdir(await runsOf('few'))).toContain(few.id);
    // What the removed ones said is in the events.
    const log = await infra.send('GET', `/runs/${drifts[0]?.id ?? ''}/log`);
    expect(log).toMatchObject({ status: 200 });
    expect(String(log.body)).toContain('terraform_data.one');
    expect(await infra.apply(waits)).toMatchObject({ status: 'succeeded', reason: 'Applied: No changes' });
    expect((await infra.send('GET', '/environments/many/versions')).body.items).toHaveLength(2);
  }, 60_000);

  test('an environment that is forgotten leaves no files of its runs', async () => {
    await infra.environment('gone', MAIN);
    const plan = await infra.ran('gone', { kind: 'plan' });
    const folder = await runsOf('gone');
    expect(existsSync(join(folder, plan.id))).toBe(true);
    expect(await infra.send('DELETE', '/environments/gone')).toMatchObject({ status: 204 });
    await until(async () => !existsSync(join(folder, plan.id)));
  }, 30_000);
});

describe.skipIf(!hasTerraform()).each(testDatabases())('an estimate on $kind', (kind) => {
  test.each([
    ['is not there', undefined, null, ''],
    [
      'fails',
      'echo "the plan and its secrets"; exit 3',
      'Infracost gave no estimate (exit code 3)',
      'the plan and its',
    ],
    ['answers something else', 'echo "{}"', 'Infracost gave no estimate (no answer that is known here)', '{}'],
    ['hangs', 'exec sleep 600', 'Infracost gave no estimate (no answer within 0.5 s)', 'sleep'],
  ])(
    'of a program that %s is the price table’s, and says why',
    async (_name, script, reason, never) => {
      const folder = await mkdtemp(join(tmpdir(), 'infra-estimate-'));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const program = join(folder, 'infracost');
      if (script !== undefined) await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const infra = await startInfra(kind, { INFRACOST: program, INFRACOST_SECONDS: '0.5' });
      try {
        await infra.environment('shop', MAIN, { region: 'us-east-1' });
        const plan = await infra.ran('shop', { kind: 'plan' });
        expect(plan, JSON.stringify(plan.failure)).toMatchObject({
          status: 'succeeded',
          applicable: true,
          cost: { source: 'price_table', instead_of: reason, monthly_after: 0 },
        });
        const log = String((await infra.send('GET', `/runs/${plan.id}/log`)).body);
        if (reason === null) expect(log).not.toContain('Infracost');
        else expect(log).toContain(`${reason}: the price table is used`);
        if (never !== '') expect(JSON.stringify(plan) + log).not.toContain(never);
        expect(await infra.apply(plan)).toMatchObject({ status: 'succeeded' });
      } finally {
        await infra.service.stop();
      }
    },
    60_000,
  );
});
