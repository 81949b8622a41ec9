/** A process may die between the change and its answer: the change is made once all the same. */
import { afterEach, describe, expect, test } from 'vitest';
import { inTransaction } from '../database/open-database.js';
import { outboxMigrations, platformOrigin, recordAction, type Origin, type OutboxSchema } from '../outbox/outbox.js';
import { testDatabases, type TestDatabase } from '../testing/test-database.js';
import { IdempotencyKeys, idempotencyMigrations, type IdempotencySchema } from './idempotency.js';

type Schema = OutboxSchema & IdempotencySchema;

describe.each(testDatabases())('idempotency keys on $kind', ({ open }) => {
  let opened: TestDatabase<Schema>;
  let keys: IdempotencyKeys;
  const start = async (): Promise<void> => {
    opened = await open<Schema>({ ...outboxMigrations, ...idempotencyMigrations });
    keys = new IdempotencyKeys(opened.database);
  };
  afterEach(() => opened.drop());
  const origin: Origin = {
    ...platformOrigin('deployer', 'test'),
    idempotency: { id: 'key', actionType: 'thing.create' },
  };
  const carryOut = (type = 'thing.create'): Promise<unknown> =>
    inTransaction(opened.database, (trx) => recordAction(trx, origin, { type, target: 'thing-1' }));
  const minutesLater = (minutes: number): Promise<unknown> =>
    opened.database.db
      .updateTable('idempotency_keys')
      .set({ created_at: new Date(Date.now() - minutes * 60_000).toISOString() })
      .execute();

  test('what was carried out and not answered is never carried out again', async () => {
    await start();
    expect(await keys.claim('key', 'body')).toBeUndefined();
    await carryOut('application.create'); // on the way
    await carryOut();
    await expect(keys.claim('key', 'body')).rejects.toMatchObject({ code: 'idempotency_in_progress' });
    await minutesLater(5);
    expect(await keys.claim('key', 'body')).toEqual({ target: 'thing-1' });
    await keys.release('key'); // its answer failed
    expect(await keys.claim('key', 'body')).toEqual({ target: 'thing-1' });
    await expect(keys.claim('key', 'another body')).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  test('what came to nothing may be tried again: at once when it said so, else when its process must have died', async () => {
    await start();
    await keys.claim('key', 'body');
    await keys.release('key');
    expect(await keys.claim('key', 'body')).toBeUndefined();
    await carryOut('application.create');
    await minutesLater(5);
    expect(await keys.claim('key', 'body')).toBeUndefined();
  });

  test('the first answer is given again', async () => {
    await start();
    await keys.claim('key', 'body');
    await carryOut();
    const answer = { status: 202, body: { id: 'thing-1' }, headers: {} };
    await keys.keep('key', answer);
    expect(await keys.claim('key', 'body')).toEqual(answer);
  });
});
