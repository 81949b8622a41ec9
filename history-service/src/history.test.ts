import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActionRecord } from '@aws-deployer/platform/contracts/activity';
import type { AuditItem } from '@aws-deployer/platform/contracts/history';
import { newId } from '@aws-deployer/platform/database/ids';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { migrationsOf, runServices } from '@aws-deployer/platform/runtime/run-services';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { canonicalJson } from './entries/canonical-json.js';
import { searchTextOf } from './entries/audit-entry.js';
import type { HistorySchema } from './schema.js';
import { history } from './service.js';

let minute = 0;
const action = (fields: Partial<ActionRecord> = {}): ActionRecord => ({
  event_id: newId(),
  timestamp: new Date(Date.UTC(2026, 0, 1, 0, (minute += 1))).toISOString(),
  user_id: 'dora',
  token_id: null,
  service: 'deployer',
  endpoint: 'POST /api/v1/deployments',
  action_type: 'deployment.create',
  target_type: 'deployment',
  target: 'shop',
  outcome: 'succeeded',
  request_data: { z: 1, a: [null, 'é', { b: true }] },
  before: null,
  after: { replicas: 2 },
  response_summary: 'created',
  ip_address: '127.0.0.1',
  user_agent: 'curl/8',
  trace_id: 'ab'.repeat(16),
  duration_ms: 12,
  ...fields,
});
const actions = (count: number, fields: Partial<ActionRecord> = {}) =>
  Array.from({ length: count }, () => action(fields));
const append = (service: TestService<HistorySchema>, records: readonly ActionRecord[]) =>
  service.sendInternal('POST', '/internal/v1/history/actions', { actions: records });
const verify = async (service: TestService<HistorySchema>) =>
  (await service.send('GET', '/api/v1/history/verify')).body as unknown;

describe.each(testDatabases())('the audit log on $kind', (kind) => {
  let service: TestService<HistorySchema>;
  beforeAll(async () => {
    service = await startTestService<HistorySchema>(history, kind);
  });
  afterAll(() => service.stop());
  const search = async (query: string) =>
    (await service.send('GET', `/api/v1/history?${query}`)).body as { items: AuditItem[]; next_cursor: string | null };

  test('an action is on it once, however often and from how many at once it is relayed', async () => {
    const batch = actions(30, { target: 'once' });
    const answers = await Promise.all(
      [batch, batch.slice(10), [...batch, ...batch]].map((each) => append(service, each)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.reduce((sum, { body }) => sum + Number(body.accepted), 0)).toBe(30);
    expect((await search('target=once&limit=100')).items).toHaveLength(30);
    expect(await verify(service)).toMatchObject({ valid: true, first_broken: null });
  });

  test('anyone can recompute a hash from what the API shows', async () => {
    await append(service, actions(1, { user_id: 'recompute', response_summary: 'cut \ud83d in half' }));
    const [item] = (await search('user_id=recompute')).items;
    const { hash, ...rest } = item as AuditItem;
    expect(createHash('sha256').update(canonicalJson(rest)).digest('hex')).toBe(hash);
    expect((await service.send('GET', `/api/v1/history/${rest.seq}`)).body).toEqual(item);
    expect(await verify(service)).toMatchObject({ valid: true });
  });

  test('each filter finds its rows and only those; q finds a part of a word, in any case, literally', async () => {
    const special = action({
      user_id: 'zoe',
      service: 'infra',
      endpoint: 'POST /api/v1/infra/plans',
      action_type: 'plan.apply',
      target_type: 'plan',
      target: 'p-77',
      outcome: 'failed',
      ip_address: '10.1.2.3',
      trace_id: 'cd'.repeat(16),
      response_summary: 'Quota of 100%_done exceeded',
    });
    await append(service, [special, ...actions(3)]);
    for (const field of [
      'event_id',
      'user_id',
      'service',
      'action_type',
      'target_type',
      'target',
      'outcome',
      'ip_address',
      'trace_id',
    ] as const)
      expect(
        (await search(`${field}=${encodeURIComponent(String(special[field]))}`)).items.map(({ event_id: id }) => id),
      ).toEqual([special.event_id]);
    for (const q of ['uota OF 100%_d', 'p-77', '10.1.2'])
      expect((await search(`q=${encodeURIComponent(q)}`)).items.map(({ event_id: id }) => id)).toEqual([
        special.event_id,
      ]);
    expect((await search('q=100xxdone')).items).toEqual([]);
    expect((await search(`from=${special.timestamp}&to=${special.timestamp}`)).items).toHaveLength(1);
  });

  test('pages hold every row once, newest first, with and without q', async () => {
    await append(service, actions(120, { target: 'paged', before: { word: 'needle' } }));
    for (const filter of ['target=paged', 'target=paged&q=needle']) {
      const seen: AuditItem[] = [];
      let cursor = '';
      do {
        const page = await search(`${filter}&limit=50${cursor}`);
        seen.push(...page.items);
        cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
      } while (cursor !== '');
      expect(new Set(seen.map(({ seq }) => seq)).size).toBe(120);
      expect(seen.map(({ timestamp }) => timestamp)).toEqual(
        seen
          .map(({ timestamp }) => timestamp)
          .sort()
          .reverse(),
      );
    }
    expect(await service.send('GET', '/api/v1/history?cursor=bogus')).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'cursor' }] },
    });
  });

  test('the export is the log, oldest first, as NDJSON and as CSV that no spreadsheet runs', async () => {
    await append(service, actions(3, { target: 'exported', response_summary: '=cmd(),"x"' }));
    const ndjson = await service.send('GET', '/api/v1/history/export?target=exported');
    const items = String(ndjson.body)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditItem);
    expect(items.map(({ seq }) => seq)).toEqual(items.map(({ seq }) => seq).sort((a, b) => a - b));
    expect(items).toHaveLength(3);
    expect(ndjson.headers['content-disposition']).toContain('history.ndjson');
    const csv = String((await service.send('GET', '/api/v1/history/export?target=exported&format=csv')).body);
    expect(csv.split('\r\n')).toHaveLength(5);
    expect(csv).toContain(`"'=cmd(),""x"""`);
    expect(csv.startsWith('seq,event_id,timestamp')).toBe(true);
  });

  test('only services append, and only those who may read and verify', async () => {
    expect((await service.send('POST', '/internal/v1/history/actions', { actions: actions(1) })).status).toBe(401);
    for (const path of [
      '/api/v1/history',
      '/api/v1/history/verify',
      '/api/v1/history/export',
      '/api/v1/history/1',
      '/history/list',
    ]) {
      expect((await service.send('GET', path, undefined, { as: null })).status).toBe(401);
      expect((await service.send('GET', path, undefined, { as: 'developer' })).status).toBe(403);
      expect((await service.send('GET', path, undefined, { as: 'devops' })).status).toBe(200);
    }
    expect((await service.send('GET', '/api/v1/history/999999')).status).toBe(404);
  });

  test('the mission’s history: saved entries come back newest first, secrets masked, and make no further record', async () => {
    const before = await service.test.database.db
      .selectFrom('outbox')
      .select(({ fn }) => fn.countAll().as('n'))
      .execute();
    const save = (query: string, output: string) =>
      service.send('POST', '/history/save', { query, output }, { as: 'developer' });
    const first = await save('list buckets', 'a, b');
    expect(first).toMatchObject({
      status: 201,
      body: { query: 'list buckets', output: 'a, b', id: expect.any(String) as string },
    });
    await save('make a key', 'AKIAABCDEFGHIJKLMNOP');
    const list = (await service.send('GET', '/history/list')).body as Record<string, unknown>[];
    expect(list.map(({ query }) => query)).toEqual(['make a key', 'list buckets']);
    expect(list[0]?.['output']).toBe('[masked]');
    expect(list[1]).toEqual(first.body);
    expect(Object.keys(list[0] ?? {}).sort()).toEqual(['id', 'output', 'query', 'timestamp']);
    expect(await save('x', '')).toMatchObject({ status: 201 });
    expect(await service.send('POST', '/history/save', { query: 'x', outptu: '' })).toMatchObject({ status: 400 });
    const after = await service.test.database.db
      .selectFrom('outbox')
      .select(({ fn }) => fn.countAll().as('n'))
      .execute();
    expect(after).toEqual(before);
  });

  test('its metrics are there from the start and count', async () => {
    const text = String((await service.send('GET', '/metrics')).body);
    expect(text).toMatch(/audit_events_total\{service="codebuild",outcome="denied"\} 0/);
    expect(text).toMatch(/audit_events_total\{service="deployer",outcome="succeeded"\} [1-9]/);
  });
});

describe.each(testDatabases())('tampering on $kind', (kind) => {
  let service: TestService<HistorySchema>;
  const db = () => service.test.database.db;
  const eventOf = async (seq: number) =>
    (await db().selectFrom('audit_log').select('event_id').where('seq', '=', seq).executeTakeFirstOrThrow()).event_id;
  beforeEach(async () => {
    service = await startTestService<HistorySchema>(history, kind, { env: { CHECKPOINT_ROWS: '10' } });
    for (let i = 0; i < 4; i += 1) await append(service, actions(6));
    expect(await verify(service)).toEqual({ valid: true, checked: 24, first_broken: null });
  });
  afterEach(() => service.stop());

  test.each([
    { user_id: 'mallory' },
    { request_data: '{"a":[null,"é",{"b":true}],"z": 1}' },
    { outcome: 'denied' },
    { duration_ms: null },
    { seal: 'x' },
    { hash: 'ff'.repeat(32) },
    { search_text: '' },
  ])('a changed row is named: %o', async (change) => {
    await db().updateTable('audit_log').set(change).where('seq', '=', 7).execute();
    await db().updateTable('audit_log').set(change).where('seq', '=', 24).execute();
    expect(await verify(service)).toEqual({
      valid: false,
      checked: 6,
      first_broken: { seq: 7, event_id: await eventOf(7), kind: 'changed' },
    });
  });

  test('a broken chain is in the metrics though nobody asked', async () => {
    const watching = await startTestService<HistorySchema>(history, kind, { env: { VERIFY_SECONDS: '0.05' } });
    try {
      const broken = async () =>
        /^audit_chain_broken (\d)$/m.exec(String((await watching.send('GET', '/metrics')).body))?.[1];
      await append(watching, actions(3));
      expect(await broken()).toBe('0');
      await watching.test.database.db.updateTable('audit_log').set({ target: 'else' }).where('seq', '=', 2).execute();
      await expect.poll(broken, { timeout: 20_000 }).toBe('1');
    } finally {
      await watching.stop();
    }
  });

  test('a changed last row is named', async () => {
    await db().updateTable('audit_log').set({ target: 'else' }).where('seq', '=', 24).execute();
    expect(await verify(service)).toMatchObject({ first_broken: { seq: 24, kind: 'changed' } });
  });

  test.each([1, 12, 24])('removed row %i is named, also after the log went on', async (seq) => {
    await db().deleteFrom('audit_log').where('seq', '=', seq).execute();
    const removed = { valid: false, first_broken: { seq, event_id: null, kind: 'removed' } };
    expect(await verify(service)).toMatchObject(removed);
    await append(service, actions(2));
    expect(await verify(service)).toMatchObject(removed);
  });

  test('a tail that was cut off is named, after a restart and with its checkpoints gone as well', async () => {
    await vi.waitFor(async () => {
      const anchor = await readFile(join(service.test.env.DATA_DIR, 'history-anchor.json'), 'utf8');
      expect(JSON.parse(anchor)).toMatchObject({ seq: 24 });
    }, 10_000);
    await db().deleteFrom('audit_log').where('seq', '>', 20).execute();
    await db().deleteFrom('audit_checkpoints').where('seq', '>', 20).execute();
    const env = { MODE: 'local', ...service.test.env };
    const second = await runServices({
      port: 0,
      host: '127.0.0.1',
      allInOne: true,
      log: silentLogger,
      services: [{ module: history, env }],
      principals: { resolve: async () => Promise.resolve(admin), forget: () => undefined },
    });
    onTestFinished(() => second.stop());
    const answer = await fetch(`${second.url}/api/v1/history/verify`, { headers: { authorization: 'Bearer x' } });
    expect(await answer.json()).toEqual({
      valid: false,
      checked: 20,
      first_broken: { seq: 21, event_id: null, kind: 'removed' },
    });
  });

  const copyOf = async (seq: number, changes: Partial<HistorySchema['audit_log']>) => ({
    ...(await db().selectFrom('audit_log').selectAll().where('seq', '=', seq).executeTakeFirstOrThrow()),
    event_id: newId(),
    ...changes,
  });

  test.each([0, 25])('a row put in at %i is named, also after the log went on', async (seq) => {
    const forged = await copyOf(9, { seq, user_id: 'mallory' });
    await db().insertInto('audit_log').values(forged).execute();
    const named = { valid: false, first_broken: { seq, event_id: forged.event_id, kind: 'inserted' } };
    expect(await verify(service)).toMatchObject(named);
    await append(service, actions(2));
    expect(await verify(service)).toMatchObject(named);
  });

  test('a row put in between is named', async () => {
    const forged = await copyOf(9, { seq: 10, hash: '12'.repeat(32), previous_hash: '34'.repeat(32) });
    await sql`update audit_log set seq = -seq where seq >= 10`.execute(db());
    await sql`update audit_log set seq = 1 - seq where seq < 0`.execute(db());
    await db().insertInto('audit_log').values(forged).execute();
    expect(await verify(service)).toMatchObject({
      first_broken: { seq: 10, event_id: forged.event_id, kind: 'inserted' },
    });
  });

  test('a chain that somebody computed anew, hashes and all, is found', async () => {
    const { hashOf } = await import('./entries/audit-entry.js');
    let previous: string | undefined;
    for (const row of await db().selectFrom('audit_log').selectAll().where('seq', '>=', 15).orderBy('seq').execute()) {
      const forged = { ...row, user_id: 'nobody', previous_hash: previous ?? row.previous_hash };
      previous = hashOf(forged);
      await db()
        .updateTable('audit_log')
        .set({ ...forged, hash: previous, search_text: searchTextOf(forged) })
        .where('seq', '=', row.seq)
        .execute();
    }
    expect(await verify(service)).toMatchObject({
      valid: false,
      checked: 14,
      first_broken: { seq: 15, kind: 'changed' },
    });
  });

  test('a checkpoint that was changed is named', async () => {
    await vi.waitFor(
      async () => expect((await db().selectFrom('audit_checkpoints').selectAll().execute()).length).toBeGreaterThan(0),
      10_000,
    );
    const first = await db()
      .selectFrom('audit_checkpoints')
      .selectAll()
      .orderBy('seq')
      .limit(1)
      .executeTakeFirstOrThrow();
    await db().updateTable('audit_checkpoints').set({ created_at: 'yesterday' }).where('seq', '=', first.seq).execute();
    expect(await verify(service)).toMatchObject({ first_broken: { seq: first.seq, kind: 'checkpoint' } });
  });
});

const admin = {
  kind: 'user',
  userId: newId(),
  username: 'admin',
  roles: ['admin'],
  permissions: ['*'],
  tokenId: null,
  csrfToken: null,
} as const;

const mysql = testDatabases().find(({ kind }) => kind === 'mysql');
test.skipIf(mysql === undefined)('works with a database user who may insert and select only on the chain', async () => {
  if (mysql === undefined) return;
  const test = await mysql.open<HistorySchema>(migrationsOf(history), 'history');
  const url = new URL(test.env.DATABASE_URL ?? '');
  const schema = url.pathname.slice(1);
  const user = `h${schema.slice(-12)}`;
  await sql`create user ${sql.lit(user)}@'%' identified by 'history-user-pass'`.execute(test.database.db);
  onTestFinished(async () => {
    await sql`drop user ${sql.lit(user)}@'%'`.execute(test.database.db);
    await test.drop();
  });
  for (const table of ['audit_log', 'audit_checkpoints'])
    await sql`grant select, insert on ${sql.ref(`${schema}.${table}`)} to ${sql.lit(user)}@'%'`.execute(
      test.database.db,
    );
  for (const table of ['outbox', 'idempotency_keys', 'saved_entries', 'kysely_migration', 'kysely_migration_lock'])
    await sql`grant select, insert, update, delete on ${sql.ref(`${schema}.${table}`)} to ${sql.lit(user)}@'%'`.execute(
      test.database.db,
    );
  url.username = user;
  url.password = 'history-user-pass';
  const running = await runServices({
    port: 0,
    host: '127.0.0.1',
    allInOne: true,
    log: silentLogger,
    services: [{ module: history, env: { MODE: 'local', ...test.env, DATABASE_URL: url.href, CHECKPOINT_ROWS: '2' } }],
    principals: { resolve: async () => Promise.resolve(admin), forget: () => undefined },
  });
  onTestFinished(() => running.stop());
  const { ServiceTokens, keysIn } = await import('@aws-deployer/platform/auth/service-token');
  const token = await new ServiceTokens('deployer', keysIn(test.env.DATA_DIR)).issue('history');
  const send = (path: string, credential: string, body?: unknown) =>
    fetch(running.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  expect((await send('/internal/v1/history/actions', token, { actions: actions(5) })).status).toBe(200);
  await vi.waitFor(
    async () => expect(await test.database.db.selectFrom('audit_checkpoints').selectAll().execute()).not.toEqual([]),
    10_000,
  );
  expect(await (await send('/api/v1/history/verify', 'x')).json()).toMatchObject({ valid: true, checked: 5 });
});
