/** Sign-in, history and monitor together: what happens in one is on both books exactly once, also when a book was closed. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authModule } from '@aws-deployer/auth-service/service';
import { history } from '@aws-deployer/history-service/service';
import { monitor } from '@aws-deployer/monitor-service/service';
import { openDatabase } from '@aws-deployer/platform/database/open-database';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { migrationsOf, runServices, type RunOptions } from '@aws-deployer/platform/runtime/run-services';
import type { AnyServiceModule } from '@aws-deployer/platform/runtime/service';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { sql } from 'kysely';
import { request } from 'undici';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

const CANARY = 'canary-admin-password-41';
const auth = authModule(() => undefined);
type Item = Record<string, unknown> & { event_id: string; action_type: string; outcome: string };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function send(url: string, method: 'GET' | 'POST', path: string, token?: string, body?: unknown) {
  const response = await request(new URL(path, url), {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.body.text();
  return {
    status: response.statusCode,

    body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text,
  };
}
const login = (url: string, password = CANARY) =>
  send(url, 'POST', '/api/v1/auth/login', undefined, { username: 'admin', password });

describe.each(testDatabases())('the books on $kind', (kind) => {
  /** The environment of each service, over one data directory: they share the keys of their service tokens. */
  async function environments(urls: Record<string, string> = {}) {
    const dataDir = await mkdtemp(join(tmpdir(), 'service-books-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const envOf = async (module: AnyServiceModule) => {
      const database = await kind.open(migrationsOf(module), module.name);
      onTestFinished(() => database.drop());
      return {
        module,
        env: { MODE: 'local', ADMIN_PASSWORD: CANARY, ...database.env, DATA_DIR: dataDir, ...urls },
      };
    };
    return { auth: await envOf(auth), history: await envOf(history), monitor: await envOf(monitor), dataDir };
  }
  type Services = RunOptions['services'];
  async function run(services: Services, port = 0, allInOne = false) {
    const running = await runServices({ port, host: '127.0.0.1', services, allInOne, log: silentLogger });
    let stopped = false;
    const stop = async () => {
      if (!stopped) await running.stop();
      stopped = true;
    };
    onTestFinished(stop);
    return { url: running.url, stop };
  }
  const book = async (url: string, path: string, token: string): Promise<Item[]> =>
    ((await send(url, 'GET', `${path}?limit=500`, token)).body as { items: Item[] }).items;

  test('a login, a refused one and a token are on both exactly once; the password is in no table', async () => {
    const { auth, history, monitor, dataDir } = await environments();
    const { url, stop } = await run([auth, history, monitor], 0, true);
    expect((await login(url, 'not-the-password')).status).toBe(401);
    const token = String((await login(url)).body.access_token);
    const made = await send(url, 'POST', '/api/v1/tokens', token, { name: 'ci' });
    expect(made.status).toBe(201);
    const types = ['auth.login denied', 'auth.login succeeded', 'token.create succeeded', 'user.create succeeded'];
    const both = await vi.waitFor(async () => {
      const books = [await book(url, '/api/v1/activity', token), await book(url, '/api/v1/history', token)] as const;
      for (const items of books)
        expect(items.map(({ action_type: type, outcome }) => `${type} ${outcome}`).sort()).toEqual(types);
      return books;
    }, 10_000);
    expect(both[0].map(({ event_id: id }) => id).sort()).toEqual(both[1].map(({ event_id: id }) => id).sort());
    expect((await send(url, 'GET', '/api/v1/history/verify', token)).body).toEqual({
      valid: true,
      checked: 4,
      first_broken: null,
    });
    expect((await send(url, 'GET', '/api/v1/services', token)).body.items).toMatchObject([
      { name: 'history' },
      { name: 'monitor' },
      { name: 'auth' },
    ]);
    await stop();
    const text = (
      await Promise.all([auth, history, monitor].map(({ env, module }) => dump(env, module.name, dataDir)))
    ).join();
    expect(text).toContain('token.create');
    for (const secret of [CANARY, token, String(made.body.token)])
      for (const form of [
        secret,
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
        encodeURIComponent(secret),
      ])
        expect(text).not.toContain(form);
  });

  test('history is down: sign-in goes on; once it is back it has everything once', async () => {
    const [core, book8081] = [await freePort(), await freePort()];
    const own = `http://127.0.0.1:${core}`;
    const { auth, history, monitor } = await environments({
      AUTH_URL: own,
      MONITOR_URL: own,
      HISTORY_URL: `http://127.0.0.1:${book8081}`,
    });
    const { url } = await run([auth, monitor], core);
    const first = await run([history], book8081);
    const token = String((await login(url)).body.access_token);
    const logins = async () =>
      (await book(first.url, '/api/v1/history', token)).filter(({ action_type: type }) => type === 'auth.login');
    await vi.waitFor(async () => expect(await logins()).toHaveLength(1), 10_000);
    await first.stop();

    for (let i = 0; i < 3; i += 1) expect((await login(url)).status).toBe(200);
    expect((await send(url, 'POST', '/api/v1/tokens', token, { name: 'meanwhile' })).status).toBe(201);
    await vi.waitFor(async () => {
      const items = await book(url, '/api/v1/activity', token);
      expect(items.filter(({ action_type: type }) => type === 'token.create')).toHaveLength(1);
    }, 10_000);

    const second = await run([history], book8081);
    await vi.waitFor(async () => {
      const items = await book(second.url, '/api/v1/history', token);
      expect(items.filter(({ action_type: type }) => type === 'auth.login')).toHaveLength(4);
      expect(items.filter(({ action_type: type }) => type === 'token.create')).toHaveLength(1);
    }, 20_000);
    expect((await send(second.url, 'GET', '/api/v1/history/verify', token)).body).toMatchObject({ valid: true });
  }, 60_000);

  test('nothing but health, metrics and login answers without a principal', async () => {
    const { auth, history, monitor } = await environments();
    const { url } = await run([auth, history, monitor], 0, true);
    for (const path of ['/health', '/metrics']) expect((await send(url, 'GET', path)).status).toBe(200);
    const open: string[] = [];
    for (const service of ['auth', 'history', 'monitor']) {
      const { paths } = (await send(url, 'GET', `/api/v1/${service}/openapi.json`)).body as {
        paths: Record<string, Record<string, unknown>>;
      };
      for (const [path, methods] of Object.entries(paths))
        for (const method of Object.keys(methods)) {
          const answer = await request(new URL(path.replace(/\{\w+\}/g, '1'), url), {
            method: method.toUpperCase() as 'GET',
          });
          await answer.body.dump();
          if (answer.statusCode !== 401) open.push(`${method} ${path}`);
        }
    }
    expect(open).toEqual(['post /api/v1/auth/login']);
    for (const path of ['/internal/v1/principals', '/internal/v1/history/actions', '/internal/v1/monitor/actions'])
      expect((await send(url, 'POST', path, undefined, {})).status).toBe(401);
  });
});

/** Every row of every table of a service. */
async function dump(env: Record<string, string | undefined>, name: string, dataDir: string): Promise<string> {
  const url = env['DATABASE_URL'];
  const database = await openDatabase<Record<string, unknown>>(
    url === undefined ? { file: join(dataDir, `${name}.sqlite`) } : { url },
  );
  try {
    const tables = await database.db.introspection.getTables();
    const rows = await Promise.all(
      tables.map(({ name: table }) => sql`select * from ${sql.table(table)}`.execute(database.db)),
    );
    return JSON.stringify(rows.map(({ rows: all }) => all));
  } finally {
    await database.close();
  }
}
