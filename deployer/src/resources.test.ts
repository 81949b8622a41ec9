/** Secrets, registries, environments, applications and the mission's paths over HTTP, on both databases. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { gitBody, startDeployer, type DeployerHarness } from './testing/deployer-harness.js';

const SERVER = 'require("http").createServer((q, s) => s.end("hi")).listen(process.env.PORT)';

describe.each(testDatabases())('resources of the deployer on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeAll(async () => {
    deployer = await startDeployer(kind);
  });
  afterAll(() => deployer.stop());
  const send = (method: string, path: string, body?: unknown, as: 'admin' | 'developer' = 'admin') =>
    deployer.service.send(method, path, body, { as });

  test('secrets: versions, types, no value ever comes back, the key is its owner’s alone', async () => {
    const bad = await send('POST', '/api/v1/secrets', { name: 'git', type: 'git_token', values: { pass: 'x' } });
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ field: 'values.token' }] } });
    const made = await send('POST', '/api/v1/secrets', { name: 'api', values: { KEY: 'value-one' } }, 'developer');
    expect(made).toMatchObject({ status: 201, body: { version: 1, keys: ['KEY'], environment: null } });
    expect((await send('POST', '/api/v1/secrets', { name: 'api', values: { A: 'b' } })).status).toBe(409);
    const path = `/api/v1/secrets/${made.body.id}`;
    const next = await send('PATCH', path, { values: { KEY: 'value-two', MORE: 'x' } });
    expect(next).toMatchObject({ status: 200, body: { version: 2, keys: ['KEY', 'MORE'] } });
    for (const answer of [made, next, await send('GET', path), await send('GET', '/api/v1/secrets')])
      expect(JSON.stringify(answer.body)).not.toContain('value-');
    const file = join(deployer.service.test.env.DATA_DIR, 'keys', 'secrets.key');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(Buffer.from(await readFile(file, 'utf8'), 'base64')).toHaveLength(32);
    expect((await send('DELETE', path)).status).toBe(204);
    expect((await send('GET', path)).status).toBe(404);
    const rows = await deployer.service.test.database.db.selectFrom('secret_versions').selectAll().execute();
    expect(rows.filter(({ secret_id }) => secret_id === made.body.id)).toEqual([]);
  });

  test('a secret stays while a release that runs pulls with it, or one that is rolled out needs it', async () => {
    const values = { username: 'ann', password: 'pass-word-1' };
    const pull = (await send('POST', '/api/v1/secrets', { name: 'puller', type: 'registry', values })).body;
    const source = { type: 'image', image: 'registry.example.com/team/shop:1', credential: 'puller' };
    expect((await deployer.ended((await deployer.create(gitBody('puller', { source }))).id)).state).toBe('stable');
    const inUse = { status: 409, body: { code: 'secret_in_use' } };
    expect(await send('DELETE', `/api/v1/secrets/${pull.id}`)).toMatchObject(inUse);

    const held = (await send('POST', '/api/v1/secrets', { name: 'held', values: { KEY: 'value-one' } })).body;
    const body = gitBody('holder', { workload: { secrets: ['held'] }, monitor_seconds: 600 });
    const { id } = await deployer.create(body);
    await deployer.until(id, ({ state }) => state === 'monitoring');
    expect(await send('DELETE', `/api/v1/secrets/${held.id}`)).toMatchObject(inUse);
    await send('POST', `/api/v1/deployments/${id}/cancel`, {});
    await deployer.ended(id);
    expect((await send('DELETE', `/api/v1/secrets/${held.id}`)).status).toBe(204);
  });

  test('a secret of the environment goes before one for all', async () => {
    await send('POST', '/api/v1/secrets', { name: 'level', values: { LEVEL: 'all-of-them' } });
    await send('POST', '/api/v1/secrets', { name: 'level', environment: 'staging', values: { LEVEL: 'only-staging' } });
    const created = await deployer.create(
      gitBody('levelled', { environment: 'staging', workload: { secrets: ['level'] } }),
    );
    await deployer.ended(created.id);
    const secret = deployer.engines.cluster.applied.findLast(({ kind: what }) => what === 'Secret');
    expect((secret?.['data'] as Record<string, string>)['LEVEL']).toBe(Buffer.from('only-staging').toString('base64'));
  });

  const defaults = async () =>
    (await send('GET', '/api/v1/registries')).body.items
      .filter(({ is_default }: { is_default: boolean }) => is_default)
      .map(({ name }: { name: string }) => name);

  test('registries: the embedded one is the default until another is, and again when that goes', async () => {
    expect(await defaults()).toEqual(['embedded']);
    const made = await send('POST', '/api/v1/registries', {
      name: 'hub',
      url: 'https://registry.example.com/team',
      username: 'ann',
      password: 'pass-word-1',
      is_default: true,
    });
    expect(made).toMatchObject({ status: 201, body: { username: 'ann', embedded: false } });
    expect(JSON.stringify(made.body)).not.toContain('pass-word');
    expect(await defaults()).toEqual(['hub']);
    const last = await deployer.ended((await deployer.create(gitBody('pushed'))).id);
    expect(last.image).toMatch(/^registry\.example\.com\/team\/pushed:/);
    const pull = deployer.engines.cluster.applied.findLast(
      ({ kind: what, metadata }) => what === 'Secret' && metadata.name.endsWith('-pull'),
    );
    expect(pull?.['type']).toBe('kubernetes.io/dockerconfigjson');
    expect((await send('DELETE', `/api/v1/registries/${made.body.id}`)).status).toBe(204);
    expect(await defaults()).toEqual(['embedded']);
    const plain = await send('POST', '/api/v1/registries', { name: 'far', url: 'http://registry.example.com' });
    expect(plain).toMatchObject({ status: 400, body: { errors: [{ field: 'url' }] } });
    const embedded = (await send('GET', '/api/v1/registries/embedded')).body;
    expect((await send('DELETE', `/api/v1/registries/${embedded.id}`)).status).toBe(409);
  });

  test('a registry is changed and removed by its name as well', async () => {
    const byName = '/api/v1/registries/named';
    await send('POST', '/api/v1/registries', { name: 'named', url: 'https://named.example.com' });
    expect((await send('PATCH', byName, { is_default: true })).status).toBe(200);
    expect(await defaults()).toEqual(['named']);
    expect((await send('DELETE', byName)).status).toBe(204);
    expect((await send('GET', byName)).status).toBe(404);
    expect(await defaults()).toEqual(['embedded']);
  });

  test('environments and applications answer by name, in pages', async () => {
    const first = await send('GET', '/api/v1/environments?limit=2');
    expect(first.body.items.map(({ name }: { name: string }) => name)).toEqual(['development', 'staging']);
    const rest = await send('GET', `/api/v1/environments?limit=2&cursor=${first.body.next_cursor}`);
    expect(rest.body.items[0]).toMatchObject({ name: 'production', monitor_seconds: 300, namespace: 'production' });
    expect((await send('PATCH', '/api/v1/environments/staging', { monitor_seconds: 1 })).body.monitor_seconds).toBe(1);
    expect((await send('POST', '/api/v1/environments', { name: 'qa', namespace: 'qa-space' })).status).toBe(201);
    const view = await deployer.create(gitBody('placed', { environment: 'qa' }));
    expect(view.namespace).toBe('qa-space');
    await deployer.ended(view.id);
    expect((await send('POST', '/api/v1/applications', { name: 'placed' })).status).toBe(409);
    const described = await send('PATCH', '/api/v1/applications/placed', { description: 'in its place' });
    expect(described.body).toMatchObject({ description: 'in its place', environments: [{ environment: 'qa' }] });
    const found = await send('GET', '/api/v1/applications?q=PLAC');
    expect(found.body.items).toHaveLength(1);
    expect((await send('GET', '/api/v1/deployments/engines')).body.items).toMatchObject([{ port: 'builder' }]);
  });

  test('two applications do not share a host and path', async () => {
    const route = { host: 'shop.localhost', path: '/' };
    await deployer.ended((await deployer.create(gitBody('owner', { workload: { route } }))).id);
    const last = await deployer.ended((await deployer.create(gitBody('rival', { workload: { route } }))).id);
    expect(last).toMatchObject({ failed_state: 'preparation_failed', verdict: { code: 'route_taken' } });
  });

  test('the mission’s path to validate answers with its own body', async () => {
    const valid = await send('POST', '/deployer-api/validate', { app_name: 'one', code: SERVER });
    expect(valid.body).toMatchObject({ success: true, valid: true, language: 'node', errors: [] });
    const invalid = await send('POST', '/deployer-api/validate', { app_name: 'Not One', code: '<!doctype html>' });
    expect(invalid.body).toMatchObject({ success: false, language: 'static' });
    const bad = await send('POST', '/deployer-api/deploy', { app_name: 'x', code: 'const = (' });
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ field: 'code' }] } });
  });

  test('the mission’s path to deploy answers at once, or with the outcome', async () => {
    const body = { app_name: 'by-code', code: SERVER, k8s_kind: 'ReplicaSet', service_type: 'NodePort' };
    await send('PATCH', '/api/v1/environments/development', { monitor_seconds: 0 });
    const accepted = await send('POST', '/deployer-api/deploy', body, 'developer');
    expect(accepted).toMatchObject({ status: 202, body: { success: true } });
    expect(accepted.body.status_url).toBe(`/api/v1/deployments/${accepted.body.deployment_id}`);
    await deployer.ended(accepted.body.deployment_id);
    const waited = await send('POST', '/deployer-api/deploy?wait=true', body);
    expect(waited).toMatchObject({ status: 200, body: { success: true } });
    expect(waited.body.manifest).toContain('kind: ReplicaSet');
    expect(waited.body.logs).toContain('building');
    expect(waited.body.service_url_hint).toMatch(/^http/);
  });

  test('the mission’s path to deploy says why a release failed', async () => {
    const body = { app_name: 'by-code-2', code: SERVER, k8s_kind: 'ReplicaSet', service_type: 'NodePort' };
    await send('PATCH', '/api/v1/environments/development', { monitor_seconds: 0 });
    deployer.engines.cluster.behaviour = () => 'crash';
    const failed = await send('POST', '/deployer-api/deploy?wait=true', body);
    deployer.engines.cluster.behaviour = () => 'ready';
    expect(failed.body).toMatchObject({ success: false, error: expect.stringContaining('crash') });
  });

  test('the mission’s path to deploy takes a repository', async () => {
    await send('PATCH', '/api/v1/environments/development', { monitor_seconds: 0 });
    const repository = await send('POST', '/deployer-api/deploy', {
      repo_url: 'https://git.test/a.git',
      image_name: 'by-repo',
      tag: 'v7',
      namespace: 'elsewhere',
    });
    const last = await deployer.ended(repository.body.deployment_id);
    expect(last).toMatchObject({ state: 'stable', namespace: 'elsewhere', image: '127.0.0.1:5999/by-repo:v7' });
  });

  test('the sample says where it is missing', async () => {
    expect(await send('POST', '/api/v1/deployments/sample', {})).toMatchObject({
      status: 503,
      body: { code: 'sample_missing' },
    });
  });
});
