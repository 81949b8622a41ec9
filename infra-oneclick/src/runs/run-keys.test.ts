/** A run that lasts longer than the keys of its account: Terraform's own S3 backend signs with the renewed ones, against moto. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { migrationsOf, runServices } from '@aws-deployer/platform/runtime/run-services';
import { findMotoPython, startMoto } from '@aws-deployer/platform/testing/moto';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { principalOf } from '@aws-deployer/platform/testing/test-service';
import { request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { holdRequests } from '../testing/held-requests.js';
import type { InfraSchema } from '../schema.js';
import { infra as module } from '../service.js';
import { hasTerraform, until } from '../testing/infra-harness.js';
import { RunKeys } from './run-keys.js';

const missing = !hasTerraform() || (process.env['CI'] === undefined && (await findMotoPython()) === null);
const REGION = 'us-east-1';
const LIFE_MS = 10_000;
const MAIN = (gate: string) => `
terraform {
  backend "s3" {
    use_path_style              = true
    skip_metadata_api_check     = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    use_lockfile                = true
  }
}
resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "echo begun with $\${AWS_ACCESS_KEY_ID:-no key} > ${gate}.begun; until [ -e ${gate} ]; do sleep 0.05; done"
  }
}
`;

/** codebuild-service as far as keys go: each asking gives others, which live a few seconds. */
async function shortKeys(): Promise<{ url: string; given: { id: string; expires: number }[] }> {
  const given: { id: string; expires: number }[] = [];
  const server = createServer((_request, answer) => {
    const expires = Date.now() + LIFE_MS;
    given.push({ id: `ASIAKEYNUMBER${String(given.length).padStart(3, '0')}`, expires });
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end(
      JSON.stringify({
        account: 'prod',
        region: REGION,
        access_key: given.at(-1)?.id,
        secret_key: 'very-secret-of-the-role',
        session_token: 'token-of-the-session',
        expires_at: new Date(expires).toISOString(),
      }),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, given };
}

test.skipIf(missing)(
  'an apply outlives the keys that it began with, and leaves none behind',
  async () => {
    const moto = await startMoto();
    onTestFinished(() => moto.stop());
    const used = new Set<string>();
    const way = await holdRequests(moto.url, ({ authorization }) => {
      used.add(/Credential=([^/]+)/.exec(authorization ?? '')?.[1] ?? '');
    });
    onTestFinished(() => way.stop());
    const s3 = new S3Client({
      endpoint: moto.url,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
    });
    await s3.send(new CreateBucketCommand({ Bucket: 'states' }));
    s3.destroy();
    const folder = await mkdtemp(join(tmpdir(), 'infra-keys-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const gate = join(folder, 'gate');
    const root = join(folder, 'environments', 'long');
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'main.tf'), MAIN(gate));
    const codebuild = await shortKeys();
    const [kind] = testDatabases();
    if (kind === undefined) throw new Error('no database');
    const opened = await kind.open<InfraSchema>(migrationsOf(module), 'infra');
    const { env } = opened;
    const { db } = opened.database;
    const running = await runServices({
      port: 0,
      host: '127.0.0.1',
      services: [
        {
          module,
          env: {
            ...env,
            MODE: 'production',
            PATH: process.env['PATH'],
            TERRAFORM_DIR: folder,
            AWS_ENDPOINT_URL: way.url,
            CODEBUILD_URL: codebuild.url,
          },
        },
      ],
      allInOne: false,
      log: silentLogger,
      principals: { resolve: async () => principalOf('devops'), forget: () => undefined },
    });
    onTestFinished(async () => {
      await running.stop();
      await opened.drop();
    });
    const send = async (method: 'GET' | 'POST', path: string, body?: object) => {
      const answer = await request(new URL(`/api/v1/infra${path}`, running.url), {
        method,
        headers: { authorization: 'Bearer x', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
      });
      return { status: answer.statusCode, body: (await answer.body.json()) as InfraRunView };
    };
    const ended = (id: string) =>
      until(async () => {
        const { body } = await send('GET', `/runs/${id}`);
        return body.ended_at !== null && body;
      });
    const made = await send('POST', '/environments', {
      name: 'long',
      module: 'repository/long',
      account: 'prod',
      region: REGION,
      backend: { bucket: 'states', key: 'long.tfstate', region: REGION },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const plan = await ended((await send('POST', '/environments/long/runs', { kind: 'plan' })).body.id);
    expect(plan, JSON.stringify(plan.failure)).toMatchObject({ status: 'succeeded' });

    const before = codebuild.given.length;
    const { id } = (await send('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash ?? '' })).body;
    await until(async () => existsSync(`${gate}.begun`));
    expect(readFileSync(`${gate}.begun`, 'utf8')).toBe('begun with no key\n');
    const runs = join(env.DATA_DIR, 'infra', 'environments', plan.environment_id, 'runs');
    const file = join(runs, id, 'keys.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const begun = codebuild.given[before];
    // It is renewed while the first ones are still good, again and again, and Terraform goes on past their end.
    await until(async () => Date.now() > (begun?.expires ?? 0) && codebuild.given.length >= before + 3);
    const inFile = JSON.parse(readFileSync(file, 'utf8')) as { AccessKeyId: string; Expiration: string };
    expect(Date.parse(inFile.Expiration)).toBeGreaterThan(Date.now());
    used.clear();
    writeFileSync(gate, '');
    const run = await ended(id);
    expect(run, JSON.stringify(run.failure)).toMatchObject({ status: 'succeeded', made_version: 1 });
    expect([...used]).not.toContain(begun?.id);
    const later = codebuild.given.slice(before + 1).map((one) => one.id);
    for (const one of used) expect(later).toContain(one);
    for (const one of await readdir(runs))
      expect((await readdir(join(runs, one))).filter((name) => name.startsWith('keys'))).toEqual([]);
    const kept = JSON.stringify([
      await db.selectFrom('infra_run_events').selectAll().execute(),
      await db.selectFrom('infra_runs').selectAll().execute(),
      await db.selectFrom('outbox').selectAll().execute(),
    ]);
    for (const secret of ['very-secret-of-the-role', 'token-of-the-session']) expect(kept).not.toContain(secret);
  },
  90_000,
);

test('who takes a run over goes on with the file that is there; what cannot be renewed is tried again', async () => {
  const folder = await mkdtemp(join(tmpdir(), "infra keys' "));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let asked = 0;
  const warned: unknown[] = [];
  const keys = () =>
    new RunKeys({
      folder,
      ask: async () => {
        asked += 1;
        if (asked === 2) throw new Error('away');
        return {
          variables: { AWS_ACCESS_KEY_ID: `key-${asked}`, AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: REGION },
          expiresAt: new Date(Date.now() + 3_600_000),
        };
      },
      warn: (error) => warned.push(error),
    });
  const first = await keys().forProcess();
  expect(first).not.toHaveProperty('AWS_ACCESS_KEY_ID');
  expect(first).toMatchObject({ AWS_REGION: REGION, AWS_CONFIG_FILE: join(folder, 'keys.config') });
  const ended = new AbortController();
  const fresh = keys().keepFresh(ended.signal);
  await until(async () => readFileSync(join(folder, 'keys.json'), 'utf8').includes('key-3'));
  expect(warned).toHaveLength(1);
  ended.abort();
  await fresh;
}, 20_000);
