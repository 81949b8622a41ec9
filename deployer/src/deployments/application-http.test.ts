import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { clientByProxy, clientByUrl } from './application-http.js';
import { startProber } from './prober.js';
import { runSmokeTests, smokeTestVerdict, type SmokeTestResult } from './smoke-tests.js';

const servers: Server[] = [];
const never = new AbortController().signal;
const serve = async (listener: RequestListener, port = 0): Promise<number> => {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const close = async (server: Server | undefined): Promise<void> => {
  if (server === undefined) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};
afterEach(async () => {
  await Promise.all(servers.splice(0).map(close));
});
const at = (port: number): string => `http://127.0.0.1:${String(port)}`;
const run = (
  port: number,
  tests: Parameters<typeof runSmokeTests>[0]['tests'],
  healthPath?: string,
  timeoutMs = 2_000,
): Promise<readonly SmokeTestResult[]> =>
  runSmokeTests({ client: clientByUrl(at(port)), tests, healthPath, timeoutMs, onResult: () => undefined }, never);

test('every test is asked, and the first that fails ends them with its question and answer', async () => {
  const port = await serve((request, response) => {
    response.statusCode = request.url === '/gone' ? 404 : 200;
    response.end(`this is ${request.url ?? ''}`);
  });
  const good = await run(port, [{ path: '/a', expect_status: 200, expect_body: 'is /a' }, { path: '/b' }]);
  expect(good.map(({ passed }) => passed)).toEqual([true, true]);
  expect(smokeTestVerdict(good)).toBeUndefined();

  const bad = await run(port, [{ path: '/a' }, { path: '/gone' }, { path: '/never' }]);
  expect(bad).toHaveLength(2);
  expect(bad[1]).toMatchObject({ passed: false, status: 404, body: 'this is /gone', address: `${at(port)}/gone` });
  expect(smokeTestVerdict(bad)).toMatchObject({
    code: 'smoke_test_failed',
    fault: 'release',
    evidence: { log_lines: ['this is /gone'] },
  });
  expect((await run(port, [{ path: '/a', expect_status: 204 }]))[0]?.sentence).toBe(
    'GET /a answered 200 instead of 204.',
  );
  expect((await run(port, [{ path: '/a', expect_body: 'moon' }]))[0]?.sentence).toContain('without “moon”');
});

test('without tests the health path must answer below 500', async () => {
  const port = await serve((request, response) => {
    response.statusCode = request.url === '/health' ? 500 : 404;
    response.end();
  });
  expect((await run(port, []))[0]).toMatchObject({ passed: true, status: 404 });
  expect((await run(port, [], '/health'))[0]).toMatchObject({ passed: false, status: 500 });
});

test('a refused connection is tried again until somebody listens, or the time is over', async () => {
  const port = await serve(() => undefined);
  await close(servers.pop());
  const late = run(port, [{ path: '/' }], undefined, 10_000);
  const server = serve((_request, response) => response.end('up'), port);
  expect((await late)[0]).toMatchObject({ passed: true });
  await server;
  await close(servers.pop());
  const results = await run(port, [{ path: '/' }], undefined, 400);
  expect(results[0]).toMatchObject({ passed: false, status: null });
  expect(results[0]?.tries).toBeGreaterThan(1);
});

test('a broken answer is not tried again, and a cancel ends the asking', async () => {
  let asked = 0;
  const port = await serve((request) => {
    asked += 1;
    if (request.url === '/broken') request.socket.destroy();
  });
  expect((await run(port, [{ path: '/broken' }]))[0]).toMatchObject({ passed: false, tries: 1 });
  expect((await run(port, [{ path: '/silent' }], undefined, 200))[0]?.sentence).toMatch(/No answer within/);
  expect(asked).toBe(2);
  const cancel = new AbortController();
  const client = clientByUrl(at(port));
  const running = client.get('/silent', 60_000, cancel.signal);
  cancel.abort(new Error('cancelled'));
  await expect(running).rejects.toThrow('cancelled');
  await client.close();
});

test('through the proxy, the API server’s own refusals are no answers of the application', async () => {
  const answers = [
    { status: 503, body: '{"kind":"Status","message":"no endpoints available for service \\"web\\""}' },
    { status: 503, body: 'I am the application, and I am tired' },
  ];
  const cluster = { proxyGet: async () => answers.shift() } as unknown as Parameters<typeof clientByProxy>[0];
  const client = clientByProxy(cluster, { namespace: 'dev', name: 'web', port: 80 });
  await expect(client.get('/', 1_000, never)).rejects.toMatchObject({ why: 'refused' });
  expect(await client.get('/', 1_000, never)).toMatchObject({ status: 503 });
  expect(client.addressOf('/x')).toBe('service dev/web:80/x');
});

test('the prober counts from the first answer on, and measures how long nobody answered', async () => {
  const port = await serve(() => undefined);
  await close(servers.pop());
  const prober = startProber({ client: clientByUrl(at(port)), path: '/', intervalMs: 10 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(prober.counts()).toEqual({ requests: 0, failed: 0, longestGapMs: 0 });
  let status = 200;
  await serve((_request, response) => {
    response.statusCode = status;
    response.end();
  }, port);
  await expect.poll(() => prober.counts().requests).toBeGreaterThan(5);
  expect(prober.counts()).toMatchObject({ failed: 0, longestGapMs: 0 });
  expect(prober.lastFailure()).toBeUndefined();
  status = 503;
  await expect.poll(() => prober.counts().failed).toBeGreaterThan(5);
  expect(prober.lastFailure()).toBe('GET / answered 503');
  status = 200;
  const good = (): number => prober.counts().requests - prober.counts().failed;
  const before = good();
  await expect.poll(good).toBeGreaterThan(before + 2);
  await close(servers.pop());
  const failed = prober.counts().failed;
  await expect.poll(() => prober.counts().failed).toBeGreaterThan(failed);
  expect(prober.lastFailure()).toMatch(/^GET \/ got no answer: /);
  const counts = await prober.stop();
  expect(counts.longestGapMs).toBeGreaterThanOrEqual(40);
  expect(counts.requests).toBeGreaterThan(counts.failed);
});

test('the prober goes on from what was counted before, and does not pile up on a server that hangs', async () => {
  let open = 0;
  let most = 0;
  const port = await serve((request) => {
    open += 1;
    most = Math.max(most, open);
    request.socket.on('close', () => (open -= 1));
  });
  const from = { requests: 7, failed: 1, longestGapMs: 90 };
  const prober = startProber({ client: clientByUrl(at(port)), path: '/', intervalMs: 1, timeoutMs: 60_000, from });
  await expect.poll(() => most).toBeGreaterThanOrEqual(60);
  expect(await prober.stop()).toEqual(from);
  expect(most).toBeLessThanOrEqual(60);
});

/** Holds this process up, as a disk that is busy or a machine that was paused does. */
const stall = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

test('what this process slept through itself is not held against the application', async () => {
  const client = clientByUrl(at(await serve((_request, response) => void response.end('here'))));
  const asked = client.get('/', 200, never);
  stall(600);
  expect(await asked).toMatchObject({ status: 200, body: 'here' });
  await client.close();
});

test('a process that is held up at every turn still hears the answers to its tests, and who does not answer', async () => {
  const port = await serve((request, response) => {
    if (request.url === '/silent') return;
    const later = (hops: number): void => void (hops === 0 ? response.end('here') : setImmediate(later, hops - 1));
    later(3);
  });
  const busy = setInterval(() => stall(120), 1);
  try {
    expect(await run(port, [{ path: '/' }], undefined, 500)).toMatchObject([{ passed: true, status: 200 }]);
    expect(await run(port, [{ path: '/silent' }], undefined, 500)).toMatchObject([
      { passed: false, status: null, sentence: 'GET /silent failed: No answer within 0.5 s.' },
    ]);
  } finally {
    clearInterval(busy);
  }
});
