import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { keysIn, ServiceTokens } from '../auth/service-token.js';
import type { ActionRecord } from '../contracts/activity.js';
import { ServiceClient } from '../http-client/service-client.js';
import { silentLogger } from '../observability/logger.js';
import { testDatabases, type TestDatabase } from '../testing/test-database.js';
import { outboxMigrations, platformOrigin, recordAction, type OutboxSchema } from './outbox.js';
import { OutboxRelay } from './relay.js';

/** A book: keeps each event once, by its id, as monitor-service and history-service do; can be told to fail. */
class Book {
  readonly events = new Map<string, ActionRecord>();
  failing = false;
  heard = 0;
  /** Takes the batch and dies before it can say so. */
  dropsAnswer = false;
  /** Takes the batch and never answers. */
  silent = false;
  readonly server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      if (this.failing) return void response.writeHead(500).end();
      this.heard += 1;
      if (this.silent) return;
      const { actions } = JSON.parse(text) as { actions: ActionRecord[] };
      const before = this.events.size;
      for (const action of actions) this.events.set(action.event_id, action);
      if (this.dropsAnswer) return void response.destroy();
      const accepted = this.events.size - before;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ accepted, duplicates: actions.length - accepted }));
    });
  });
  async client(tokens: ServiceTokens, name: string): Promise<ServiceClient> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return new ServiceClient(name, `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`, tokens);
  }
}

const opened: TestDatabase<OutboxSchema>[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.drop();
});

describe.each(testDatabases())('the relay on $kind', ({ open }) => {
  async function setUp() {
    const test = await open<OutboxSchema>(outboxMigrations);
    opened.push(test);
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-relay-'));
    const tokens = new ServiceTokens('deployer', keysIn(folder));
    const [monitor, history] = [new Book(), new Book()];
    const clients = {
      monitor: await monitor.client(tokens, 'monitor'),
      history: await history.client(tokens, 'history'),
    };
    const relay = new OutboxRelay({
      service: 'deployer',
      database: test.database,
      clients,
      log: silentLogger,
      register: new Registry(),
    });
    onTestFinished(async () => {
      await relay.stop();
      await Promise.all([clients.monitor.close(), clients.history.close()]);
      monitor.server.closeAllConnections();
      monitor.server.close();
      history.server.close();
      await rm(folder, { recursive: true });
    });
    const record = (target: string) =>
      recordAction(test.database.db, platformOrigin('deployer', 'runner'), { type: 'deployment.stable', target });
    return { test, relay, monitor, history, record };
  }

  test('one destination that is down holds up only itself, and gets everything once it is back', async () => {
    const { relay, monitor, history, record } = await setUp();
    history.failing = true;
    for (let i = 0; i < 5; i += 1) await record(`d${i}`);
    relay.start();
    await vi.waitFor(() => expect(monitor.events.size).toBe(5), 10_000);
    expect(history.events.size).toBe(0);
    history.failing = false;
    await vi.waitFor(() => expect(history.events.size).toBe(5), { timeout: 10_000 });
  });

  test('an answer that was lost is asked for again; the receiver keeps one of each', async () => {
    const { relay, monitor, record } = await setUp();
    monitor.dropsAnswer = true;
    const id = await record('d');
    await expect(relay.relayOnce('monitor')).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'monitor_unreachable',
    });
    monitor.dropsAnswer = false;
    expect(await relay.relayOnce('monitor')).toBe(1);
    expect([...monitor.events.keys()]).toEqual([id]);
    expect(await relay.relayOnce('monitor')).toBe(0);
  });

  test('a destination that never answers does not hold up the end', async () => {
    const { relay, monitor, record } = await setUp();
    monitor.silent = true;
    await record('d');
    relay.start();
    await vi.waitFor(() => expect(monitor.heard).toBe(1), 10_000);
    const began = performance.now();
    await relay.stop();
    expect(performance.now() - began).toBeLessThan(4_000); // 10 s is what one call may take
  });

  test('more than a batch goes in the order in which it was written', async () => {
    const { relay, monitor, record } = await setUp();
    for (let i = 0; i < 450; i += 1) await record(`d${i}`);
    relay.start();
    await vi.waitFor(() => expect(monitor.events.size).toBe(450), { timeout: 10_000 });
    expect([...monitor.events.values()].map(({ target }) => target)).toEqual(
      Array.from({ length: 450 }, (_, i) => `d${i}`),
    );
  });

  test('large actions go in batches that a receiver takes, and one that is larger still goes alone', async () => {
    const { test, relay, monitor } = await setUp();
    const { db } = test.database;
    for (const size of [1_500_000, 1_500_000, 1_500_000, 6_000_000, 10]) {
      const id = await recordAction(db, platformOrigin('deployer', 'runner'), { type: 'deployment.create' });
      const row = await db.selectFrom('outbox').select('record').where('event_id', '=', id).executeTakeFirstOrThrow();
      const record = JSON.stringify({
        ...(JSON.parse(row.record) as ActionRecord),
        request_data: { code: 'x'.repeat(size) }, // as rows of an earlier version may hold
      });
      await db.updateTable('outbox').set({ record }).where('event_id', '=', id).execute();
    }
    const batches: number[] = [];
    for (let sent = await relay.relayOnce('monitor'); sent > 0; sent = await relay.relayOnce('monitor'))
      batches.push(sent);
    expect(batches).toEqual([2, 1, 1, 1]);
    expect(monitor.events.size).toBe(5);
  });

  test('of a large request the books keep what it was, not megabytes of it', async () => {
    const { test, relay, monitor } = await setUp();
    const origin = platformOrigin('deployer', 'runner');
    for (const request of [
      { name: 'shop', code: 'x'.repeat(500_000) },
      { list: Array.from({ length: 100_000 }, () => 'text') },
    ])
      await recordAction(test.database.db, origin, { type: 'deployment.create', request });
    await relay.relayOnce('monitor');
    const [first, second] = [...monitor.events.values()].map(({ request_data: data }) => data);
    expect(first).toMatchObject({
      name: 'shop',
      code: expect.stringMatching(/^x{200}… \[500000 characters\]$/) as string,
    });
    expect(second).toMatch(/^\[\d+ characters\]$/);
  });
});
