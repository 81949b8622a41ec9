import { createHash } from 'node:crypto';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { usernameKey } from '../users/user.js';
import type { AuthSchema } from '../schema.js';

/** Five tries are free; then each failure locks for twice as long as the one before, at most fifteen minutes. */
const FREE_FAILURES = 5;
const FIRST_LOCK_MS = 30_000;
const LONGEST_LOCK_MS = 15 * 60_000;
/** After an hour without a failure the count begins again. */
const FORGOTTEN_MS = 3_600_000;

export const lockMs = (failures: number): number =>
  failures < FREE_FAILURES ? 0 : Math.min(LONGEST_LOCK_MS, FIRST_LOCK_MS * 2 ** (failures - FREE_FAILURES));

/**
 * Slows down guessing: per account and address, so that a stranger elsewhere cannot lock a person out. Only failed tries
 * count; a success clears them; tries while locked are refused unseen and do not lengthen the lock.
 */
export class LockOut {
  /** Tries of one key take turns, so that a burst cannot pass before the first failure is counted. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly database: Database<AuthSchema>,
    private readonly clock: Clock,
  ) {}

  /** Runs `attempt`; what it throws as unauthenticated or forbidden counts. Throws rate_limited/`locked_out` instead while locked. */
  async guard<Result>(account: string, ip: string | null, attempt: () => Promise<Result>): Promise<Result> {
    const key = createHash('sha256')
      .update(`${usernameKey(account)}\n${ip ?? ''}`)
      .digest('hex');
    const before = this.#turns.get(key) ?? Promise.resolve();
    const turn = before.then(() => this.#attempt(key, account, attempt));
    const ended = turn.then(
      () => undefined,
      () => undefined, // the caller of `turn` hears of it
    );
    this.#turns.set(key, ended);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === ended) this.#turns.delete(key);
    }
  }

  /** Forgets what no longer counts. */
  async prune(): Promise<void> {
    const before = instant(new Date(this.clock.now().getTime() - FORGOTTEN_MS));
    await this.database.db.deleteFrom('login_failures').where('last_at', '<', before).execute();
  }

  async #attempt<Result>(key: string, account: string, attempt: () => Promise<Result>): Promise<Result> {
    const now = this.clock.now().getTime();
    const { db } = this.database;
    const known = await db.selectFrom('login_failures').selectAll().where('id', '=', key).executeTakeFirst();
    const waitMs = known?.locked_until == null ? 0 : Date.parse(known.locked_until) - now;
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      throw new AppError(
        'rate_limited',
        'locked_out',
        `Too many failed tries for ${account} from this address: wait ${seconds} s, then try again`,
        { retryAfterSeconds: seconds, account },
      );
    }
    try {
      const result = await attempt();
      if (known) await db.deleteFrom('login_failures').where('id', '=', key).execute();
      return result;
    } catch (error) {
      if (error instanceof AppError && (error.kind === 'unauthenticated' || error.kind === 'forbidden'))
        await this.#count(key);
      throw error;
    }
  }

  async #count(key: string): Promise<void> {
    const now = this.clock.now().getTime();
    await inTransaction(this.database, async (trx) => {
      const fresh = { id: key, failures: 0, locked_until: null, last_at: instant(new Date(now)) };
      await insertedIfAbsent(trx.insertInto('login_failures').values(fresh));
      await trx
        .updateTable('login_failures')
        .set((eb) => ({ failures: eb('failures', '+', 1) })) // takes the row's lock before it is read
        .where('id', '=', key)
        .execute();
      const row = await trx.selectFrom('login_failures').selectAll().where('id', '=', key).executeTakeFirstOrThrow();
      const failures = now - Date.parse(row.last_at) > FORGOTTEN_MS ? 1 : row.failures;
      const locked = lockMs(failures);
      await trx
        .updateTable('login_failures')
        .set({
          failures,
          last_at: instant(new Date(now)),
          locked_until: locked === 0 ? null : instant(new Date(now + locked)),
        })
        .where('id', '=', key)
        .execute();
    });
  }
}
