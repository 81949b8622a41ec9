import type { ActionRecord } from '@aws-deployer/platform/contracts/activity';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { Transaction } from 'kysely';
import type { HistorySchema } from '../schema.js';
import type { Checkpoints } from '../verification/checkpoints.js';
import { GENESIS, nextRow, type ChainRow, type Link } from './audit-entry.js';
import type { ChainKeys } from './chain-keys.js';
import type { ChainLock } from './chain-lock.js';
import type { HistoryMetrics } from './metrics.js';

const ROWS_PER_INSERT = 50;

/** Appends to the chain: the only writer of `audit_log`. */
export class ChainService {
  constructor(
    private readonly options: {
      readonly lock: ChainLock;
      readonly keys: ChainKeys;
      readonly checkpoints: Checkpoints;
      readonly metrics: HistoryMetrics;
      readonly log: Logger;
    },
  ) {}

  /** Each event once, by `event_id`; all of the batch or nothing. What is in the table already is counted as duplicate. */
  async append(actions: readonly ActionRecord[]): Promise<{ accepted: number; duplicates: number }> {
    const { lock, checkpoints, metrics } = this.options;
    const rows = await lock.hold(async (database) => {
      const written = await inTransaction(database, (trx) => this.#write(trx, actions));
      const last = written.at(-1);
      if (last) checkpoints.written(last);
      return written;
    });
    for (const { outcome, service } of rows) metrics.events.inc({ service, outcome });
    metrics.duplicates.inc(actions.length - rows.length);
    return { accepted: rows.length, duplicates: actions.length - rows.length };
  }

  async #write(trx: Transaction<HistorySchema>, actions: readonly ActionRecord[]): Promise<ChainRow[]> {
    const known = await trx
      .selectFrom('audit_log')
      .select('event_id')
      .where(
        'event_id',
        'in',
        actions.map(({ event_id: id }) => id),
      )
      .execute();
    const seen = new Set(known.map(({ event_id: id }) => id));
    let previous = await this.#end(trx);
    const rows: ChainRow[] = [];
    for (const action of actions) {
      if (seen.has(action.event_id)) continue;
      seen.add(action.event_id);
      const row = nextRow(action, previous, (hash) => this.options.keys.seal(hash));
      rows.push(row);
      previous = row;
    }
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT)
      await trx
        .insertInto('audit_log')
        .values(rows.slice(start, start + ROWS_PER_INSERT))
        .execute();
    return rows;
  }

  /** Where the chain goes on: after the newest row known to have been written, also when somebody cut it off the table. */
  async #end(trx: Database<HistorySchema>['db']): Promise<Link> {
    const last = await trx
      .selectFrom('audit_log')
      .select(['seq', 'hash'])
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    const { head } = this.options.checkpoints;
    if (head && (last?.seq ?? 0) < head.seq) {
      this.options.log.error('rows at the end of the audit log are missing; it goes on after the gap', {
        last: last?.seq ?? 0,
        expected: head.seq,
      });
      return head;
    }
    return last ?? { seq: 0, hash: GENESIS };
  }
}
