/** Cloud accounts over HTTP and as the other slices use them, on both databases. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CodebuildConfig } from '../config.js';
import { codebuildMigrations } from '../migrations/all.js';
import type { BuildQuota } from '../ports/build-quota.js';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';
import { BuildLimits } from './build-limits.js';
import { keepBuiltinAccounts } from './builtin-accounts.js';
import { CloudAccounts } from './cloud-accounts.js';

const PATH = '/api/v1/cloud-accounts';
const KEYS = { type: 'static_keys', access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: 'very-secret-key-of-test' };
const role = (via: string) => ({ type: 'assume_role', role_arn: 'arn:aws:iam::123456789012:role/builder', via });

describe.each(testDatabases())('cloud accounts on $kind', (kind) => {
  let service: TestService<CodebuildSchema>;
  beforeAll(async () => {
    service = await startTestService(codebuild, kind);
  });
  afterAll(() => service.stop());
  const make = (name: string, more: object = {}) =>
    service.send('POST', PATH, { name, credential: KEYS, regions: ['eu-central-1', 'us-east-1'], ...more });

  test('on one machine without AWS there is the local account, and it is the default', async () => {
    const { body } = await service.send('GET', PATH);
    expect(body.items).toMatchObject([
      { name: 'local', kind: 'local', regions: ['local'], is_default: true, builtin: true },
    ]);
    expect((await service.send('DELETE', `${PATH}/local`)).body.code).toBe('cloud_account_builtin');
    expect((await service.send('PATCH', `${PATH}/local`, { credential: KEYS })).status).toBe(400);
    expect((await make('environment')).body.code).toBe('account_name_taken');
  });

  test('a credential is sealed, never comes back, and is masked in the log', async () => {
    const made = await make('keyed');
    expect(made).toMatchObject({ status: 201, body: { kind: 'static_keys', access_key: 'MPLE', account_id: null } });
    expect((await make('keyed')).body.code).toBe('cloud_account_exists');
    const { db } = service.test.database;
    const row = await db.selectFrom('cloud_accounts').selectAll().where('name', '=', 'keyed').executeTakeFirstOrThrow();
    const outbox = await db.selectFrom('outbox').select('record').execute();
    for (const text of [JSON.stringify(made.body), JSON.stringify(row), JSON.stringify(outbox)]) {
      expect(text).not.toContain(KEYS.secret_key);
      expect(text).not.toContain(KEYS.access_key);
    }
    expect(outbox.some(({ record }) => record.includes('cloud_account.create'))).toBe(true);
    const changed = await service.send('PATCH', `${PATH}/keyed`, { credential: role('keyed2'), description: 'x' });
    expect(changed.body.errors).toMatchObject([{ field: 'credential.via' }]);
  });

  test('a role is assumed as another account; circles and the local account are refused', async () => {
    await make('base');
    expect((await make('first', { credential: role('base') })).status).toBe(201);
    expect((await make('second', { credential: { ...role('first'), external_id: 'team-7' } })).body).toMatchObject({
      kind: 'assume_role',
      via: 'first',
      external_id: 'team-7',
    });
    const circle = await service.send('PATCH', `${PATH}/first`, { credential: role('second') });
    expect(circle).toMatchObject({ status: 400, body: { errors: [{ field: 'credential.via' }] } });
    expect(circle.body.detail).toContain('first → second → first');
    expect((await make('third', { credential: role('local') })).status).toBe(400);
    expect((await service.send('DELETE', `${PATH}/base`)).body).toMatchObject({ code: 'cloud_account_in_use' });
  });

  test('an account that build projects use stays', async () => {
    await make('busy');
    const { db } = service.test.database;
    const now = new Date().toISOString();
    await db
      .insertInto('build_projects')
      .values({
        id: '00000000-0000-7000-8000-00000000aaaa',
        name: 'shop',
        account: 'busy',
        region: 'eu-central-1',
        engine: 'codebuild',
        arn: null,
        team: 'default',
        description: '',
        settings: '{}',
        webhook_secret: null,
        webhook_url: null,
        badge_token: null,
        badge_url: null,
        imported: 0,
        build_count: 0,
        created_by: 'x',
        created_at: now,
        updated_at: now,
      })
      .execute();
    const refused = await service.send('DELETE', `${PATH}/busy`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'cloud_account_in_use' } });
    expect(refused.body.detail).toContain('shop');
    await db.deleteFrom('build_projects').execute();
    expect((await service.send('DELETE', `${PATH}/busy`)).status).toBe(204);
  });

  test('a key that was copied with a line break, and an external id that AWS would not take, are named', async () => {
    const broken = await make('broken', { credential: { ...KEYS, secret_key: `${KEYS.secret_key}\n` } });
    expect(broken).toMatchObject({ status: 400, body: { errors: [{ field: 'credential.secret_key' }] } });
    const odd = await make('odd', { credential: { ...role('keyed'), external_id: 'two words' } });
    expect(odd).toMatchObject({ status: 400, body: { errors: [{ field: 'credential.external_id' }] } });
  });

  test('one account is the default; a built-in one takes over when it goes', async () => {
    const defaults = async () =>
      (await service.send('GET', PATH)).body.items
        .filter(({ is_default }: { is_default: boolean }) => is_default)
        .map(({ name }: { name: string }) => name);
    await make('main', { is_default: true });
    expect(await defaults()).toEqual(['main']);
    expect((await service.send('DELETE', `${PATH}/main`)).status).toBe(204);
    expect(await defaults()).toEqual(['local']);
  });

  test('who may not', async () => {
    expect((await service.send('GET', PATH, undefined, { as: 'developer' })).status).toBe(403);
    expect((await service.send('POST', PATH, {}, { as: 'viewer' })).status).toBe(403);
  });
});

describe.each(testDatabases())('access to accounts on $kind', ({ open }) => {
  async function opened(env: Record<string, string>, quota: () => Promise<number | null> = async () => 40) {
    const test = await open<CodebuildSchema>(codebuildMigrations);
    const folder = mkdtempSync(join(tmpdir(), 'access-keys-'));
    onTestFinished(async () => {
      await test.drop();
      rmSync(folder, { recursive: true });
    });
    const asked: string[] = [];
    const quotas: BuildQuota = {
      concurrentBuilds: async ({ region }) => {
        asked.push(region);
        return quota();
      },
    };
    const start = (more: Record<string, string>) =>
      keepBuiltinAccounts(test.database, CodebuildConfig.parse(more), systemClock);
    await start(env);
    const accounts = new CloudAccounts({
      database: test.database,
      box: new SecretBox(keySource(undefined, folder)),
      limits: new BuildLimits(quotas, systemClock),
      localConcurrentBuilds: 3,
    });
    return { accounts, asked, start };
  }
  const AWS = { MODE: 'local', AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_REGION: 'eu-west-1' };

  test('an identity at AWS in the environment becomes the default, and leaves with its variables', async () => {
    const { accounts, start } = await opened({ MODE: 'local' });
    expect(await accounts.facts(undefined)).toEqual({ name: 'local', engine: 'local', regions: ['local'] });
    expect(await accounts.session(undefined, undefined)).toBeNull();
    await start(AWS);
    expect(await accounts.facts(undefined)).toEqual({
      name: 'environment',
      engine: 'codebuild',
      regions: ['eu-west-1'],
    });
    expect(await accounts.session(undefined, 'us-west-2')).toEqual({
      account: 'environment',
      region: 'us-west-2',
      credential: { type: 'environment' },
    });
    await start({ ...AWS, AWS_REGION: 'eu-west-3' });
    expect((await accounts.facts('environment')).regions).toEqual(['eu-west-3', 'eu-west-1']);
    await start({ MODE: 'local' });
    expect((await accounts.facts(undefined)).name).toBe('local');
    await expect(accounts.facts('environment')).rejects.toMatchObject({ code: 'account_unknown' });
    await expect(accounts.session('local', 'eu-west-1')).rejects.toMatchObject({
      code: 'region_unknown',
      fields: [{ field: 'region' }],
    });
  });

  test('in production there is no local account', async () => {
    const { accounts } = await opened({ MODE: 'production' });
    expect((await accounts.facts(undefined)).name).toBe('environment');
    await expect(accounts.facts('local')).rejects.toMatchObject({ code: 'account_unknown' });
  });

  test('the limit of builds: this machine’s setting, the quota asked once, a guess with its reason', async () => {
    const { accounts, asked } = await opened(AWS);
    expect((await accounts.buildLimit('local', 'local')).limit).toBe(3);
    const limits = await Promise.all([1, 2, 3].map(() => accounts.buildLimit('environment', 'eu-west-1')));
    expect(limits.map(({ limit }) => limit)).toEqual([40, 40, 40]);
    expect(asked).toEqual(['eu-west-1']);
    const refusing = await opened(AWS, async () => {
      throw new AppError('forbidden', 'aws_access_denied', 'servicequotas:ListServiceQuotas is not allowed');
    });
    expect(await refusing.accounts.buildLimit('environment', 'eu-west-1')).toMatchObject({
      limit: 10,
      reason: expect.stringContaining('servicequotas:ListServiceQuotas') as unknown,
    });
  });
});
