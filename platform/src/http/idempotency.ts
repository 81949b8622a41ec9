import { createHash } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { columnTypes, createTable } from '../database/columns.js';
import { insertedIfAbsent } from '../database/insert-if-absent.js';
import type { Migrations } from '../database/migrate.js';
import type { Database } from '../database/open-database.js';
import { AppError, invalidField } from '../errors/app-error.js';

/**
 * `Idempotency-Key`: the same key of the same principal on the same route gets the first answer again, for a day.
 * The same key with another body is a conflict; while the first is still at work, so is the second. That a request was carried
 * out is noted in the transaction of its change: a process that dies before it could answer is not followed by a second change.
 */
export interface IdempotencyTable {
  id: string;
  body_hash: string;
  status: number | null;
  /** With a status: the answer. Without one: what was done, as `CarriedOut`. */
  answer: string | null;
  created_at: string;
}
export interface IdempotencySchema {
  idempotency_keys: IdempotencyTable;
}
export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
}
/** The request was carried out, and the process died over its answer. */
export interface CarriedOut {
  /** Of its action; empty where that has none. */
  readonly target: string;
}
const KEPT_MS = 24 * 3_600_000;
/** A claim without an answer after this long belonged to a process that died. */
const CLAIM_MS = 60_000;
/** From the change to its answer takes no longer than this, unless the process is gone. */
const ANSWER_MS = 3_000;

export class IdempotencyKeys {
  constructor(private readonly database: Database<IdempotencySchema>) {}

  /** Undefined: this call is the first, go on and `keep` or `release`. Else the answer to give again, or what was done. */
  async claim(id: string, bodyHash: string): Promise<StoredAnswer | CarriedOut | undefined> {
    const { db } = this.database;
    await this.#expire(db, id);
    const row = { id, body_hash: bodyHash, status: null, answer: null, created_at: new Date().toISOString() };
    if (await insertedIfAbsent(db.insertInto('idempotency_keys').values(row))) return undefined;
    const first = await db.selectFrom('idempotency_keys').selectAll().where('id', '=', id).executeTakeFirst();
    if (first && first.body_hash !== bodyHash)
      throw new AppError(
        'conflict',
        'idempotency_key_reused',
        'This Idempotency-Key was used with another body; take a new key for a new request',
      );
    if (first?.status === null && first.answer !== null && isOver(first.created_at))
      return JSON.parse(first.answer) as CarriedOut;
    if (first?.status == null || first.answer === null)
      throw new AppError(
        'conflict',
        'idempotency_in_progress',
        'The first request with this Idempotency-Key is still at work; ask again in a moment',
        { retryAfterSeconds: 1 },
      );
    return {
      status: first.status,
      ...(JSON.parse(first.answer) as { body: unknown; headers: Record<string, string> }),
    };
  }

  async keep(id: string, { status, body, headers }: StoredAnswer): Promise<void> {
    await this.database.db
      .updateTable('idempotency_keys')
      .set({ status, answer: JSON.stringify({ body, headers }) })
      .where('id', '=', id)
      .execute();
  }

  /** The request came to nothing: the key may be used again. Not so when it was carried out and only its answer failed. */
  async release(id: string): Promise<void> {
    await this.database.db
      .deleteFrom('idempotency_keys')
      .where('id', '=', id)
      .where('status', 'is', null)
      .where('answer', 'is', null)
      .execute();
  }

  async #expire(db: Kysely<IdempotencySchema>, id: string): Promise<void> {
    const now = Date.now();
    await db
      .deleteFrom('idempotency_keys')
      .where('created_at', '<', new Date(now - KEPT_MS).toISOString())
      .execute();
    await db
      .deleteFrom('idempotency_keys')
      .where('id', '=', id)
      .where('status', 'is', null)
      .where('answer', 'is', null)
      .where('created_at', '<', new Date(now - CLAIM_MS).toISOString())
      .execute();
  }
}

/** For a route that cannot answer again. */
export const answerLost = ({ target }: CarriedOut): AppError =>
  new AppError(
    'conflict',
    'idempotency_done',
    `The first request with this Idempotency-Key was carried out (${target}), but its answer is not there: look at what it made`,
  );

/** Its process has answered by now, or died. */
const isOver = (createdAt: string): boolean => Date.now() - Date.parse(createdAt) > ANSWER_MS;

/** Notes in the transaction of the change that the request with this key was carried out. */
export async function noteCarriedOut<Schema extends IdempotencySchema>(
  trx: Transaction<Schema> | Kysely<Schema>,
  id: string,
  target: string | null,
): Promise<void> {
  const done: CarriedOut = { target: target ?? '' };
  const keys = trx as unknown as Kysely<IdempotencySchema>; // Kysely cannot see through the type parameter
  await keys
    .updateTable('idempotency_keys')
    .set({ answer: JSON.stringify(done) })
    .where('id', '=', id)
    .where('status', 'is', null)
    .execute();
}

/** The row's id: who, where and which key. The key itself is nowhere stored, so it salts the body's hash: a password in the body cannot be guessed from it. Throws on a malformed key. */
export function idempotencyId(userId: string, route: string, key: string): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw invalidField('Idempotency-Key', 'must be 1 to 200 visible ASCII characters', 'send a UUID');
  return sha256(`${userId}\n${route}\n${key}`);
}
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const idempotencyMigrations: Migrations = {
  '0000-idempotency-keys': {
    up: async (db, kind) => {
      const type = columnTypes(kind);
      await createTable(db, kind, 'idempotency_keys')
        .addColumn('id', 'varchar(64)', (col) => col.primaryKey())
        .addColumn('body_hash', 'varchar(64)', (col) => col.notNull())
        .addColumn('status', 'integer')
        .addColumn('answer', type.json)
        .addColumn('created_at', type.instant, (col) => col.notNull())
        .execute();
      await db.schema.createIndex('idempotency_created').on('idempotency_keys').column('created_at').execute();
    },
  },
};
