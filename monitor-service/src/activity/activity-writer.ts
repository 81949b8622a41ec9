import { inTransaction, isDuplicate, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { MonitorSchema } from '../schema.js';
import type { NewActivity } from './activity.js';
import { insertActivity, isOneStatement, type Inserted } from './insert-activity.js';

/** Rows of one commit: enough to share its cost, few enough that nobody waits long. */
const GROUP_ROWS = 2_000;
const TRIES = 5;

interface Submission {
  readonly activities: readonly NewActivity[];
  readonly resolve: (answers: Inserted[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what arrives while a transaction is under way goes into the next one together, so that many single posts
 * share one commit. An answer comes after its commit. A submission that the database refuses fails alone.
 */
export class ActivityWriter {
  #waiting: Submission[] = [];
  #working = false;

  constructor(
    private readonly database: Database<MonitorSchema>,
    /** Told after each commit that added rows. */
    private readonly committed: () => void,
  ) {}

  write(activities: readonly NewActivity[]): Promise<Inserted[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ activities, resolve, reject });
      if (this.#working) return;
      this.#working = true;
      setImmediate(() => void this.#work()); // after all requests that this turn of the event loop reads
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit(this.#nextGroup());
    this.#working = false;
  }

  #nextGroup(): Submission[] {
    let rows = 0;
    let count = 0;
    for (const { activities } of this.#waiting) {
      if (count > 0 && rows + activities.length > GROUP_ROWS) break;
      rows += activities.length;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  /** Never throws: each submission hears of its own end. */
  async #commit(group: readonly Submission[]): Promise<void> {
    try {
      const answers = await this.#insert(group.flatMap(({ activities }) => activities));
      if (answers.some(({ duplicate }) => !duplicate)) this.committed();
      let start = 0;
      for (const { activities, resolve } of group) resolve(answers.slice(start, (start += activities.length)));
    } catch (error) {
      const [first, ...others] = group;
      if (others.length === 0 || (error instanceof AppError && error.kind === 'unavailable'))
        for (const { reject } of group) reject(error);
      else for (const one of first === undefined ? others : [first, ...others]) await this.#commit([one]);
    }
  }

  async #insert(activities: readonly NewActivity[]): Promise<Inserted[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return isOneStatement(activities)
          ? await insertActivity(this.database.db, activities)
          : await inTransaction(this.database, (trx) => insertActivity(trx, activities));
      } catch (error) {
        if (!isDuplicate(error) || attempt >= TRIES) throw error; // a replica had the same event: look again
      }
    }
  }
}
