/** Terraform as a named cloud account: codebuild-service hands the keys out, on record, to the process of Terraform alone. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { codebuild } from '@aws-deployer/codebuild-service/service';
import { infra } from '@aws-deployer/infra-oneclick/service';
import { keysIn } from '@aws-deployer/platform/auth/service-token';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { migrationsOf, runServices } from '@aws-deployer/platform/runtime/run-services';
import type { PlatformSchema } from '@aws-deployer/platform/runtime/service';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { principalOf } from '@aws-deployer/platform/testing/test-service';
import { request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { findProgram } from './terraform-machine.js';

const missing = findProgram('terraform') === undefined && process.env['CI'] !== 'true';
const SECRET = 'the-secret-of-prod';

test.skipIf(missing)(
  'a run has the keys of its account in its process, and nothing that is kept has them',
  async () => {
    const [kind] = testDatabases();
    if (kind === undefined) throw new Error('no database');
    const [ofInfra, ofCodebuild] = [
      await kind.open<PlatformSchema>(migrationsOf(infra), 'infra'),
      await kind.open<PlatformSchema>(migrationsOf(codebuild), 'codebuild'),
    ];
    const shared = { MODE: 'local', PATH: process.env['PATH'] };
    const { DATA_DIR } = ofInfra.env;
    keysIn(DATA_DIR); // one installation: both know each other's tokens
    await cp(join(DATA_DIR, 'keys'), join(ofCodebuild.env.DATA_DIR, 'keys'), { recursive: true });
    const running = await runServices({
      port: 0,
      host: '127.0.0.1',
      services: [
        { module: infra, env: { ...ofInfra.env, ...shared } },
        { module: codebuild, env: { ...ofCodebuild.env, ...shared } },
      ],
      allInOne: true,
      log: silentLogger,
      principals: { resolve: async () => principalOf('devops'), forget: () => undefined },
    });
    onTestFinished(async () => {
      await running.stop();
      await ofInfra.drop();
      await ofCodebuild.drop();
    });
    const send = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
      const answer = await request(new URL(`/api/v1${path}`, running.url), {
        method,
        headers: { authorization: 'Bearer x', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const json = await answer.body.json();
      expect(answer.statusCode, JSON.stringify(json)).toBeLessThan(300);
      return json;
    };
    const ended = async (run: unknown): Promise<InfraRunView> => {
      for (;;) {
        const seen = (await send('GET', `/infra/runs/${(run as InfraRunView).id}`)) as InfraRunView;
        if (seen.ended_at !== null) return seen;
        await wait(50);
      }
    };
    const credential = { type: 'static_keys', access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: SECRET };
    await send('POST', '/cloud-accounts', { name: 'prod', credential, regions: ['eu-west-1'] });
    const folder = join(DATA_DIR, 'infra', 'modules', 'prod');
    const seen = join(DATA_DIR, 'seen');
    await mkdir(folder, { recursive: true });
    const script = `echo "$AWS_ACCESS_KEY_ID $AWS_REGION" > ${seen}; echo "$AWS_SECRET_ACCESS_KEY"`;
    await writeFile(
      join(folder, 'main.tf'),
      `resource "terraform_data" "one" {\n  provisioner "local-exec" {\n    command = ${JSON.stringify(script)}\n  }\n}\n`,
    );
    await send('POST', '/infra/environments', {
      name: 'prod',
      module: 'local/prod',
      account: 'prod',
      region: 'eu-west-1',
    });
    const plan = await ended(await send('POST', '/infra/environments/prod/runs', { kind: 'plan' }));
    expect(plan, JSON.stringify(plan.failure)).toMatchObject({ status: 'succeeded' });
    const applied = await ended(await send('POST', `/infra/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash }));
    expect(applied, JSON.stringify(applied.failure)).toMatchObject({ status: 'succeeded' });
    expect(await readFile(seen, 'utf8')).toBe('AKIAIOSFODNN7EXAMPLE eu-west-1\n');

    const { db } = ofCodebuild.database;
    const records = (await db.selectFrom('outbox').select('record').execute()).map(
      ({ record }) =>
        JSON.parse(record) as { action_type: string; target: string; user_id: string; response_summary: string },
    );
    expect(
      records
        .filter(({ action_type }) => action_type === 'secret.read')
        .map(({ target, user_id }) => [target, user_id]),
    ).toEqual([
      ['prod', principalOf('devops').userId],
      ['prod', principalOf('devops').userId],
    ]);
    const events = await request(new URL(`/api/v1/infra/runs/${applied.id}/events`, running.url), {
      headers: { authorization: 'Bearer x' },
    });
    const shown = await events.body.text();
    expect(shown).toContain('[masked]');
    for (const text of [
      shown,
      JSON.stringify(records),
      JSON.stringify(await ofInfra.database.db.selectFrom('outbox').selectAll().execute()),
    ])
      expect(text).not.toContain(SECRET);
  },
  90_000,
);
