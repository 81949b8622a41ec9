/** Images over HTTP against moto, and the protection of what runs. */
import { createHash } from 'node:crypto';
import { ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AwsCaller } from '../adapters/aws/aws-caller.js';
import { EcrImageScans } from '../adapters/aws-ecr/ecr-image-scans.js';
import { EcrRepositories } from '../adapters/aws-ecr/ecr-repositories.js';
import type { LiveImage } from '../ports/live-images.js';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import type { ImagePlaces, NamedSession } from './image-places.js';
import { ImageService } from './image-service.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const [kind] = testDatabases();
if (kind === undefined) throw new Error('no database');
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' };
const SESSION: NamedSession = { account: 'main', region: 'eu-central-1', credential: { type: 'keys', ...KEYS } };
const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

describe.skipIf(missing)('images in ECR', () => {
  let moto: Moto;
  let service: TestService<CodebuildSchema>;
  let ecr: ECRClient;
  beforeAll(async () => {
    moto = await startMoto();
    process.env['AWS_ENDPOINT_URL'] = moto.url; // the clients read it by themselves
    service = await startTestService(codebuild, kind, { env: { AWS_ENDPOINT_URL: moto.url } });
    ecr = new ECRClient({ region: SESSION.region, credentials: KEYS, maxAttempts: 1 });
    await service.send('POST', '/api/v1/cloud-accounts', {
      name: 'main',
      credential: { type: 'static_keys', access_key: KEYS.accessKeyId, secret_key: KEYS.secretAccessKey },
      regions: ['eu-central-1', 'us-east-1'],
    });
  });
  afterAll(async () => {
    delete process.env['AWS_ENDPOINT_URL'];
    ecr.destroy();
    await service.stop();
    await moto.stop();
  });
  const send = (method: string, path: string, body?: unknown) => service.send(method, path, body);
  async function push(repository: string, tag: string): Promise<string> {
    const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', size: 100, digest: digestOf(`layer ${tag}`) };
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: digestOf(tag) },
      layers: [layer],
    });
    const { image } = await ecr.send(
      new PutImageCommand({ repositoryName: repository, imageManifest: manifest, imageTag: tag }),
    );
    return image?.imageId?.imageDigest ?? '';
  }

  test('repositories: made once, found by a part of the name, shown with their address in the console', async () => {
    const made = await send('POST', '/api/v1/images/repositories', { name: 'team/shop', account: 'main' });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'team/shop', uri: `${HOST}/team/shop`, scan_on_push: true, tag_mutability: 'mutable' },
    });
    const found = await send('GET', String(made.headers['location']));
    expect(found).toMatchObject({ status: 200, body: { name: 'team/shop', account: 'main', region: 'eu-central-1' } });
    expect(found.body.aws_console_url).toContain('/ecr/repositories/private/123456789012/team/shop');
    const again = await send('POST', '/api/v1/images/repositories', { name: 'team/shop', account: 'main' });
    expect(again).toMatchObject({ status: 409, body: { code: 'aws_conflict' } });
    await send('POST', '/api/v1/images/repositories', { name: 'other', account: 'main', immutable_tags: true });
    const list = await send('GET', '/api/v1/images/repositories?account=main&q=sho');
    expect(list.body).toMatchObject({ items: [{ name: 'team/shop' }], next_cursor: null });
    expect((await send('GET', '/api/v1/images/repositories?account=main&region=us-east-1')).body.items).toEqual([]);
    const none = await send('GET', '/api/v1/images/repository?account=main&repository=nothing/here');
    expect(none).toMatchObject({ status: 404, body: { code: 'aws_not_found' } });
    expect(none.body.detail).toContain('AWS request id');
  });

  test('the account of this machine has none, and says so; who may not is refused', async () => {
    const local = await send('GET', '/api/v1/images/repositories');
    expect(local).toMatchObject({
      status: 400,
      body: { code: 'account_without_images', errors: [{ field: 'account' }] },
    });
    expect((await service.send('GET', '/api/v1/images/repositories', undefined, { as: 'developer' })).status).toBe(403);
    const bad = await send('GET', '/api/v1/images?account=main&repository=Not/OK');
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ field: 'repository' }] } });
  });

  test('images, the newest first in pages; scans and findings; nothing is deleted while nobody knows what runs', async () => {
    await send('POST', '/api/v1/images/repositories', { name: 'paged', account: 'main' });
    const digests = [await push('paged', 'v1'), await push('paged', 'v2'), await push('paged', 'v3')];
    const path = '/api/v1/images?account=main&repository=paged';
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await send('GET', `${path}&limit=2${cursor}`);
      seen.push(...body.items.map(({ digest }: { digest: string }) => digest));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${encodeURIComponent(body.next_cursor as string)}`;
    }
    expect([...seen].sort()).toEqual([...digests].sort());
    const { items } = (await send('GET', path)).body;
    expect(items.map(({ pushed_at }: { pushed_at: string }) => pushed_at)).toEqual(
      items
        .map(({ pushed_at }: { pushed_at: string }) => pushed_at)
        .toSorted()
        .toReversed(),
    );
    expect(items[0]).toMatchObject({ repository: 'paged', in_use: null, size_bytes: expect.any(Number) as unknown });
    expect((await send('GET', `${path}&tagged=false`)).body.items).toEqual([]);

    const [digest] = digests;
    const about = `account=main&repository=paged&digest=${digest}`;
    expect((await send('GET', `/api/v1/images/findings?${about}`)).body).toMatchObject({ status: null, findings: [] });
    const scan = { account: 'main', repository: 'paged', digest };
    expect(await send('POST', '/api/v1/images/scan', scan)).toMatchObject({
      status: 202,
      body: { status: 'in_progress' },
    });
    expect(await send('POST', '/api/v1/images/scan', scan)).toMatchObject({ status: 409, body: { code: 'aws_limit' } });
    expect((await send('GET', `/api/v1/images/findings?${about}`)).body).toMatchObject({
      status: 'complete',
      by_severity: expect.objectContaining({ HIGH: 1 }) as unknown,
      findings: [
        { name: expect.stringMatching(/^CVE-/) as unknown, severity: 'HIGH', package: expect.any(String) as unknown },
      ],
    });

    const refused = await send('POST', '/api/v1/images/delete', { account: 'main', repository: 'paged', digests });
    expect(refused).toMatchObject({ status: 503, body: { code: 'live_images_unknown' } });
    expect((await send('GET', path)).body.items).toHaveLength(3);
    const kept = await send('DELETE', '/api/v1/images/repository?account=main&repository=paged');
    expect(kept).toMatchObject({ status: 409, body: { code: 'repository_not_empty' } });
    const forced = await send('DELETE', '/api/v1/images/repository?account=main&repository=paged&force=true');
    expect(forced).toMatchObject({ status: 503, body: { code: 'live_images_unknown' } });
  });

  test('what runs is kept and named; all else goes; a repository of which an image runs stays', async () => {
    const repositories = new EcrRepositories(new AwsCaller({ endpoint: moto.url }));
    let live: LiveImage[] | AppError = [];
    const images = new ImageService({
      database: service.test.database,
      places: { session: async () => SESSION } as unknown as ImagePlaces,
      repositories,
      live: {
        all: async () => {
          if (live instanceof AppError) throw live;
          return live;
        },
      },
    });
    const origin = () => platformOrigin('codebuild', 'POST /api/v1/images/delete');
    const signal = AbortSignal.timeout(15_000);
    await repositories.create(SESSION, { name: 'kept', scanOnPush: false, immutableTags: false }, signal);
    const runs = await push('kept', 'runs');
    const old = await push('kept', 'old');
    live = ['production', 'staging'].map((environment) => ({ digest: runs, application: 'shop', environment }));
    const absent = digestOf('absent');
    const view = await images.removeImages({ repository: 'kept', digests: [runs, old, absent] }, origin(), signal);
    expect(view.deleted).toEqual([old]);
    expect(view.kept).toMatchObject([
      { digest: runs, reason: 'it runs in shop/production, shop/staging' },
      { digest: absent },
    ]);
    const { items } = await images.images({ repository: 'kept', limit: 10 }, signal);
    expect(items).toMatchObject([{ digest: runs, in_use: ['shop/production', 'shop/staging'] }]);
    const remove = (force: boolean) => images.remove({ repository: 'kept', force }, origin(), signal);
    await expect(remove(true)).rejects.toMatchObject({ code: 'image_in_use' });
    live = new AppError('unavailable', 'deployer_unreachable', 'no');
    await expect(remove(true)).rejects.toMatchObject({ code: 'live_images_unknown' });
    live = [];
    await remove(true);
    await expect(images.images({ repository: 'kept', limit: 10 }, signal)).rejects.toMatchObject({ kind: 'not_found' });
    const records = await service.test.database.db.selectFrom('outbox').select('record').execute();
    for (const type of ['image.delete', 'image_repository.delete'])
      expect(records.some(({ record }) => record.includes(`"${type}"`))).toBe(true);
  });

  test('a lifecycle policy is set, shown and removed', async () => {
    await send('POST', '/api/v1/images/repositories', { name: 'aging', account: 'main' });
    const path = '/api/v1/images/lifecycle';
    const query = `${path}?account=main&repository=aging`;
    expect((await send('GET', query)).body).toEqual({ rules: [], other_rules: [], text: null });
    const rules = [{ description: 'old', tags: 'untagged', tag_prefixes: [], older_than_days: 14 }];
    const put = await send('PUT', path, { account: 'main', repository: 'aging', rules });
    expect(put).toMatchObject({ status: 200, body: { rules } });
    expect((await send('GET', query)).body).toEqual(put.body);
    const bad = await send('PUT', path, { account: 'main', repository: 'aging', rules: [{ tags: 'untagged' }] });
    expect(bad).toMatchObject({ status: 400, body: { errors: [{ field: 'rules.0' }] } });
    for (let twice = 0; twice < 2; twice += 1)
      expect((await send('PUT', path, { account: 'main', repository: 'aging', rules: [] })).body.text).toBeNull();
  });

  test('the deployer gets a login for the registry, and the repository of its first push', async () => {
    const login = (body: object) => service.sendInternal('POST', '/internal/v1/registry-tokens', body);
    const answer = await login({ host: HOST, repository: 'first/push', push: true });
    expect(answer).toMatchObject({
      status: 200,
      body: { host: HOST, username: 'AWS', password: '123456789012-auth-token' },
    });
    const made = await send('GET', '/api/v1/images/repository?account=main&repository=first/push');
    expect(made.body).toMatchObject({ scan_on_push: true });
    expect((await login({ host: 'docker.io' })).status).toBe(400);
    expect((await send('POST', '/internal/v1/registry-tokens', { host: HOST })).status).toBe(401);
  });

  test('gates get the findings of a scanned image, and the reason where there are none', async () => {
    const repositories = new EcrRepositories(new AwsCaller({ endpoint: moto.url }));
    const scans = new EcrImageScans(repositories, async ({ region }) => ({ ...SESSION, region }), 10);
    const signal = AbortSignal.timeout(15_000);
    await repositories.create(SESSION, { name: 'gated', scanOnPush: false, immutableTags: false }, signal);
    const digest = await push('gated', 'v1');
    const image = { repository: `${HOST}/gated`, digest };
    expect(await scans.findings(image, { ...SESSION, region: 'us-west-2' }, signal)).toMatchObject({
      bySeverity: { HIGH: 1 },
    });
    expect(await scans.findings(image, null, signal)).toMatchObject({ bySeverity: { HIGH: 1 } });
    const elsewhere = { repository: '127.0.0.1:5001/shop', digest };
    expect(await scans.findings(elsewhere, SESSION, signal)).toMatchObject({
      reason: expect.stringContaining('127.0.0.1:5001') as unknown,
    });
  });
});

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
