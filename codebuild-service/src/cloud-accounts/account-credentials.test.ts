/** Credentials for other services: of a role from moto's STS, of keys as they were kept. */
import { ServiceTokens, keysIn } from '@aws-deployer/platform/auth/service-token';
import { findMotoPython, startMoto } from '@aws-deployer/platform/testing/moto';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService } from '@aws-deployer/platform/testing/test-service';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const SECRET = 'very-secret-key-of-test';
const KEYS = { type: 'static_keys', access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: SECRET };

describe.skipIf(missing).each(testDatabases())('credentials handed out, on $kind', (kind) => {
  test('a role gives keys for an hour, kept keys go as they are; each reading is recorded, none is kept', async () => {
    const moto = await startMoto();
    onTestFinished(() => moto.stop());
    process.env['AWS_ENDPOINT_URL'] = moto.url; // the clients read it by themselves
    const service = await startTestService<CodebuildSchema>(codebuild, kind, { env: { AWS_ENDPOINT_URL: moto.url } });
    onTestFinished(async () => {
      delete process.env['AWS_ENDPOINT_URL'];
      await service.stop();
    });
    const add = (name: string, credential: object) =>
      service.send('POST', '/api/v1/cloud-accounts', { name, credential, regions: ['eu-central-1', 'us-east-1'] });
    await add('main', KEYS);
    await add('prod', { type: 'assume_role', role_arn: 'arn:aws:iam::123456789012:role/infra', via: 'main' });

    const token = await new ServiceTokens('infra', keysIn(service.test.env.DATA_DIR)).issue('codebuild', 'ann');
    const ask = (name: string, body: object = { region: null, purpose: 'plan of shop' }) =>
      service.send('POST', `/internal/v1/cloud-accounts/${name}/credentials`, body, {
        as: null,
        headers: { authorization: `Bearer ${token}` },
      });
    const kept = await ask('main');
    expect(kept).toMatchObject({ status: 200, body: { secret_key: SECRET, session_token: null, expires_at: null } });
    const role = (await ask('prod', { region: 'us-east-1', purpose: 'apply of shop' })).body;
    expect(role).toMatchObject({ account: 'prod', region: 'us-east-1' });
    expect(role.access_key).toMatch(/^ASIA/);
    expect(role.session_token).toEqual(expect.any(String));
    expect(Date.parse(role.expires_at)).toBeGreaterThan(Date.now() + 3_000_000);

    expect(await ask('local')).toMatchObject({ status: 400, body: { code: 'account_no_credentials' } });
    expect(await ask('nobody')).toMatchObject({ status: 400, body: { code: 'account_unknown' } });
    expect(await ask('main', { region: 'eu-west-3', purpose: 'x' })).toMatchObject({
      body: { code: 'region_unknown' },
    });
    const path = '/internal/v1/cloud-accounts/main/credentials';
    expect((await service.send('POST', path, { region: null, purpose: 'x' })).status).toBe(401);

    const rows = await service.test.database.db.selectFrom('outbox').select('record').execute();
    const reads = rows
      .map(({ record }) => JSON.parse(record) as { action_type: string; target: string; user_id: string })
      .filter(({ action_type }) => action_type === 'secret.read');
    expect(reads.map(({ target, user_id }) => [target, user_id])).toEqual([
      ['main', 'ann'],
      ['prod', 'ann'],
    ]);
    for (const secret of [SECRET, role.secret_key, role.session_token])
      expect(JSON.stringify(rows)).not.toContain(secret);
  }, 60_000);
});
