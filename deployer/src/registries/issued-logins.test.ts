/** Registries of clouds: a login is issued where nobody entered one, for push with the repository, never stored. */
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { keysIn, ServiceTokens } from '@aws-deployer/platform/auth/service-token';
import { ServiceClient } from '@aws-deployer/platform/http-client/service-client';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { migrationsOf } from '@aws-deployer/platform/runtime/run-services';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CodebuildRegistryLogins } from '../adapters/codebuild/codebuild-registry-logins.js';
import type { DeployerSchema } from '../schema.js';
import { SecretService } from '../secrets/secret-service.js';
import { deployer } from '../service.js';
import { DockerLogins } from './docker-logins.js';
import { RegistryAccounts } from './registry-accounts.js';
import { RegistryService } from './registry-service.js';

const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const ORIGIN = platformOrigin('deployer', 'deployment');

describe.each(testDatabases())('issued logins on $kind', (kind) => {
  async function opened(answer: () => { status: number; body: object }) {
    const store = await kind.open<DeployerSchema>(migrationsOf(deployer));
    const folder = mkdtempSync(join(tmpdir(), 'access-keys-'));
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        asked.push(body);
        const { status, body: said } = answer();
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = new ServiceClient(
      'codebuild',
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      new ServiceTokens('deployer', keysIn(folder)),
    );
    onTestFinished(async () => {
      await client.close();
      server.closeAllConnections();
      server.close();
      await store.drop();
      rmSync(folder, { recursive: true });
    });
    const box = new SecretBox(keySource(undefined, folder));
    const registries = new RegistryService(store.database, box, systemClock);
    const accounts = new RegistryAccounts(
      store.database,
      registries,
      new DockerLogins(store.database, box, systemClock),
      new SecretService(store.database, box, systemClock),
      new CodebuildRegistryLogins(client),
    );
    return { database: store.database, registries, accounts, asked };
  }
  const token = () => ({
    status: 200,
    body: { host: HOST, username: 'AWS', password: 'issued-pass-word', expires_at: '2026-11-22T08:00:00.000Z' },
  });

  test('a registry without a password: pushed to with a login for its repository, which is on the log and stored nowhere', async () => {
    const { accounts, registries, asked, database } = await opened(token);
    await registries.create({ name: 'ecr', url: `https://${HOST}/team`, is_default: true }, ORIGIN);
    const target = await accounts.pushTarget({ application: 'shop', createdById: 'u' }, {});
    expect(target.repository).toBe(`${HOST}/team/shop`);
    const push = await accounts.open(target.account, ORIGIN, 'for a test', target.repository);
    expect(push).toEqual({ host: HOST, insecure: false, username: 'AWS', password: 'issued-pass-word' });
    await accounts.open(target.account, ORIGIN, 'to pull');
    expect(asked).toEqual([{ host: HOST, repository: 'team/shop', push: true }, { host: HOST }]);
    const records = await database.db.selectFrom('outbox').select('record').execute();
    expect(records.filter(({ record }) => record.includes(`login issued for ${HOST}`))).toHaveLength(2);
    expect(JSON.stringify([records, target])).not.toContain('issued-pass-word');
  });

  test('an image that lies in such a registry is pulled with one; an entered password goes before it', async () => {
    const { accounts, registries, asked } = await opened(token);
    expect(await accounts.forHost(HOST, 'u')).toEqual({ kind: 'issued', host: HOST });
    expect(await accounts.forHost('registry.example.com', 'u')).toMatchObject({ kind: 'anonymous' });
    await registries.create(
      { name: 'ecr', url: `https://${HOST}`, username: 'AWS', password: 'entered-pass', is_default: false },
      ORIGIN,
    );
    const reference = await accounts.forHost(HOST, 'u');
    expect(await accounts.open(reference, ORIGIN, 'to pull')).toMatchObject({ password: 'entered-pass' });
    expect(asked).toEqual([]);
  });

  test('why there is no login is told as it is', async () => {
    const { accounts } = await opened(() => ({
      status: 404,
      body: {
        type: '/problems/registry_account_unknown',
        title: 'x',
        status: 404,
        detail: 'No cloud account signs in to the registry of AWS account 123456789012',
        code: 'registry_account_unknown',
        request_id: 'r-1',
        errors: [],
      },
    }));
    await expect(accounts.open({ kind: 'issued', host: HOST }, ORIGIN, 'x')).rejects.toMatchObject({
      code: 'registry_account_unknown',
    });
  });
});
