import { sql } from 'kysely';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { HistorySchema } from '../schema.js';

const WAIT_SECONDS = 10;

/**
 * One writer of the chain at a time. In this process by a queue; between replicas by MySQL's named lock, which belongs to
 * the connection and needs no right to update (`SELECT … FOR UPDATE` does). SQLite has one process anyway.
 */
export class ChainLock {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly database: Database<HistorySchema>) {}

  /** Throws AppError unavailable/`chain_busy` when another replica holds the lock for ten seconds. */
  async hold<Result>(work: (database: Database<HistorySchema>) => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(() => (this.database.kind === 'sqlite' ? work(this.database) : this.#named(work)));
    this.#last = turn.catch(() => undefined); // the caller of `turn` hears of it
    return turn;
  }

  async #named<Result>(work: (database: Database<HistorySchema>) => Promise<Result>): Promise<Result> {
    return this.database.db.connection().execute(async (db) => {
      const name = sql`concat(left(database(), 50), '.audit_log')`; // the lock is the server's, not the schema's
      const { rows } = await sql<{ got: number | null }>`select get_lock(${name}, ${WAIT_SECONDS}) as got`.execute(db);
      if (Number(rows[0]?.got) !== 1)
        throw new AppError('unavailable', 'chain_busy', 'Another replica is writing the audit log', {
          retryAfterSeconds: 1,
        });
      try {
        return await work({ ...this.database, db });
      } finally {
        await sql`select release_lock(${name})`.execute(db);
      }
    });
  }
}
