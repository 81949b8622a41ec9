/** What every service may rely on, however the server is set: its isolation, its strictness, and how it compares text. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { delay } from '../runtime/clock.js';
import { startBreakableProxy } from '../testing/breakable-proxy.js';
import { testDatabases, type TestDatabase } from '../testing/test-database.js';
import { columnTypes, createTable } from './columns.js';
import { insertedIfAbsent } from './insert-if-absent.js';
import { inTransaction, openDatabase } from './open-database.js';

interface Schema {
  notes: { id: string; text: string };
}
const migrations = {
  '0001-notes': {
    up: (db: Parameters<typeof createTable>[0], kind: Parameters<typeof createTable>[1]) =>
      createTable(db, kind, 'notes')
        .addColumn('id', columnTypes(kind).id, (col) => col.primaryKey())
        .addColumn('text', columnTypes(kind).text, (col) => col.notNull())
        .execute(),
  },
};

describe.each(testDatabases())('a database on $kind', ({ kind, open }) => {
  let made: TestDatabase<Schema>;
  beforeAll(async () => {
    made = await open<Schema>(migrations);
  });
  afterAll(() => made.drop());

  test('keys are told apart by case and accent, as they are told apart in this process', async () => {
    const { db } = made.database;
    const keys = ['résumé', 'resume', 'Resume', 'ｒesume', 'straße', 'strasse', 'ı', 'i', '🐎', '🐴'];
    for (const id of keys)
      expect([id, await insertedIfAbsent(db.insertInto('notes').values({ id, text: '' }))]).toEqual([id, true]);
    expect(await insertedIfAbsent(db.insertInto('notes').values({ id: '🐎', text: '' }))).toBe(false);
    const rows = await db.selectFrom('notes').select('id').where('id', 'in', keys).orderBy('id').execute();
    const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    expect(rows.map(({ id }) => id)).toEqual(keys.toSorted(bytewise));
    for (const id of keys)
      expect(await db.selectFrom('notes').select('id').where('id', '=', id).execute()).toEqual([{ id }]);
  });

  if (kind === 'sqlite') return; // what follows is about servers with sessions of their own

  test('a transaction sees what others have committed since it began', async () => {
    const { database, env } = made;
    const other = await openDatabase<Schema>({ url: env.DATABASE_URL ?? '' });
    onTestFinished(() => other.close());
    const seen = await inTransaction(database, async (trx) => {
      const ours = () => trx.selectFrom('notes').select('text').where('id', '=', 'theirs').execute();
      const before = await ours();
      await other.db.insertInto('notes').values({ id: 'theirs', text: 'new' }).execute();
      return [before, await ours()];
    });
    expect(seen).toEqual([[], [{ text: 'new' }]]);
  });

  test('one that finds nothing to lock holds up nobody who makes it', async () => {
    const { database, env } = made;
    const other = await openDatabase<Schema>({ url: env.DATABASE_URL ?? '' });
    onTestFinished(() => other.close());
    await inTransaction(database, async (trx) => {
      await trx.updateTable('notes').set({ text: 'x' }).where('id', '=', 'between').execute();
      await other.db.connection().execute(async (db) => {
        await sql`set session innodb_lock_wait_timeout = 1`.execute(db);
        await db.insertInto('notes').values({ id: 'betweens', text: '' }).execute();
      });
    });
  });

  test('a server that vanished is told as gone, by every question that was asked of it, and found again', async () => {
    const url = new URL(made.env.DATABASE_URL ?? '');
    const proxy = await startBreakableProxy({ host: url.hostname, port: Number(url.port) });
    onTestFinished(() => proxy.stop());
    url.host = `127.0.0.1:${String(proxy.port)}`;
    const through = await openDatabase<Schema>({ url: url.href }, { silenceMs: 1_000 });
    onTestFinished(() => through.close());
    await through.ping();
    const asked: Promise<void>[] = [];
    const inTheMiddle = inTransaction(through, async (trx) => {
      await trx.insertInto('notes').values({ id: 'vanished', text: '' }).execute();
      proxy.become('frozen');
      asked.push(through.ping());
    });
    await expect(inTheMiddle).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(asked[0]).rejects.toMatchObject({ code: 'database_unavailable' });
    proxy.become('open');
    await through.ping();
    expect(await through.db.selectFrom('notes').where('id', '=', 'vanished').selectAll().execute()).toEqual([]);
  });

  test('an idle connection may say nothing for as long as it likes, and is used again', async () => {
    const idle = await openDatabase<Schema>({ url: made.env.DATABASE_URL ?? '' }, { silenceMs: 1_000 });
    onTestFinished(() => idle.close());
    const connection = async () => (await sql<{ id: number }>`select connection_id() as id`.execute(idle.db)).rows;
    const before = await connection();
    await delay(1_500);
    expect(await connection()).toEqual(before);
  });

  test('what does not fit is refused, not cut; and so is a question with more than one answer', async () => {
    const { db } = made.database;
    await expect(
      db
        .insertInto('notes')
        .values({ id: 'x'.repeat(37), text: '' })
        .execute(),
    ).rejects.toThrow(/too long/);
    await expect(sql`select id, max(text) from notes group by text`.execute(db)).rejects.toThrow(/GROUP BY/);
  });
});
