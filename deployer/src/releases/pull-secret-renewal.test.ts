/** Pull Secrets of live releases follow the login that their cloud issues, on both databases. */
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockerLogins } from '../registries/docker-logins.js';
import { RegistryAccounts } from '../registries/registry-accounts.js';
import { RegistryService } from '../registries/registry-service.js';
import { SecretService } from '../secrets/secret-service.js';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { PullSecretRenewal } from './pull-secret-renewal.js';

const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

describe.each(testDatabases())('pull secrets on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
  });
  afterAll(() => deployer.stop());

  test('each live release gets a login once, and again when it is another one; what fails is tried again', async () => {
    const { database, env } = deployer.service.test;
    for (const name of ['shop', 'till', 'own'])
      expect((await deployer.ended((await deployer.create(gitBody(name))).id)).state).toBe('stable');
    const issued = JSON.stringify({ kind: 'issued', host: HOST });
    await database.db.updateTable('releases').set({ pull_account: issued }).execute();
    const own = await database.db.selectFrom('applications').select('id').where('name', '=', 'own').executeTakeFirst();
    await database.db
      .updateTable('releases')
      .set({ pull_account: JSON.stringify({ kind: 'registry', name: 'embedded' }) })
      .where('application_id', '=', own?.id ?? '')
      .execute();

    let password = 'issued-one';
    let failing = false;
    let asked = 0;
    const box = new SecretBox(keySource(undefined, env.DATA_DIR));
    const accounts = new RegistryAccounts(
      database,
      new RegistryService(database, box, systemClock),
      new DockerLogins(database, box, systemClock),
      new SecretService(database, box, systemClock),
      {
        issues: (host) => host === HOST,
        login: async () => {
          asked += 1;
          if (failing) throw new AppError('unavailable', 'codebuild_unreachable', 'no');
          return { username: 'AWS', password };
        },
      },
    );
    const { cluster } = deployer.engines;
    const renewal = new PullSecretRenewal({
      database,
      cluster,
      accounts,
      log: silentLogger,
      recorded: () => undefined,
    });
    const { signal } = new AbortController();
    const secrets = () =>
      cluster.applied.flatMap((one) =>
        one.kind === 'Secret' && one.metadata.name.endsWith('-pull')
          ? [Buffer.from((one['data'] as Record<string, string>)['.dockerconfigjson'] ?? '', 'base64').toString()]
          : [],
      );
    expect(await renewal.renew(signal)).toBe(2);
    expect(asked).toBe(1);
    expect(secrets().every((text) => text.includes(HOST) && text.includes('issued-one'))).toBe(true);
    expect(await renewal.renew(signal)).toBe(0);
    password = 'issued-two';
    failing = true;
    expect(await renewal.renew(signal)).toBe(0);
    failing = false;
    cluster.down = true;
    expect(await renewal.renew(signal)).toBe(0);
    cluster.down = false;
    expect(await renewal.renew(signal)).toBe(2);
    expect(
      secrets()
        .slice(-2)
        .every((text) => text.includes('issued-two')),
    ).toBe(true);
    const records = await database.db.selectFrom('outbox').select('record').execute();
    const reads = records.filter(({ record }) => record.includes('pull secrets of live releases'));
    expect(reads).toHaveLength(2);
    expect(JSON.stringify(reads)).not.toContain('issued-one');
  });
});
