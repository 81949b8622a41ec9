import express from 'express';
import { sql } from 'kysely';
import { request } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import { defineRoute } from '../http/define-route.js';
import { silentLogger } from '../observability/logger.js';
import { startBreakableProxy } from '../testing/breakable-proxy.js';
import { testDatabases } from '../testing/test-database.js';
import { mountHealth } from './health.js';
import { listen } from './listen.js';
import { migrationsOf, runServices, type RunOptions } from './run-services.js';
import { serviceModule } from './service.js';

let working = true;
/** What the start of the service waits for. */
let begin: Promise<void> | undefined;
const module = serviceModule({
  name: 'history',
  config: z.object({}),
  migrations: {},
  create: (_config, { database }) => ({
    routes: [
      defineRoute({
        method: 'get',
        path: '/api/v1/history/one',
        operationId: 'one',
        summary: 'Asks the database, as reading routes do',
        access: 'public',
        responses: { 200: z.unknown() },
        handler: async () => ({ status: 200, body: (await sql`select 1 as one`.execute(database.db)).rows }),
      }),
    ],
    ready: async () => {
      if (!working) throw new AppError('unavailable', 'no_engine', 'The engine is away');
    },
    start: async () => begin,
  }),
});
const ask = async (url: string): Promise<Record<string, number>> => {
  const answers: Record<string, number> = {};
  for (const path of ['/health/live', '/health/ready', '/health']) {
    const { statusCode, body } = await request(url + path);
    await body.dump();
    answers[path] = statusCode;
  }
  return answers;
};
/** It is not the platform that broke: who asks is told to ask again. */
async function expectToldToComeBack(url: string): Promise<void> {
  const { statusCode, headers, body } = await request(`${url}/api/v1/history/one`);
  expect(await body.json()).toMatchObject({ code: 'database_unavailable' });
  expect([statusCode, headers['retry-after']]).toEqual([503, '2']);
}
const WELL = { '/health/live': 200, '/health/ready': 200, '/health': 200 };
const AWAY = { '/health/live': 200, '/health/ready': 503, '/health': 503 };

describe.each(testDatabases())('health on $kind', (kind) => {
  test('a service that cannot do its work is alive and not ready', async () => {
    const test = await kind.open(migrationsOf(module), 'history');
    onTestFinished(() => test.drop());
    const services = [{ module, env: { MODE: 'local', ...test.env } }];
    const run = (options: Partial<RunOptions>) =>
      runServices({ port: 0, host: '127.0.0.1', services, log: silentLogger, ...options });
    const alone = await run({});
    onTestFinished(() => alone.stop());
    expect(await ask(alone.url)).toEqual(WELL);
    working = false;
    onTestFinished(() => void (working = true));
    expect(await ask(alone.url)).toEqual(AWAY);
    const together = await run({ allInOne: true });
    onTestFinished(() => together.stop());
    expect(await ask(together.url)).toEqual({ ...AWAY, '/health': 200 });
    working = true;
    expect(await ask(alone.url)).toEqual(WELL);
  });

  test('a service is not ready before it has done what it does at its start', async () => {
    const test = await kind.open(migrationsOf(module), 'history');
    onTestFinished(() => test.drop());
    const gate = Promise.withResolvers<void>();
    begin = gate.promise;
    onTestFinished(() => void (begin = undefined));
    const port = await freePort();
    const services = [{ module, env: { MODE: 'local', ...test.env } }];
    const starting = runServices({ port, host: '127.0.0.1', services, log: silentLogger, allInOne: true });
    onTestFinished(async () => (await starting).stop());
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(async () => (await request(`${url}/metrics`)).statusCode).toBe(200); // all is there
    expect(await ask(url)).toEqual({ ...AWAY, '/health': 503 });
    gate.resolve();
    await starting;
    expect(await ask(url)).toEqual(WELL);
  });
});

const server = process.env['TEST_MYSQL_URL'];
describe.skipIf(server === undefined)('a database behind a network', () => {
  /** A migrated schema of the test's server, reached through a proxy. */
  async function behindProxy() {
    const kind = testDatabases().find((one) => one.kind === 'mysql');
    if (kind === undefined) throw new Error('there is no MySQL');
    const test = await kind.open(migrationsOf(module), 'history');
    onTestFinished(() => test.drop());
    const url = new URL(test.env.DATABASE_URL ?? '');
    const proxy = await startBreakableProxy({ host: url.hostname, port: Number(url.port) });
    onTestFinished(() => proxy.stop());
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    const services = [{ module, env: { MODE: 'production', DATA_DIR: test.env.DATA_DIR, DATABASE_URL: url.href } }];
    return { proxy, options: { host: '127.0.0.1', services, log: silentLogger } };
  }

  test.each(['cut', 'silent'] as const)(
    'that is %s: alive, not ready; back: ready',
    { timeout: 40_000 },
    async (how) => {
      const { proxy, options } = await behindProxy();
      const running = await runServices({ ...options, port: 0 });
      onTestFinished(() => running.stop());
      expect(await ask(running.url)).toEqual(WELL);
      proxy.become(how);
      expect(await ask(running.url)).toEqual(AWAY);
      if (how === 'cut') await expectToldToComeBack(running.url);
      proxy.become('open');
      await expect.poll(() => ask(running.url), { timeout: 20_000 }).toEqual(WELL);
    },
  );

  test('is waited for at the start; meanwhile the process is alive and not ready', { timeout: 40_000 }, async () => {
    const { proxy, options } = await behindProxy();
    proxy.become('cut');
    const port = await freePort();
    const starting = runServices({ ...options, port, waitForDatabase: true });
    onTestFinished(async () => (await starting).stop());
    const url = `http://127.0.0.1:${port}`;
    await expect.poll(() => ask(url).catch(() => null)).toEqual(AWAY);
    proxy.become('open');
    await expect.poll(() => ask(url), { timeout: 20_000 }).toEqual(WELL);
  });

  test('is not waited for once the start is given up', { timeout: 40_000 }, async () => {
    const { proxy, options } = await behindProxy();
    proxy.become('silent');
    const giveUp = new AbortController();
    const port = await freePort();
    const starting = runServices({ ...options, port, waitForDatabase: true, signal: giveUp.signal });
    await expect.poll(() => ask(`http://127.0.0.1:${port}`).catch(() => null)).toEqual(AWAY);
    const began = performance.now();
    giveUp.abort(new Error('enough'));
    await expect(starting).rejects.toThrow('enough');
    expect(performance.now() - began).toBeLessThan(4_000);
    await expect(ask(`http://127.0.0.1:${port}`)).rejects.toThrow(/ECONNREFUSED|other side closed/);
  });
});

test('a process that is about to end takes no more requests, and says so', async () => {
  const app = express();
  mountHealth(app, { version: '1', services: [], allInOne: false, started: () => true, stopping: AbortSignal.abort() });
  const listening = await listen(app, 0, '127.0.0.1');
  onTestFinished(() => listening.close(0));
  const answer = await request(`http://127.0.0.1:${listening.port}/health/ready`);
  expect([answer.statusCode, answer.headers['connection'], await answer.body.json()]).toEqual([
    503,
    'close',
    { status: 'stopping' },
  ]);
});

async function freePort(): Promise<number> {
  const listening = await listen(() => undefined, 0, '127.0.0.1');
  await listening.close(0);
  return listening.port;
}
