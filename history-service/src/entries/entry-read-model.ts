import { setImmediate as nextTick } from 'node:timers/promises';
import type { AuditItem, HistoryQuery } from '@aws-deployer/platform/contracts/history';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, encodeCursor } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { sql, type SelectQueryBuilder } from 'kysely';
import type { HistorySchema } from '../schema.js';
import { toAuditItem, type ChainRow } from './audit-entry.js';

/**
 * Search over the audit log, newest first by time.
 *
 * Filters and pages run on indexes whose order is the list's, so a page costs the same at ten thousand rows and at ten
 * million. `q` is a substring of one lower-case column: what a person remembers is often a part of a word, a path or a
 * URL, which the word indexes of MySQL, MariaDB (FULLTEXT) and SQLite (FTS5) do not find, each in another way, and their
 * cost for a common word grows with the table. A page with `q` therefore looks through at most `WINDOW × WINDOWS` rows;
 * when there is more, it ends early with a `next_cursor` that goes on from there. Nothing is skipped, and no page is slow.
 */
const WINDOW = 5_000;
const WINDOWS = 4;
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
type Filter = Omit<HistoryQuery, 'limit' | 'cursor'>;
type Selection = SelectQueryBuilder<HistorySchema, 'audit_log', object>;
/** A place in the list. */
interface Place {
  readonly timestamp: string;
  readonly seq: number;
}

export class EntryReadModel {
  constructor(private readonly database: Database<HistorySchema>) {}

  async search({ limit, cursor, ...filter }: HistoryQuery): Promise<Page<AuditItem>> {
    let before = cursor === undefined ? undefined : placeOf(cursor);
    if (filter.q === undefined) {
      const rows = await this.#list(filter, before)
        .selectAll()
        .limit(limit + 1)
        .execute();
      return pageOf(rows, limit, undefined);
    }
    const found: ChainRow[] = [];
    for (let window = 0; window < WINDOWS && found.length <= limit; window += 1) {
      const end = await this.#list(filter, before)
        .select(['timestamp', 'seq'])
        .offset(WINDOW)
        .limit(1)
        .executeTakeFirst();
      let query = this.#list(filter, before)
        .selectAll()
        .where('search_text', 'like', sql<string>`${containing(filter.q)} escape '!'`)
        .limit(limit + 1 - found.length);
      if (end) query = query.where(after(end));
      found.push(...(await query.execute()));
      before = end;
      if (end === undefined) break;
      await nextTick(); // SQLite works in this thread: others get their turn
    }
    return pageOf(found, limit, before);
  }

  /** Throws not_found/`entry_not_found`. */
  async get(seq: number): Promise<AuditItem> {
    const row = await this.database.db.selectFrom('audit_log').selectAll().where('seq', '=', seq).executeTakeFirst();
    if (row) return toAuditItem(row);
    throw new AppError('not_found', 'entry_not_found', `The audit log has no entry ${seq}`);
  }

  /** All that match, oldest first, a batch at a time. */
  async *all(filter: Filter): AsyncGenerator<AuditItem[]> {
    let last = Number.MIN_SAFE_INTEGER;
    for (;;) {
      let query = this.#filtered(filter).selectAll().where('seq', '>', last).orderBy('seq').limit(500);
      if (filter.q !== undefined)
        query = query.where('search_text', 'like', sql<string>`${containing(filter.q)} escape '!'`);
      const rows = await query.execute();
      yield rows.map(toAuditItem);
      const end = rows.at(-1);
      if (end === undefined) return;
      last = end.seq;
      await nextTick();
    }
  }

  #list(filter: Filter, before: Place | undefined): Selection {
    const query = this.#filtered(filter).orderBy('timestamp', 'desc').orderBy('seq', 'desc');
    return before === undefined ? query : query.where(beforePlace(before));
  }

  #filtered(filter: Filter): Selection {
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

const TIME = sql.ref('timestamp');
/** Written with the leading column bounded on its own: MySQL takes the range from that and not from an OR. */
const beforePlace = ({ timestamp, seq }: Place) =>
  sql<boolean>`${TIME} <= ${timestamp} and (${TIME} < ${timestamp} or seq < ${seq})`;
const after = ({ timestamp, seq }: Place) =>
  sql<boolean>`${TIME} >= ${timestamp} and (${TIME} > ${timestamp} or seq >= ${seq})`;
const containing = (q: string): string => `%${q.toLowerCase().replace(/[!%_]/g, '!$&')}%`;

function placeOf(cursor: string): Place {
  const [timestamp, seq] = decodeCursor(cursor, 2);
  return { timestamp: String(timestamp), seq: Number(seq) };
}

/** `rest`: where to go on when the rows ended before the list did. */
function pageOf(rows: readonly ChainRow[], limit: number, rest: Place | undefined): Page<AuditItem> {
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? shown.at(-1) : rest;
  return {
    items: shown.map(toAuditItem),
    next_cursor: next === undefined ? null : encodeCursor(next.timestamp, next.seq),
  };
}
