import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { sha256Digest } from './image-manifest.js';
import { parseChallenge } from './registry-auth.js';
import { RegistryClient } from './registry-client.js';

const signal = AbortSignal.timeout(15_000);

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** A registry that wants a bearer token which its own token address gives for the right password. */
async function guardedRegistry(seen: string[]): Promise<string> {
  const host = await serve((req: IncomingMessage, res) => {
    seen.push(`${req.method ?? ''} ${req.url ?? ''} ${req.headers.authorization?.split(' ')[0] ?? '-'}`);
    if (req.url?.startsWith('/token')) {
      const good = req.headers.authorization === `Basic ${Buffer.from('ann:s3cret').toString('base64')}`;
      res.statusCode = good ? 200 : 401;
      return res.end(JSON.stringify({ token: 't0k', expires_in: 300 }));
    }
    if (req.headers.authorization !== 'Bearer t0k') {
      res.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="reg"` });
      return res.end();
    }
    res.writeHead(200, { 'docker-content-digest': `sha256:${'b'.repeat(64)}`, 'content-type': 'x/y' });
    return res.end();
  });
  return host;
}

test('a bearer challenge is answered with a token of the right scope, which is then kept', async () => {
  const seen: string[] = [];
  const host = await guardedRegistry(seen);
  const client = new RegistryClient({ host, insecure: true, username: 'ann', password: 's3cret' });
  expect(await client.resolve('shop', 'v1', signal)).toBe(`sha256:${'b'.repeat(64)}`);
  expect(await client.resolve('shop', 'v2', signal)).toBe(`sha256:${'b'.repeat(64)}`);
  expect(seen).toEqual([
    'HEAD /v2/shop/manifests/v1 -',
    'GET /token?service=reg&scope=repository%3Ashop%3Apull Basic',
    'HEAD /v2/shop/manifests/v1 Bearer',
    'HEAD /v2/shop/manifests/v2 Bearer',
  ]);
});

test('a wrong password is image_auth_failed, and the error holds no credential', async () => {
  const host = await guardedRegistry([]);
  const client = new RegistryClient({ host, insecure: true, username: 'ann', password: 'wr0ngpass' });
  const failure = await client.resolve('shop', 'v1', signal).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'invalid', code: 'image_auth_failed' });
  expect(JSON.stringify(failure) + String(failure)).not.toMatch(/wr0ngpass|YW5u/);
});

test('basic authentication is sent once asked for, and refused credentials are said', async () => {
  const host = await serve((req, res) => {
    const good = req.headers.authorization === `Basic ${Buffer.from('ann:s3cret').toString('base64')}`;
    res.writeHead(good ? 200 : 401, { 'www-authenticate': 'Basic realm="x"' }).end();
  });
  await new RegistryClient({ host, insecure: true, username: 'ann', password: 's3cret' }).ping(signal);
  for (const credential of [{}, { username: 'ann', password: 'no' }])
    await expect(new RegistryClient({ host, insecure: true, ...credential }).ping(signal)).rejects.toMatchObject({
      code: 'image_auth_failed',
    });
});

test('a redirected blob is read from elsewhere without the credential, and its bytes are proven', async () => {
  const bytes = Buffer.from('layer');
  const digest = sha256Digest(bytes);
  let corrupt = false;
  const host = await serve((req, res) => {
    if (req.url === '/store') return res.end(corrupt ? 'other' : bytes);
    return res.writeHead(307, { location: '/store' }).end();
  });
  const client = new RegistryClient({ host, insecure: true });
  expect(await buffer(await client.getBlob('shop', digest, signal))).toEqual(bytes);
  corrupt = true;
  await expect(client.readBlob('shop', digest, signal)).rejects.toMatchObject({ code: 'blob_corrupt' });
});

test('plain HTTP to another machine is refused before any request', () => {
  expect(() => new RegistryClient({ host: 'registry.example.com', insecure: true })).toThrow(
    expect.objectContaining({ code: 'registry_insecure' }) as Error,
  );
});

test('a registry that is not there is unavailable, one that is unwell is quoted', async () => {
  const gone = new RegistryClient({ host: '127.0.0.1:1', insecure: true });
  await expect(gone.ping(signal)).rejects.toMatchObject({ kind: 'unavailable', code: 'registry_unreachable' });
  const host = await serve((_req, res) => res.writeHead(500).end('{"errors":[{"message":"disk full"}]}'));
  await expect(
    new RegistryClient({ host, insecure: true }).putManifest('a', 'b', Buffer.from('{}'), 'x/y', signal),
  ).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'registry_refused',
    message: expect.stringContaining('disk full') as string,
  });
});

test('challenges are read in both notations', () => {
  expect(parseChallenge('Bearer realm="https://a/t",service=reg,scope="repository:x:pull"')).toEqual({
    scheme: 'bearer',
    parameters: { realm: 'https://a/t', service: 'reg', scope: 'repository:x:pull' },
  });
  expect(parseChallenge(['Negotiate', 'Basic realm="x"'])?.scheme).toBe('basic');
  expect(parseChallenge(undefined)).toBeUndefined();
});
