import type { ActivityItem, ActivityQuery } from '@aws-deployer/platform/contracts/activity';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { containing, newestFirst } from '@aws-deployer/platform/database/newest-first';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { sql, type SelectQueryBuilder } from 'kysely';
import type { MonitorSchema } from '../schema.js';
import { toActivityItem, type ActivityRow } from './activity.js';
import { FILTERS, INDEXED, SEARCHED, type ActivityFilter } from './activity-filter.js';

type Selection = SelectQueryBuilder<MonitorSchema, 'activity', object>;

/** Queries over the activity of all, newest first by time; the live stream reads by row number. */
export class ActivityReadModel {
  constructor(private readonly database: Database<MonitorSchema>) {}

  /** What an index knows picks the rows; the rest is looked for a window of rows at a time. */
  async search({ limit, cursor, ...asked }: ActivityQuery): Promise<Page<ActivityItem>> {
    const filter = await this.#byEvent(asked);
    const indexed = () => this.#within(filter, INDEXED).orderBy('timestamp', 'desc').orderBy('seq', 'desc');
    const looked = FILTERS.filter((name) => !INDEXED.includes(name) && filter[name] !== undefined);
    const { rows, next_cursor } = await newestFirst<ActivityRow>(
      { limit, cursor },
      {
        rows: (range, count) => this.#matching(indexed(), filter).selectAll().where(range).limit(count).execute(),
        placeAt:
          looked.length === 0 && filter.q === undefined
            ? undefined
            : (range, offset) =>
                indexed().select(['timestamp', 'seq']).where(range).offset(offset).limit(1).executeTakeFirst(),
      },
    );
    return { items: rows.map(toActivityItem), next_cursor };
  }

  /** The id of a row is its `event_id` too, which has an index, but for the few whose sender chose another word. */
  async #byEvent(filter: ActivityFilter): Promise<ActivityFilter> {
    const { id } = filter;
    if (id === undefined || filter.event_id !== undefined) return filter;
    const row = await this.database.db
      .selectFrom('activity')
      .select('id')
      .where('event_id', '=', id)
      .executeTakeFirst();
    return row?.id === id ? { ...filter, event_id: id } : filter;
  }

  /** The rows after one number up to another, oldest first, that match. */
  between(after: number, upTo: number, filter: ActivityFilter): Promise<ActivityRow[]> {
    return this.#matching(this.#within(filter, INDEXED), filter)
      .selectAll()
      .where('seq', '>', after)
      .where('seq', '<=', upTo)
      .orderBy('seq')
      .execute();
  }

  /** The rows after a number, and those of `gaps` that are there by now. */
  newerThan(seq: number, gaps: readonly number[], limit: number): Promise<ActivityRow[]> {
    return this.database.db
      .selectFrom('activity')
      .selectAll()
      .where((eb) => (gaps.length === 0 ? eb('seq', '>', seq) : eb.or([eb('seq', '>', seq), eb('seq', 'in', gaps)])))
      .orderBy('seq')
      .limit(limit)
      .execute();
  }

  async lastSeq(): Promise<number> {
    const row = await this.database.db
      .selectFrom('activity')
      .select('seq')
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.seq ?? 0;
  }

  #within(filter: ActivityFilter, names: readonly (typeof FILTERS)[number][]): Selection {
    let query: Selection = this.database.db.selectFrom('activity');
    for (const name of names) {
      const value = filter[name];
      if (value !== undefined) query = query.where(name, '=', value);
    }
    if (filter.from !== undefined) query = query.where('timestamp', '>=', new Date(filter.from).toISOString());
    if (filter.to !== undefined) query = query.where('timestamp', '<=', new Date(filter.to).toISOString());
    return query;
  }

  #matching(query: Selection, filter: ActivityFilter): Selection {
    let matching = query;
    for (const name of FILTERS) {
      const value = filter[name];
      if (value !== undefined && !INDEXED.includes(name)) matching = matching.where(name, '=', value);
    }
    if (filter.q === undefined) return matching;
    const text = sql<string>`lower(concat_ws(' ', ${sql.join(SEARCHED.map((name) => sql.ref(name)))}))`;
    const q = this.database.kind === 'mysql' ? filter.q.toLowerCase() : asciiLower(filter.q); // as each database's lower() does
    return matching.where(sql<boolean>`${text} like ${containing(q)} escape '!'`);
  }
}

const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
