import { mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Pool, PoolConnection } from 'mysql2';
import { Kysely, MysqlDialect, sql, SqliteDialect, type Transaction } from 'kysely';
import { AppError, messageOf } from '../errors/app-error.js';
import { withStatementCache } from './statement-cache.js';

/**
 * MySQL or SQLite behind one query builder.
 *
 * Portable by rule: instants are RFC 3339 UTC strings of 24 characters (they sort, people can read them, no driver
 * converts them), JSON is text that the store parses, booleans are 0/1, ids are UUIDv7 strings. No RETURNING.
 * SQLite has one connection: keep transactions short and never await the network inside one.
 */
export type DatabaseKind = 'mysql' | 'sqlite';
export interface Database<Schema> {
  readonly kind: DatabaseKind;
  readonly db: Kysely<Schema>;
  /** Throws AppError unavailable/`database_unavailable`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
export type DatabaseLocation = { readonly url: string } | { readonly file: string };

/**
 * `silenceMs`: how long a server may say nothing before it counts as gone; 0 for as long as it likes (a migration of a large
 * table). A host that vanished closes no connection: without a limit a query would hang for the quarter of an hour that TCP
 * goes on trying.
 */
export async function openDatabase<Schema>(
  location: DatabaseLocation,
  { silenceMs = 30_000 }: { readonly silenceMs?: number } = {},
): Promise<Database<Schema>> {
  const { kind, db } =
    'url' in location ? await openMysql<Schema>(location.url, silenceMs) : await openSqlite<Schema>(location.file);
  return {
    kind,
    db,
    ping: async () => {
      await sql`select 1`.execute(db).catch((error: unknown) => {
        throw databaseUnavailable(error);
      });
    },
    close: () => db.destroy(),
  };
}

const databaseUnavailable = (error: unknown): AppError =>
  new AppError('unavailable', 'database_unavailable', `The database does not answer: ${messageOf(error)}`, {
    cause: error,
    retryAfterSeconds: 2,
  });

/**
 * Each session says how it works: servers differ in it (a managed one by its parameter group), and what the tests prove must
 * hold on all of them. READ COMMITTED: a transaction that has waited for a row sees what it waited for, and a row that is not
 * there locks no gap. The modes are MySQL's own: without the strict one a text that is too long is cut in silence. A wait for a
 * row is told before the silence of it counts as a server that is gone.
 */
const SESSION = [
  'set session transaction isolation level read committed',
  "set session sql_mode = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  'set session innodb_lock_wait_timeout = 20',
];

/**
 * Whoever waits on a connection that fell silent hears that the database is gone. An idle one may say nothing: nobody asked it.
 */
function endSilence(pool: Pool, silenceMs: number): void {
  const socketOf = (connection: PoolConnection): Socket =>
    (connection as unknown as { readonly stream: Socket }).stream; // not in its types
  pool.on('connection', (connection) => {
    const socket = socketOf(connection);
    socket.on('timeout', () => {
      const said = `it said nothing for ${String(silenceMs / 1000)} s`;
      socket.destroy(Object.assign(new Error(said), { code: 'ETIMEDOUT' }));
    });
  });
  pool.on('acquire', (connection) => socketOf(connection).setTimeout(silenceMs));
  pool.on('release', (connection) => socketOf(connection).setTimeout(0));
}

async function openMysql<Schema>(url: string, silenceMs: number): Promise<{ kind: 'mysql'; db: Kysely<Schema> }> {
  const { createPool } = await import('mysql2');
  const pool = createPool({
    uri: url,
    timezone: 'Z',
    charset: 'utf8mb4_bin',
    supportBigNumbers: true,
    connectionLimit: 10,
    connectTimeout: 5_000,
    enableKeepAlive: true,
  });
  endSilence(pool, silenceMs);
  pool.on('connection', (connection) => {
    for (const statement of SESSION)
      connection.query(statement, (error) => {
        if (error) connection.destroy(); // whoever waits for it hears that it is closed, and may try again
      });
  });
  return { kind: 'mysql', db: new Kysely<Schema>({ dialect: new MysqlDialect({ pool }) }) };
}

async function openSqlite<Schema>(file: string): Promise<{ kind: 'sqlite'; db: Kysely<Schema> }> {
  const { default: Sqlite } = await import('better-sqlite3');
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const database = new Sqlite(file, { timeout: 5_000 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL'); // an acknowledged action survives a power cut
  database.pragma('wal_autocheckpoint = 4000'); // 16 MB: pages that each commit touches are copied once, not once a hundred commits
  database.pragma('foreign_keys = ON');
  return {
    kind: 'sqlite',
    db: new Kysely<Schema>({ dialect: new SqliteDialect({ database: withStatementCache(database) }) }),
  };
}

const RETRYABLE = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_CHECKREAD',
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT', // it had read before it wrote, and another process wrote in between
]);
const GONE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'PROTOCOL_CONNECTION_LOST',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_QUERY_INTERRUPTED',
  'ER_CONNECTION_KILLED',
]);
const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** True when the database did not answer: nothing is wrong with what was asked, and it may be asked again later. */
export const isDatabaseGone = (error: unknown): boolean =>
  error instanceof AppError
    ? error.code === 'database_unavailable'
    : GONE.has(codeOf(error)) ||
      (error instanceof Error && 'fatal' in error && error.fatal === true) || // what mysql2 says of a connection that broke
      /connection is in closed state/.test(messageOf(error));

/**
 * AppError unavailable/`database_unavailable` for an error of mysql2 that says the server is away; undefined for any other, also
 * for the same words from another network. For where nobody can tell any more who was asked.
 */
export const databaseGone = (error: unknown): AppError | undefined =>
  error instanceof Error && ('fatal' in error || 'sqlState' in error) && isDatabaseGone(error)
    ? databaseUnavailable(error)
    : undefined;

/**
 * Runs `work` in one transaction; repeats it when the database chose it as the victim of a deadlock (so `work` must do
 * nothing but queries). Throws AppError unavailable/`database_unavailable` when the connection is gone.
 */
export async function inTransaction<Schema, Result>(
  database: Database<Schema>,
  work: (trx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await database.db.transaction().execute(work);
    } catch (error) {
      const code = codeOf(error);
      if (isDatabaseGone(error)) throw databaseUnavailable(error);
      if (!RETRYABLE.has(code) || attempt >= 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** attempt));
    }
  }
}

/** True for the error of a unique index, on both databases. */
export const isDuplicate = (error: unknown): boolean =>
  /^(ER_DUP_ENTRY|SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY))$/.test(codeOf(error));
