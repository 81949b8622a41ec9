/** Logins of registries: kept, renewed, for the right account; the repository of a first push. On both databases. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { outboxMigrations, platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BuildLimits } from '../cloud-accounts/build-limits.js';
import { CloudAccountService } from '../cloud-accounts/cloud-account-service.js';
import { CloudAccounts } from '../cloud-accounts/cloud-accounts.js';
import { codebuildMigrations } from '../migrations/all.js';
import type { ImageRepositories, ImageRepository } from '../ports/image-repositories.js';
import type { CodebuildSchema } from '../schema.js';
import { ImagePlaces } from './image-places.js';
import { ImageTokens } from './image-tokens.js';
import { ecrRegistryOf } from './registry-host.js';

const HOUR = 3_600_000;
const ORIGIN = platformOrigin('deployer', 'POST /internal/v1/registry-tokens');
const hostOf = (number: string, region = 'eu-central-1') => `${number}.dkr.ecr.${region}.amazonaws.com`;

test('hosts of ECR, and no others', () => {
  expect(ecrRegistryOf(hostOf('123456789012'))).toEqual({ registryId: '123456789012', region: 'eu-central-1' });
  expect(ecrRegistryOf('123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn')?.region).toBe('cn-north-1');
  for (const host of ['docker.io', '127.0.0.1:5000', 'public.ecr.aws', '1.dkr.ecr.eu-central-1.amazonaws.com'])
    expect(ecrRegistryOf(host)).toBeNull();
});

describe.each(testDatabases())('logins of registries on $kind', ({ open }) => {
  async function startTokens() {
    const opened = await open<CodebuildSchema>({ ...outboxMigrations, ...codebuildMigrations });
    const { database } = opened;
    const folder = mkdtempSync(join(tmpdir(), 'access-keys-'));
    onTestFinished(async () => {
      await opened.drop();
      rmSync(folder, { recursive: true });
    });
    let now = Date.now();
    const clock = { now: () => new Date(now) };
    const box = new SecretBox(keySource(undefined, folder));
    const limits = new BuildLimits({ concurrentBuilds: async () => null }, clock);
    const accounts = new CloudAccounts({ database, box, limits, localConcurrentBuilds: 1 });
    const service = new CloudAccountService({ database, box, clock, changed: () => undefined });
    for (const name of ['first', 'second'])
      await service.create(
        {
          name,
          description: '',
          credential: {
            type: 'static_keys',
            access_key: `AKIA${name.toUpperCase().padEnd(12, 'X')}`,
            secret_key: name,
          },
          regions: ['eu-central-1'],
          is_default: name === 'first',
          concurrent_builds: null,
        },
        ORIGIN,
      );
    const asked: string[] = [];
    const made: string[] = [];
    let failing = false;
    const repositories: Pick<ImageRepositories, 'token' | 'get' | 'create'> = {
      token: async ({ account }) => {
        asked.push(account ?? '');
        if (failing) throw new AppError('unavailable', 'aws_unreachable', 'AWS ECR cannot be reached');
        return { username: 'AWS', password: `token-${asked.length}`, expiration: new Date(now + 12 * HOUR) };
      },
      get: async (_session, name) => {
        if (!made.includes(name)) throw new AppError('not_found', 'aws_not_found', 'no such repository');
        return repositoryOf(name);
      },
      create: async (_session, { name }) => {
        made.push(name);
        return repositoryOf(name);
      },
    };
    const identity = { first: '111111111111', second: '222222222222' };
    const places = new ImagePlaces(database, accounts, {
      identity: async ({ account }) => ({ accountId: identity[account as 'first'], arn: 'arn:aws:iam::1:user/x' }),
      simulate: async () => new Map(),
      probe: async () => null,
    });
    const register = new Registry();
    const tokens = new ImageTokens({
      database,
      places,
      repositories: repositories as ImageRepositories,
      clock,
      register,
    });
    return {
      database,
      asked,
      made,
      register,
      later: (ms: number) => (now += ms),
      fail: (is: boolean) => (failing = is),
      login: (number: string, more: object = {}) =>
        tokens.forRegistry({ host: hostOf(number), push: false, ...more }, { ...ORIGIN }, AbortSignal.timeout(10_000)),
    };
  }
  const repositoryOf = (name: string): ImageRepository => ({
    name,
    uri: `${hostOf('111111111111')}/${name}`,
    arn: '',
    registryId: '111111111111',
    tagMutability: 'mutable',
    scanOnPush: true,
    encryption: 'AES256',
    createdAt: null,
  });

  test('one login for all who ask, renewed half an hour before it expires, and kept while a renewal fails', async () => {
    const { login, asked, later, fail, register } = await startTokens();
    const first = await Promise.all(Array.from({ length: 20 }, () => login('111111111111')));
    expect(new Set(first.map(({ password }) => password))).toEqual(new Set(['token-1']));
    later(11 * HOUR);
    expect((await login('111111111111')).password).toBe('token-1');
    later(HOUR / 2 + 1000);
    fail(true);
    expect((await login('111111111111')).password).toBe('token-1');
    fail(false);
    const renewed = await Promise.all(Array.from({ length: 20 }, () => login('111111111111')));
    expect(new Set(renewed.map(({ password }) => password))).toEqual(new Set(['token-3']));
    expect(asked).toHaveLength(3);
    const metrics = await register.metrics();
    expect(metrics).toContain('codebuild_registry_tokens_issued_total{account="first",region="eu-central-1"} 2');
    expect(metrics).toContain(
      'codebuild_registry_token_seconds_to_expiry{account="first",region="eu-central-1"} 43200',
    );
  });

  test('the account whose number the registry has signs in; for a stranger’s the default one', async () => {
    const { login, asked } = await startTokens();
    await login('222222222222');
    await login('333333333333');
    expect(asked).toEqual(['second', 'first']);
    const elsewhere = login('222222222222', { host: hostOf('222222222222', 'eu-west-3') });
    await expect(elsewhere).rejects.toMatchObject({ code: 'region_unknown' });
  });

  test('the first push makes the repository, once, and it is on the log; a pull makes none', async () => {
    const { login, made, database } = await startTokens();
    await login('111111111111', { repository: 'team/shop' });
    expect(made).toEqual([]);
    await login('111111111111', { repository: 'team/shop', push: true });
    await login('111111111111', { repository: 'team/shop', push: true });
    expect(made).toEqual(['team/shop']);
    const records = await database.db.selectFrom('outbox').select('record').execute();
    expect(records.filter(({ record }) => record.includes('image_repository.create'))).toHaveLength(1);
    expect(records.some(({ record }) => record.includes('token-'))).toBe(false);
  });

  test('without an account at AWS there is no login', async () => {
    const { login, database } = await startTokens();
    await database.db.deleteFrom('cloud_accounts').execute();
    await expect(login('111111111111')).rejects.toMatchObject({ code: 'registry_account_unknown' });
  });
});
