/// <reference types="node" />
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { get, post, queryString, setSessionToken, whenSignedOut } from './client.js';
import { ApiError } from './problem.js';

async function serverAnswering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterEach(() => {
  setSessionToken(null);
  whenSignedOut(() => undefined);
});

test('a write carries the CSRF token and the key of its submit', async () => {
  const seen: IncomingMessage['headers'][] = [];
  const base = await serverAnswering((request, response) => {
    seen.push(request.headers);
    response.setHeader('content-type', 'application/json');
    response.end('{"ok":true}');
  });
  setSessionToken('csrf-1');
  expect(await post(`${base}/x`, { a: 1 }, { idempotencyKey: 'key-1' })).toEqual({ ok: true });
  await get(`${base}/x`);
  expect(seen[0]).toMatchObject({ 'x-csrf-token': 'csrf-1', 'idempotency-key': 'key-1' });
  expect(seen[1]).not.toHaveProperty('x-csrf-token');
});

test('a problem document becomes an ApiError with its fields and its wait', async () => {
  const base = await serverAnswering((_request, response) => {
    response.writeHead(429, { 'content-type': 'application/problem+json', 'retry-after': '30' });
    const errors = [{ field: 'source.ref', message: 'bad', mend: 'mend it' }];
    response.end(
      JSON.stringify({ type: '', title: 'T', status: 429, detail: 'slow down', code: 'c', request_id: 'r', errors }),
    );
  });
  const refused = await get(`${base}/x`).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ApiError);
  expect(refused).toMatchObject({
    status: 429,
    message: 'slow down',
    requestId: 'r',
    retryAfterSeconds: 30,
    errors: [{ field: 'source.ref' }],
  });
});

test('a page of a proxy and a dead line become sentences', async () => {
  const base = await serverAnswering((_request, response) => {
    response.statusCode = 502;
    response.end('<html>bad gateway</html>');
  });
  await expect(get(`${base}/x`)).rejects.toMatchObject({ status: 502, message: /not answering/ });
  await expect(get('http://127.0.0.1:9/x')).rejects.toMatchObject({ status: 0, code: 'unreachable' });
});

test('401 shows the login, except the refusal of a login itself', async () => {
  const base = await serverAnswering((_request, response) => {
    response.statusCode = 401;
    response.end('{}');
  });
  let shown = 0;
  whenSignedOut(() => (shown += 1));
  await get(`${base}/api/v1/applications`).catch(() => undefined);
  await post(`${base}/api/v1/auth/login`, {}).catch(() => undefined);
  expect(shown).toBe(1);
});

test('empty filters stay out of the address', () => {
  expect(queryString({ q: '', state: undefined, limit: 20, active: true, cursor: null })).toBe('?limit=20&active=true');
});
