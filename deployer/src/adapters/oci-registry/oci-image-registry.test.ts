import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { MEDIA_TYPE, sha256Digest } from '@aws-deployer/platform/oci/image-manifest';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { startMemoryRegistry, type MemoryRegistryOptions } from '@aws-deployer/platform/testing/memory-registry';
import { OciImageRegistry } from './oci-image-registry.js';

const signal = AbortSignal.timeout(15_000);
const registry = new OciImageRegistry();

/** A registry with `shop:v1` (an image that exposes 9000 and 8080) and `shop:multi` (an index over two machines). */
async function stocked(options: MemoryRegistryOptions = {}) {
  const server = await startMemoryRegistry(options);
  onTestFinished(() => server.stop());
  const client = new RegistryClient({ host: server.host, insecure: true, ...options });
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const config = json({
    architecture: 'amd64',
    os: 'linux',
    config: { ExposedPorts: { '9000/tcp': {}, '8080/tcp': {}, '53/udp': {} } },
    rootfs: { type: 'layers', diff_ids: [] },
  });
  const blob = { digest: sha256Digest(config), size: config.length, open: () => Readable.from([config]) };
  await client.putBlob('shop', blob, signal);
  const manifest = json({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: MEDIA_TYPE.ociConfig, digest: blob.digest, size: blob.size },
    layers: [],
  });
  const digest = await client.putManifest('shop', 'v1', manifest, MEDIA_TYPE.ociManifest, signal);
  const entry = (architecture: string) => ({
    mediaType: MEDIA_TYPE.ociManifest,
    digest,
    size: manifest.length,
    platform: { os: 'linux', architecture },
  });
  const index = json({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [entry('arm64'), entry('amd64'), entry('unknown')],
  });
  const indexDigest = await client.putManifest('shop', 'multi', index, MEDIA_TYPE.ociIndex, signal);
  return { host: server.host, digest, indexDigest, account: { host: server.host, insecure: true, ...options } };
}

test('an image by tag and by digest: its digest, lowest port, runtime and machine', async () => {
  const { host, digest, account } = await stocked();
  const facts = {
    digest,
    exposedPort: 8080,
    runtime: 'container',
    user: '',
    architectures: ['amd64'],
    startsSomething: false,
  };
  expect(await registry.resolve(`${host}/shop:v1`, account, signal)).toEqual(facts);
  expect(await registry.resolve(`${host}/shop@${digest}`, account, signal)).toEqual(facts);
});

test('an index is named by its own digest, with every machine it has an image for', async () => {
  const { host, indexDigest, account } = await stocked();
  expect(await registry.resolve(`${host}/shop:multi`, account, signal)).toMatchObject({
    digest: indexDigest,
    architectures: ['arm64', 'amd64'],
  });
});

test('what is wrong is said on the field: no image, no credential, no registry, no reference', async () => {
  const { host, account } = await stocked({ username: 'ann', password: 'pass-word' });
  const fail = (image: string, as = account) => registry.resolve(image, as, signal).catch((error: unknown) => error);
  const fields = [{ field: 'source.image' }];
  expect(await fail(`${host}/shop:none`)).toMatchObject({ kind: 'invalid', code: 'image_not_found', fields });
  const refused = await fail(`${host}/shop:v1`, { ...account, password: 'wr0ng-word' });
  expect(refused).toMatchObject({ kind: 'invalid', code: 'image_auth_failed', fields });
  expect(String(refused)).not.toContain('wr0ng-word');
  expect(await fail('127.0.0.1:1/shop:v1')).toMatchObject({
    kind: 'unavailable',
    code: 'registry_unreachable',
    fields,
  });
  expect(await fail('Not An Image')).toMatchObject({ kind: 'invalid', code: 'image_reference_invalid', fields });
});

test('a credential for another registry is not sent', async () => {
  const { host, account } = await stocked({ username: 'ann', password: 'pass-word' });
  const elsewhere = { ...account, host: 'registry.example.com', insecure: false };
  await expect(registry.resolve(`${host}/shop:v1`, elsewhere, signal)).rejects.toMatchObject({
    code: 'image_auth_failed',
  });
});

test('a look finds out what a pull would, and fetches nothing', async () => {
  const { host, account } = await stocked({ username: 'ann', password: 'pass-word' });
  const look = (image: string, as = account) => registry.look(image, as, signal).catch((error: unknown) => error);
  expect(await look(`${host}/shop:multi`)).toBeUndefined();
  expect(await look(`${host}/shop:none`)).toMatchObject({ code: 'image_not_found' });
  expect(await look(`${host}/shop:v1`, { ...account, password: 'wr0ng-word' })).toMatchObject({
    code: 'image_auth_failed',
  });
  expect(await look('127.0.0.1:1/shop:v1')).toMatchObject({ kind: 'unavailable', code: 'registry_unreachable' });
});
