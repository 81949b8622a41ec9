import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from './open-database.js';

test('a kept statement sees a change of the schema, and many statements are not kept for ever', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-cache-'));
  const database = await openDatabase<{ notes: { id: number; text?: string } }>({
    file: join(folder, 'a.sqlite'),
  });
  onTestFinished(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { db } = database;
  await db.schema.createTable('notes').addColumn('id', 'integer').execute();
  await db.insertInto('notes').values({ id: 1 }).execute();
  const all = () => db.selectFrom('notes').selectAll().execute();
  expect(await all()).toEqual([{ id: 1 }]);
  expect(await all()).toEqual([{ id: 1 }]);
  await db.schema
    .alterTable('notes')
    .addColumn('text', 'text', (col) => col.defaultTo('x'))
    .execute();
  expect(await all()).toEqual([{ id: 1, text: 'x' }]);
  for (let i = 0; i < 400; i += 1)
    expect((await sql<{ n: number }>`select ${sql.lit(i)} as n`.execute(db)).rows).toEqual([{ n: i }]);
  expect(await all()).toHaveLength(1);
});
