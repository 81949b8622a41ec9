import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { MEDIA_TYPE, sha256Digest } from '@aws-deployer/platform/oci/image-manifest';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient, type BlobSource } from '@aws-deployer/platform/oci/registry-client';
import { startLocalRegistry } from './registry.js';

const signal = AbortSignal.timeout(60_000);
const log = { info: () => undefined, error: () => undefined };

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'engines-registry-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
async function started(dataDir?: string) {
  const folder = dataDir ?? (await temporaryFolder());
  const registry = await startLocalRegistry({ dataDir: folder, port: 0, log });
  let running = true;
  const stop = async () => {
    if (running) await registry.stop();
    running = false;
  };
  onTestFinished(stop);
  const client = new RegistryClient({ host: registry.host, insecure: true });
  return { folder, host: registry.host, base: `http://${registry.host}`, client, stop };
}
const blobOf = (bytes: Buffer): BlobSource => ({
  digest: sha256Digest(bytes),
  size: bytes.length,
  open: () => Readable.from([bytes]),
});
/** Pushes a one-layer image and answers its manifest. */
async function pushImage(client: RegistryClient, repository: string, tag: string, layer = randomBytes(2_000)) {
  const layerBlob = blobOf(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/x'] },
      rootfs: { type: 'layers', diff_ids: [layerBlob.digest] },
    }),
  );
  await client.putBlob(repository, layerBlob, signal);
  await client.putBlob(repository, blobOf(config), signal);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: { mediaType: MEDIA_TYPE.ociConfig, digest: sha256Digest(config), size: config.length },
      layers: [{ mediaType: MEDIA_TYPE.ociLayer, digest: layerBlob.digest, size: layer.length }],
      annotations: { runtime: 'host' },
    }),
  );
  const digest = await client.putManifest(repository, tag, manifest, MEDIA_TYPE.ociManifest, signal);
  return { digest, layer: layerBlob };
}

test('an image that was pushed comes back by tag and by digest, byte for byte, also after a restart on the same port', async () => {
  const first = await started();
  const pushed = await pushImage(first.client, 'team/shop', 'v1');
  expect(await first.client.resolve('team/shop', 'v1', signal)).toBe(pushed.digest);
  await first.stop();

  const second = await started(first.folder);
  expect(second.host).toBe(first.host);
  const image = await readImage(second.client, 'team/shop', pushed.digest, signal);
  expect(image).toMatchObject({ digest: pushed.digest, runtime: 'host', architectures: ['amd64'] });
  const layer = await buffer(await second.client.getBlob('team/shop', pushed.layer.digest, signal));
  expect(sha256Digest(layer)).toBe(pushed.layer.digest);
});

test('a tag that is pushed again moves, and the digest before it stays', async () => {
  const { client } = await started();
  const one = await pushImage(client, 'shop', 'latest');
  const two = await pushImage(client, 'shop', 'latest');
  expect(await client.resolve('shop', 'latest', signal)).toBe(two.digest);
  expect(await client.resolve('shop', one.digest, signal)).toBe(one.digest);
});

test('a chunked upload goes on where it stopped, over a restart, and wrong offsets are told the right one', async () => {
  const first = await started();
  const bytes = randomBytes(5_000);
  const opened = await request(`${first.base}/v2/shop/blobs/uploads/`, { method: 'POST' });
  const location = String(opened.headers['location']);
  const chunk = (base: string, from: number, to: number) =>
    request(base + location, {
      method: 'PATCH',
      headers: { 'content-range': `${String(from)}-${String(to - 1)}` },
      body: bytes.subarray(from, to),
    });
  expect((await chunk(first.base, 0, 2_000)).headers['range']).toBe('0-1999');
  const misplaced = await chunk(first.base, 3_000, 4_000);
  expect([misplaced.statusCode, misplaced.headers['range']]).toEqual([416, '0-1999']);
  await first.stop();

  const second = await started(first.folder);
  const status = await request(second.base + location);
  expect([status.statusCode, status.headers['range']]).toEqual([204, '0-1999']);
  await chunk(second.base, 2_000, 4_000);
  const digest = sha256Digest(bytes);
  const done = await request(`${second.base}${location}?digest=${digest}`, {
    method: 'PUT',
    body: bytes.subarray(4_000),
  });
  expect(done.statusCode).toBe(201);
  expect(await second.client.readBlob('shop', digest, signal)).toEqual(bytes);
  expect(await readdir(join(first.folder, 'registry', 'uploads'))).toEqual([]);
});

test('bytes that are not their digest are refused and leave nothing behind', async () => {
  const { base, folder, client } = await started();
  const claimed = sha256Digest(Buffer.from('something else'));
  const answer = await request(`${base}/v2/shop/blobs/uploads/?digest=${claimed}`, { method: 'POST', body: 'bytes' });
  expect(answer.statusCode).toBe(400);
  expect(await answer.body.json()).toMatchObject({ errors: [{ code: 'DIGEST_INVALID' }] });
  expect(await client.blobExists('shop', claimed, signal)).toBe(false);
  expect(await readdir(join(folder, 'registry', 'uploads'))).toEqual([]);
});

test('a manifest that names a missing layer, is no manifest, or has another digest is refused', async () => {
  const { base } = await started();
  const put = async (reference: string, body: string) => {
    const answer = await request(`${base}/v2/shop/manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': MEDIA_TYPE.ociManifest },
      body,
    });
    return ((await answer.body.json()) as { errors: { code: string }[] }).errors[0]?.code;
  };
  const missing = { mediaType: MEDIA_TYPE.ociConfig, digest: sha256Digest(Buffer.from('-')), size: 1 };
  const manifest = JSON.stringify({ schemaVersion: 2, config: missing, layers: [] });
  expect(await put('v1', manifest)).toBe('MANIFEST_BLOB_UNKNOWN');
  expect(await put('v1', 'no json')).toBe('MANIFEST_INVALID');
  expect(await put('v1', '{}')).toBe('MANIFEST_INVALID');
});

test('part of a blob is answered with 206, a part outside with 416', async () => {
  const { base, client } = await started();
  const bytes = Buffer.from('0123456789');
  await client.putBlob('shop', blobOf(bytes), signal);
  const part = async (range: string) => {
    const answer = await request(`${base}/v2/shop/blobs/${sha256Digest(bytes)}`, { headers: { range } });
    return [answer.statusCode, answer.headers['content-range'], await answer.body.text()];
  };
  expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
  expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
  expect((await part('bytes=10-'))[0]).toBe(416);
});

test('catalog and tags are listed in pages', async () => {
  const { base, client } = await started();
  for (const repository of ['a', 'b/c', 'd']) await pushImage(client, repository, 'v1');
  await pushImage(client, 'a', 'v2');
  const page = await request(`${base}/v2/_catalog?n=2`);
  expect(await page.body.json()).toEqual({ repositories: ['a', 'b/c'] });
  expect(page.headers['link']).toContain('last=b%2Fc');
  const next = await request(`${base}/v2/_catalog?n=2&last=b%2Fc`);
  expect(await next.body.json()).toEqual({ repositories: ['d'] });
  const tags = await request(`${base}/v2/a/tags/list`);
  expect(await tags.body.json()).toEqual({ name: 'a', tags: ['v1', 'v2'] });
  expect((await request(`${base}/v2/none/tags/list`)).statusCode).toBe(404);
});

test('deleting a digest takes its tags along; another repository keeps the mounted layer', async () => {
  const { base, client } = await started();
  const pushed = await pushImage(client, 'shop', 'v1');
  const mounted = await request(`${base}/v2/copy/blobs/uploads/?mount=${pushed.layer.digest}&from=shop`, {
    method: 'POST',
  });
  expect(mounted.statusCode).toBe(201);
  const remove = (path: string) => request(base + path, { method: 'DELETE' });
  expect((await remove(`/v2/shop/manifests/${pushed.digest}`)).statusCode).toBe(202);
  expect(await client.headManifest('shop', 'v1', signal)).toBeUndefined();
  expect((await remove(`/v2/shop/blobs/${pushed.layer.digest}`)).statusCode).toBe(202);
  expect(await client.blobExists('shop', pushed.layer.digest, signal)).toBe(false);
  expect(await client.blobExists('copy', pushed.layer.digest, signal)).toBe(true);
  expect((await remove(`/v2/shop/manifests/${pushed.digest}`)).statusCode).toBe(404);
});

test('a blob that no repository has is swept at a later start, an abandoned upload too', async () => {
  const first = await started();
  const bytes = Buffer.from('orphan');
  await first.client.putBlob('shop', blobOf(bytes), signal);
  await request(`${first.base}/v2/shop/blobs/${sha256Digest(bytes)}`, { method: 'DELETE' });
  await request(`${first.base}/v2/shop/blobs/uploads/`, { method: 'POST' });
  await first.stop();

  const root = join(first.folder, 'registry');
  const hex = sha256Digest(bytes).slice(7);
  const shard = join(root, 'blobs', 'sha256', hex.slice(0, 2));
  const [upload] = await readdir(join(root, 'uploads'));
  const longAgo = new Date(Date.now() - 48 * 60 * 60 * 1000);
  await utimes(join(shard, hex), longAgo, longAgo);
  await utimes(join(root, 'uploads', upload ?? ''), longAgo, longAgo);
  await started(first.folder);
  expect(await readdir(shard)).toEqual([]);
  expect(await readdir(join(root, 'uploads'))).toEqual([]);
});

test.each([
  ['GET', '/v2/../etc/passwd/tags/list', 404],
  ['GET', '/v2/a/%2e%2e/%2e%2e/b/tags/list', 404],
  ['GET', '/v2/a%2F..%2Fb/tags/list', 400],
  ['GET', '/v2/UPPER/tags/list', 400],
  ['GET', '/v2/shop/manifests/..%2F..%2Fx', 404],
  ['GET', '/v2/shop/blobs/sha256:12', 400],
  ['GET', '/v2/shop/blobs/uploads/..', 404],
  ['POST', '/v2/shop/manifests/v1', 405],
  ['GET', '/v2/%', 400],
] as const)('%s %s is answered %i', async (method, path, status) => {
  const { base } = await started();
  expect((await request(base + path, { method })).statusCode).toBe(status);
});

test('browsers and names that are not loopback are refused', async () => {
  const { base } = await started();
  for (const headers of [
    { origin: 'http://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { host: 'evil.example' },
  ])
    expect((await request(`${base}/v2/`, { headers })).statusCode).toBe(403);
});

test('a taken port is one clear error', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  onTestFinished(() => void blocker.close());
  const address = blocker.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(startLocalRegistry({ dataDir: await temporaryFolder(), port, log })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'port_taken',
  });
});

const dockerHost = process.env['TEST_DOCKER_HOST'] ?? process.env['DOCKER_HOST'];
const shell = (line: string) =>
  promisify(execFile)('sh', ['-ec', line], {
    env: { ...process.env, ...(dockerHost !== undefined && { DOCKER_HOST: dockerHost }) },
  });
const hasDocker = await shell('docker version').then(
  () => true,
  () => false,
);

test.skipIf(!hasDocker && process.env['CI'] !== 'true')('docker itself pushes to it and pulls from it', async () => {
  const { host } = await started();
  const folder = await temporaryFolder();
  const image = `${host}/real/docker:v1`;
  await shell(`tar -C ${folder} -c . | docker import - ${image}`);
  onTestFinished(async () => void (await shell(`docker rmi -f ${image}`)));
  expect((await shell(`docker push ${image}`)).stdout).toContain('digest: sha256:');
  await shell(`docker rmi ${image}`);
  expect((await shell(`docker pull ${image}`)).stdout).toContain('Downloaded newer image');
});
