/** The whole way over HTTP to an account of AWS: against the stand-in that knows updates and webhooks, and against moto. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterEach, describe, expect, test } from 'vitest';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';
import { startCodeBuildDouble } from '../testing/codebuild-double.js';
import { findMotoPython, startMoto } from '@aws-deployer/platform/testing/moto';

const PATH = '/api/v1/build-projects';
const SPEC = 'version: 0.2\nphases:\n  build:\n    commands: [make]\n';
const SHOP = { name: 'shop', source: { type: 'github', location: 'https://github.com/acme/shop.git' } };
const noMoto = process.env['CI'] === undefined && (await findMotoPython()) === null;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe.each(testDatabases())('build projects in AWS on $kind', (kind) => {
  /** The SDK reads its address from the process's environment. */
  async function serviceAt<Aws extends { readonly url: string; stop(): Promise<void> }>(
    start: () => Promise<Aws>,
  ): Promise<{ aws: Aws; service: TestService<CodebuildSchema> }> {
    const aws = await start();
    stops.push(() => aws.stop());
    const before = process.env['AWS_ENDPOINT_URL'];
    process.env['AWS_ENDPOINT_URL'] = aws.url;
    stops.push(async () => {
      if (before === undefined) delete process.env['AWS_ENDPOINT_URL'];
      else process.env['AWS_ENDPOINT_URL'] = before;
    });
    const service = await startTestService<CodebuildSchema>(codebuild, kind, { env: { AWS_ENDPOINT_URL: aws.url } });
    stops.push(() => service.stop());
    const made = await service.send('POST', '/api/v1/cloud-accounts', {
      name: 'main',
      credential: { type: 'static_keys', access_key: 'AKIAIOSFODNN7EXAMPLE', secret_key: 'very-secret-key-of-test' },
      regions: ['eu-central-1'],
      is_default: true,
    });
    expect(made.status).toBe(201);
    return { aws, service };
  }

  test('made, changed with its webhook, and deleted', async () => {
    const { aws, service } = await serviceAt(startCodeBuildDouble);
    const made = await service.send('POST', PATH, { ...SHOP, buildspec: { type: 'template', template: 'node' } });
    expect(made).toMatchObject({ status: 201, body: { account: 'main', engine: 'codebuild', webhook_secret: null } });
    expect(aws.projects.get('shop')).toMatchObject({
      tags: [{ key: 'aws-deployer', value: 'build-project' }],
      source: { type: 'GITHUB', buildspec: made.body.buildspec.text },
      environment: {
        computeType: 'BUILD_GENERAL1_SMALL',
        image: 'aws/codebuild/standard:7.0',
        type: 'LINUX_CONTAINER',
      },
      artifacts: { type: 'NO_ARTIFACTS' },
    });
    const hooked = await service.send('PATCH', `${PATH}/shop`, { webhook: {}, timeout_minutes: 15 });
    expect(hooked).toMatchObject({
      status: 200,
      body: { webhook_url: expect.stringMatching(/^https:/), webhook_secret: expect.stringMatching(/\w/) },
    });
    const { body: read } = await service.send('GET', `${PATH}/shop`);
    expect(JSON.stringify(read)).not.toContain(hooked.body.webhook_secret);
    const delivery = await service.send('POST', `${PATH}/shop/webhook`, {}, { as: null });
    expect(delivery.body.code).toBe('webhook_refused');
    const refused = await service.send('PATCH', `${PATH}/shop`, { environment: { compute: 'BUILD_LAMBDA_1GB' } });
    expect(refused.body.errors).toMatchObject([{ field: 'environment.compute' }]);
    expect((await service.send('DELETE', `${PATH}/shop`)).status).toBe(204);
    expect(aws.projects.has('shop')).toBe(false);
  });

  test('what AWS refuses is told and made nowhere', async () => {
    const { aws, service } = await serviceAt(startCodeBuildDouble);
    aws.refuse('CreateProject', { type: 'AccessDeniedException', message: 'User x may not codebuild:CreateProject' });
    const refused = await service.send('POST', PATH, SHOP);
    expect(refused).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('AWS request id') },
    });
    expect((await service.send('GET', `${PATH}/shop`)).status).toBe(404);
    expect(aws.projects.size).toBe(0);
  });

  test("the mission's body, and what the account has already is taken over", async () => {
    const { aws, service } = await serviceAt(startCodeBuildDouble);
    const mission = { project_name: 'shop', source_location: SHOP.source.location, build_spec: SPEC };
    expect(await service.send('POST', '/create-codebuild-project', mission)).toMatchObject({
      status: 201,
      body: {
        success: true,
        project_name: 'shop',
        arn: 'arn:aws:codebuild:eu-central-1:123456789012:project/shop',
        region: 'eu-central-1',
      },
    });
    await service.test.database.db.deleteFrom('build_projects').execute();
    const again = await service.send('POST', '/create-codebuild-project', mission);
    expect(again).toMatchObject({
      status: 409,
      body: { code: 'project_exists', errors: [{ field: 'project_name', mend: expect.stringContaining('import') }] },
    });
    const listed = await service.send('GET', `${PATH}/importable?account=main`);
    expect(listed.body.items).toMatchObject([{ name: 'shop', known: false }]);
    const imported = await service.send('POST', `${PATH}/import`, { account: 'main', names: ['shop', 'gone'] });
    expect(imported).toMatchObject({
      status: 200,
      body: { imported: ['shop'], skipped: [{ name: 'gone', reason: expect.stringContaining('gone') }], lost: [] },
    });
    expect((await service.send('GET', `${PATH}/shop`)).body).toMatchObject({
      imported: true,
      buildspec: { type: 'inline', text: SPEC },
      source: SHOP.source,
      tags: {},
    });
    expect(aws.requests.filter(({ operation }) => operation === 'UpdateProject')).toEqual([]);
  });

  test.skipIf(noMoto)('moto takes the life of a project', { timeout: 60_000 }, async () => {
    const { service } = await serviceAt(startMoto);
    const mission = { project_name: 'shop', source_location: SHOP.source.location, build_spec: SPEC };
    expect(await service.send('POST', '/create-codebuild-project', mission)).toMatchObject({
      status: 201,
      body: { success: true, arn: expect.stringContaining('project/shop'), region: 'eu-central-1' },
    });
    expect((await service.send('GET', `${PATH}/importable`)).body.items).toMatchObject([{ name: 'shop', known: true }]);
    await service.test.database.db.deleteFrom('build_projects').execute();
    expect((await service.send('POST', `${PATH}/import`, { account: 'main', names: ['shop'] })).body.imported).toEqual([
      'shop',
    ]);
    expect((await service.send('DELETE', `${PATH}/shop`)).status).toBe(204);
    expect((await service.send('GET', `${PATH}/importable`)).body.items).toEqual([]);
  });
});
