import { setImmediate as nextTick } from 'node:timers/promises';
import type { AuditItem, HistoryQuery } from '@aws-deployer/platform/contracts/history';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { containing, newestFirst } from '@aws-deployer/platform/database/newest-first';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { sql, type SelectQueryBuilder } from 'kysely';
import type { HistorySchema } from '../schema.js';
import { toAuditItem, type ChainRow } from './audit-entry.js';

/**
 * Search over the audit log, newest first by time. Filters run on indexes in the list's order.
 *
 * `q` is a substring of one lower-case column: what a person remembers is often a part of a word, a path or a URL, which
 * the word indexes of MySQL, MariaDB (FULLTEXT) and SQLite (FTS5) do not find, each in another way, and their cost for a
 * common word grows with the table. It is looked for a window of rows at a time.
 */
const FILTERS = [
  'event_id',
  'user_id',
  'service',
  'action_type',
  'target_type',
  'target',
  'outcome',
  'ip_address',
  'trace_id',
] as const;
const EXPORT_BATCH = 500;
type Filter = Omit<HistoryQuery, 'limit' | 'cursor'>;
type Selection = SelectQueryBuilder<HistorySchema, 'audit_log', object>;

export class EntryReadModel {
  constructor(private readonly database: Database<HistorySchema>) {}

  async search({ limit, cursor, q, ...filter }: HistoryQuery): Promise<Page<AuditItem>> {
    const list = () => this.#filtered(filter).orderBy('timestamp', 'desc').orderBy('seq', 'desc');
    const { rows, next_cursor } = await newestFirst<ChainRow>(
      { limit, cursor },
      {
        rows: (range, count) => matching(list(), q).selectAll().where(range).limit(count).execute(),
        placeAt:
          q === undefined
            ? undefined
            : (range, offset) =>
                list().select(['timestamp', 'seq']).where(range).offset(offset).limit(1).executeTakeFirst(),
      },
    );
    return { items: rows.map(toAuditItem), next_cursor };
  }

  /** Throws not_found/`entry_not_found`. */
  async get(seq: number): Promise<AuditItem> {
    const row = await this.database.db.selectFrom('audit_log').selectAll().where('seq', '=', seq).executeTakeFirst();
    if (row) return toAuditItem(row);
    throw new AppError('not_found', 'entry_not_found', `The audit log has no entry ${seq}`);
  }

  /** All that match, oldest first, a batch at a time. */
  async *all({ q, ...filter }: Filter): AsyncGenerator<AuditItem[]> {
    let last = Number.MIN_SAFE_INTEGER;
    for (;;) {
      const rows = await matching(this.#filtered(filter), q)
        .selectAll()
        .where('seq', '>', last)
        .orderBy('seq')
        .limit(EXPORT_BATCH)
        .execute();
      yield rows.map(toAuditItem);
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end.seq;
      await nextTick();
    }
  }

  #filtered(filter: Omit<Filter, 'q'>): Selection {
    let query: Selection = this.database.db.selectFrom('audit_log');
    for (const name of FILTERS) {
      const value = filter[name];
      if (value !== undefined) query = query.where(name, '=', value);
    }
    if (filter.from !== undefined) query = query.where('timestamp', '>=', new Date(filter.from).toISOString());
    if (filter.to !== undefined) query = query.where('timestamp', '<=', new Date(filter.to).toISOString());
    return query;
  }
}

const matching = (query: Selection, q: string | undefined): Selection =>
  q === undefined ? query : query.where('search_text', 'like', sql<string>`${containing(q.toLowerCase())} escape '!'`);
