import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ActionRecord, ActivityItem, ServiceView } from '@aws-deployer/platform/contracts/activity';
import { newId } from '@aws-deployer/platform/database/ids';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { MonitorSchema } from './schema.js';
import { monitor } from './service.js';

const action = (fields: Partial<ActionRecord> = {}): ActionRecord => ({
  event_id: newId(),
  timestamp: new Date().toISOString(),
  user_id: 'dora',
  token_id: null,
  service: 'deployer',
  endpoint: 'POST /api/v1/deployments',
  action_type: 'deployment.create',
  target_type: 'deployment',
  target: 'shop',
  outcome: 'succeeded',
  request_data: { replicas: 2 },
  before: null,
  after: null,
  response_summary: 'created',
  ip_address: '127.0.0.1',
  user_agent: 'curl/8',
  trace_id: 'ab'.repeat(16),
  duration_ms: 12,
  ...fields,
});
const entry = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  user_id: 'u-1',
  service: 'shop',
  endpoint: '/cart',
  action_type: 'cart.add',
  request_data: { item: 7 },
  response_summary: 'added',
  ...fields,
});

/** The events of a stream as they come; `text` is everything. */
async function watch(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const response = await fetch(url, { headers: { authorization: 'Bearer admin', ...headers }, signal: stop.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: { id: number; event: string; item: ActivityItem }[] = [];
  const read = async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, id, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(part) ?? [];
        if (data !== undefined)
          events.push({ id: Number(id), event: event ?? '', item: JSON.parse(data) as ActivityItem });
      }
    }
  };
  read().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return { events, close: () => stop.abort() };
}

describe.each(testDatabases())('monitor-service on $kind', (kind) => {
  let service: TestService<MonitorSchema>;
  beforeAll(async () => {
    service = await startTestService<MonitorSchema>(monitor, kind, { env: { HEALTH_POLL_SECONDS: '0.05' } });
  });
  afterAll(() => service.stop());
  const log = (body: unknown, options: Parameters<typeof service.send>[3] = {}) =>
    service.send('POST', '/monitor/log', body, { as: 'developer', ...options });
  const search = async (query: string) =>
    (await service.send('GET', `/api/v1/activity?${query}`)).body as {
      items: ActivityItem[];
      next_cursor: string | null;
    };
  const relay = (actions: readonly ActionRecord[]) =>
    service.sendInternal('POST', '/internal/v1/monitor/actions', { actions });

  test('one entry: 201 in the exact shape, there when answered, the user as sent and the principal beside', async () => {
    const answer = await log(entry({ user_id: 'Somebody Else', ip_address: '10.0.0.9' }));
    expect(answer).toMatchObject({ status: 201, body: { success: true, accepted: 1, duplicates: 0 } });
    expect(Object.keys(answer.body as object).sort()).toEqual(['accepted', 'duplicates', 'ids', 'success']);
    const [id] = (answer.body as { ids: string[] }).ids;
    const { items } = await search(`id=${id}`);
    expect(items).toMatchObject([
      {
        id,
        user_id: 'Somebody Else',
        principal: 'developer',
        service: 'shop',
        endpoint: '/cart',
        action_type: 'cart.add',
        request_data: { item: 7 },
        response_summary: 'added',
        ip_address: '10.0.0.9',
        outcome: 'succeeded',
        target: null,
      },
    ]);
  });

  test('an array of a thousand; one more is refused; ids stand in the order sent', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => entry({ action_type: 'bulk.row', request_data: i }));
    const answer = await log(many);
    expect(answer).toMatchObject({ status: 201, body: { accepted: 1000, duplicates: 0 } });
    const { ids } = answer.body as { ids: string[] };
    expect((await search(`id=${ids[637]}`)).items).toMatchObject([{ request_data: 637 }]);
    const chosen = (await log(entry({ event_id: 'chosen-word' }))).body as { ids: string[] };
    expect((await search(`id=${chosen.ids[0]}`)).items).toMatchObject([{ event_id: 'chosen-word' }]);
    expect(await log([...many, entry()])).toMatchObject({ status: 400 });
    expect(await log([])).toMatchObject({ status: 400 });
    expect(await log([entry(), entry({ user_id: undefined, extra: 1 })])).toMatchObject({
      status: 400,
      body: { errors: [{ field: '1.user_id' }, { field: '1.extra' }] },
    });
  });

  test('an event is on the books once, in one request, in two, and in two at once', async () => {
    const [a, b, c] = [newId(), 'order-17', newId()];
    const first = await log([entry({ event_id: a }), entry({ event_id: b }), entry({ event_id: a })]);
    expect(first.body).toMatchObject({ accepted: 2, duplicates: 1 });
    const { ids } = first.body as { ids: string[] };
    expect(ids[2]).toBe(ids[0]);
    expect((await log(entry({ event_id: b }))).body).toMatchObject({ accepted: 0, duplicates: 1, ids: [ids[1]] });
    const both = await Promise.all(Array.from({ length: 6 }, () => log(entry({ event_id: c }))));
    expect(both.reduce((sum, { body }) => sum + Number(body.accepted), 0)).toBe(1);
    expect((await search(`event_id=${c}`)).items).toHaveLength(1);
  });

  test('two hundred single posts at once are all there', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => log(entry({ action_type: 'single.post' }))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect((await search('action_type=single.post&limit=500')).items).toHaveLength(200);
  });

  test('secrets in an entry are masked before they are written', async () => {
    const canary = 'canary-monitor-secret';
    await log(
      entry({
        action_type: 'secret.entry',
        request_data: {
          password: canary,
          nested: [{ docker_token: canary }],
          header: `Authorization: Bearer ${canary}`,
        },
        response_summary: `https://user:${canary}@git.example/x`,
      }),
    );
    const rows = await service.test.database.db.selectFrom('activity').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(canary);
    expect((await search('action_type=secret.entry')).items[0]?.request_data).toMatchObject({ password: '[masked]' });
  });

  test('relayed actions are taken once each', async () => {
    const batch = Array.from({ length: 20 }, () => action({ target: 'relayed' }));
    expect((await relay(batch)).body).toEqual({ accepted: 20, duplicates: 0 });
    expect((await relay([...batch, action({ target: 'relayed' })])).body).toEqual({ accepted: 1, duplicates: 20 });
    const [item] = (await search('target=relayed&limit=1')).items;
    expect(item).toMatchObject({ principal: 'dora', duration_ms: 12, trace_id: 'ab'.repeat(16) });
    expect(item?.id).toBe(item?.event_id);
  });

  test('every field is a filter; q finds a part of a text, in any case, literally', async () => {
    const special = action({
      user_id: 'zoe',
      service: 'infra',
      endpoint: 'POST /api/v1/infra/plans',
      action_type: 'plan.apply',
      target_type: 'plan',
      target: 'p-77',
      outcome: 'failed',
      ip_address: '10.1.2.3',
      user_agent: 'terraform/1.11',
      trace_id: 'cd'.repeat(16),
      response_summary: 'Quota of 100%_done exceeded',
    });
    await relay([special, action(), action()]);
    const fields = [
      'event_id',
      'user_id',
      'service',
      'endpoint',
      'action_type',
      'target_type',
      'target',
      'outcome',
      'ip_address',
      'user_agent',
      'trace_id',
    ] as const;
    for (const field of fields)
      expect(
        (await search(`${field}=${encodeURIComponent(String(special[field]))}`)).items.map((item) => item.event_id),
      ).toEqual([special.event_id]);
    expect((await search(`q=${encodeURIComponent('uota OF 100%_d')}`)).items.map((item) => item.event_id)).toEqual([
      special.event_id,
    ]);
    expect((await search('q=100xxdone')).items).toEqual([]);
    expect(await service.send('GET', '/api/v1/activity?actoin_type=x')).toMatchObject({ status: 400 });
  });

  test('pages hold every row once, newest first, in a window of time', async () => {
    const old = (minute: number) => new Date(Date.UTC(2020, 0, 1, 0, minute)).toISOString();
    await relay(Array.from({ length: 60 }, (_, i) => action({ timestamp: old(i), service: 'paged' })));
    const seen: ActivityItem[] = [];
    let cursor = '';
    do {
      const page = await search(`service=paged&from=${old(10)}&to=${old(39)}&limit=7${cursor}`);
      seen.push(...page.items);
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    expect(seen.map(({ timestamp }) => timestamp)).toEqual(Array.from({ length: 30 }, (_, i) => old(39 - i)));
  });

  test('a page that looks through many rows ends early and goes on until all is found', async () => {
    for (let i = 0; i < 6; i += 1)
      await log(
        Array.from({ length: 1000 }, (_, n) => entry({ action_type: 'hay', request_data: n })),
        { as: 'admin' },
      );
    await relay([action({ timestamp: '2019-01-01T00:00:00.000Z', response_summary: 'the NEEDLE' })]);
    let page = await search('q=needle');
    for (let pages = 1; page.items.length === 0 && page.next_cursor !== null && pages < 20; pages += 1)
      page = await search(`q=needle&cursor=${page.next_cursor}`);
    expect(page.items).toHaveLength(1);
  });

  test('GET /monitor is JSON for programs and the console’s page for people', async () => {
    const json = await service.send('GET', '/monitor?limit=1', undefined, { headers: { accept: 'application/json' } });
    expect(json).toMatchObject({ status: 200, body: { items: [{}], next_cursor: expect.any(String) as string } });
    const page = await service.send('GET', '/monitor', undefined, { headers: { accept: 'text/html,*/*' } });
    expect([page.status, page.headers['location']]).toEqual([302, '/activity']);
  });

  test('an event_id that differs by spaces around it is the same event, on every database', async () => {
    const first = await log(entry({ event_id: 'spaced-1', action_type: 'spaced' }));
    const [id] = (first.body as { ids: string[] }).ids;
    for (const again of ['spaced-1 ', ' spaced-1'])
      expect(await log(entry({ event_id: again, action_type: 'spaced' }))).toMatchObject({
        status: 201,
        body: { accepted: 0, duplicates: 1, ids: [id] },
      });
    expect((await search('action_type=spaced')).items).toHaveLength(1);
    expect(await log(entry({ event_id: ' ' }))).toMatchObject({ status: 400 });
  });

  test('the stream shows what comes, filtered, and goes on after the last id', async () => {
    const url = `${service.url}/api/v1/activity/stream?action_type=live.one`;
    const live = await watch(url);
    await log([
      entry({ action_type: 'live.one' }),
      entry({ action_type: 'live.other' }),
      entry({ action_type: 'live.one' }),
    ]);
    await vi.waitFor(() => expect(live.events).toHaveLength(2), 5_000);
    expect(live.events[0]).toMatchObject({ event: 'activity', item: { action_type: 'live.one' } });
    live.close();
    await log(entry({ action_type: 'live.one', request_data: 'while away' }));
    const again = await watch(url, { 'last-event-id': String(live.events[0]?.id) });
    await vi.waitFor(() => expect(again.events).toHaveLength(2), 5_000);
    await log(entry({ action_type: 'live.one', request_data: 'after' }));
    await vi.waitFor(() => expect(again.events).toHaveLength(3), 5_000);
    expect(again.events.map(({ id }) => id)).toEqual(
      [...new Set(again.events.map(({ id }) => id))].sort((a, b) => a - b),
    );
    expect(again.events.map(({ item }) => item.request_data)).toEqual([{ item: 7 }, 'while away', 'after']);
    expect(await service.send('GET', '/api/v1/activity/stream?last_event_id=abc')).toMatchObject({ status: 400 });
  });

  test('a row of a transaction that commits late still reaches the stream', async () => {
    const { db } = service.test.database;
    const live = await watch(`${service.url}/api/v1/activity/stream?service=late`);
    await vi.waitFor(async () => {
      await log({ ...entry(), service: 'late' }); // a stream begins a little after its headers
      expect(live.events).not.toEqual([]);
    }, 5_000);
    const { seq } = await db
      .selectFrom('activity')
      .select('seq')
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    await vi.waitFor(() => expect(live.events.at(-1)?.id).toBe(seq), 5_000);
    live.events.length = 0;
    const row = async (at: number, target: string) => {
      const first = await db.selectFrom('activity').selectAll().limit(1).executeTakeFirstOrThrow();
      const id = newId();
      await db
        .insertInto('activity')
        .values({ ...first, seq: at, id, event_id: id, service: 'late', target })
        .execute();
    };
    await row(seq + 2, 'second'); // another replica's commit overtakes
    await vi.waitFor(() => expect(live.events).toHaveLength(1), 5_000);
    await row(seq + 1, 'first');
    await vi.waitFor(() => expect(live.events.map(({ item }) => item.target)).toEqual(['second', 'first']), 5_000);
  });

  test('nothing but health and metrics answers without a principal', async () => {
    for (const path of ['/monitor', '/api/v1/activity', '/api/v1/activity/stream', '/api/v1/services'])
      expect((await service.send('GET', path, undefined, { as: null })).status).toBe(401);
    expect((await log(entry(), { as: null })).status).toBe(401);
    expect((await log(entry(), { as: 'viewer' })).status).toBe(403);
    expect((await service.send('POST', '/internal/v1/monitor/actions', { actions: [action()] })).status).toBe(401);
    const { db } = service.test.database;
    const records = await db.selectFrom('outbox').select('record').execute();
    expect(records.every(({ record }) => (JSON.parse(record) as { outcome: string }).outcome === 'denied')).toBe(true); // entries make none
  });

  test('the services of this process are up; those that do not run here are not listed', async () => {
    await vi.waitFor(async () => {
      const { items } = (await service.send('GET', '/api/v1/services')).body as { items: ServiceView[] };
      expect(items).toMatchObject([{ name: 'monitor', state: 'up', url: service.url }]);
      expect(items[0]?.latency_ms).toEqual(expect.any(Number));
    }, 10_000);
    const metrics = String((await service.send('GET', '/metrics')).body);
    expect(metrics).toContain('monitor_service_up{service="monitor"} 1');
    expect(metrics).toMatch(/monitor_activity_total\{source="log"\} [1-9]/);
  });

  if (kind.kind === 'sqlite') return; // nobody else can lock its tables

  test('a stream says that it is open once it knows where it begins, not before', async () => {
    const { db } = service.test.database;
    const held = async () => {
      const { rows } = await sql<{ State: string | null; Info: string | null }>`show full processlist`.execute(db);
      return rows.filter(({ State, Info }) => /metadata lock/.test(State ?? '') && /from `activity`/.test(Info ?? ''));
    };
    let open = false;
    const opening = await db.connection().execute(async (holder) => {
      await sql`lock tables activity write`.execute(holder);
      try {
        const stream = watch(`${service.url}/api/v1/activity/stream?action_type=at.once`).then((live) => {
          open = true;
          return live;
        });
        await vi.waitFor(async () => expect(await held()).not.toEqual([]), 5_000);
        await service.send('GET', '/health/live'); // a whole answer of the service has come since
        expect(open).toBe(false);
        return { stream };
      } finally {
        await sql`unlock tables`.execute(holder);
      }
    });
    const live = await opening.stream;
    await log(entry({ action_type: 'at.once' }));
    await vi.waitFor(() => expect(live.events).toHaveLength(1), 5_000);
  });
});

test('services with addresses of their own: up, down by its own word, not there, something else', async () => {
  const { HealthPoller } = await import('./services/health-poller.js');
  const { serviceMetrics } = await import('./services/metrics.js');
  const { Registry } = await import('prom-client');
  const serve = async (status: number, body: unknown) => {
    const server = createServer((_request, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    );
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const poller = new HealthPoller({
    urls: {
      auth: await serve(200, { services: { auth: { status: 'up' } } }),
      history: await serve(503, { services: { history: { status: 'down', reason: 'The database does not answer' } } }),
      infra: await serve(404, 'nginx'),
      monitor: 'http://127.0.0.1:9',
      deployer: 'http://127.0.0.1:9',
      codebuild: 'http://127.0.0.1:9',
    },
    everyMs: 60_000,
    clock: { now: () => new Date() },
    metrics: serviceMetrics(new Registry()),
    stopping: new AbortController().signal,
  });
  expect(poller.views.map(({ state }) => state)).toEqual(Array(6).fill('unknown'));
  await poller.poll();
  const state = Object.fromEntries(poller.views.map((view) => [view.name, view]));
  expect(state['auth']).toMatchObject({ state: 'up' });
  expect(state['history']).toMatchObject({ state: 'down', detail: 'The database does not answer' });
  expect(state['infra']).toMatchObject({ state: 'down', detail: 'answered 404 without a state' });
  expect(state['deployer']).toMatchObject({ state: 'down', latency_ms: null });
});
