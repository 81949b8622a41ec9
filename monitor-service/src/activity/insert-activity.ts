import { CompiledQuery, type Kysely } from 'kysely';
import type { MonitorSchema } from '../schema.js';
import type { NewActivity, NewRow } from './activity.js';

/** What came of one row: `id` is that of the first with the same `event_id`. */
export interface Inserted {
  readonly id: string;
  readonly duplicate: boolean;
}

const COLUMNS = [
  'id',
  'event_id',
  'timestamp',
  'user_id',
  'principal',
  'service',
  'endpoint',
  'action_type',
  'target_type',
  'target',
  'outcome',
  'request_data',
  'response_summary',
  'ip_address',
  'user_agent',
  'trace_id',
  'duration_ms',
] as const satisfies readonly (keyof NewRow)[];
const ROWS_PER_INSERT = 500;
/** Characters of JSON in one statement, well under the 16 MB that MariaDB takes in one packet. */
const TEXT_PER_INSERT = 4_000_000;

/**
 * Inserts rows; those whose `event_id` is there already (or came twice) are left out and told. Answers in the order given.
 * Throws the duplicate error of the database when another replica inserted one of them in between: do it again.
 *
 * The statement is written by hand: to build it of thousands of values, the query builder takes longer than the database
 * takes to run it.
 */
export async function insertActivity(
  db: Kysely<MonitorSchema>,
  activities: readonly NewActivity[],
): Promise<Inserted[]> {
  const known = await knownIds(db, activities);
  const fresh: NewRow[] = [];
  const answers = activities.map(({ row, mayBeKnown }): Inserted => {
    const id = mayBeKnown ? known.get(row.event_id) : undefined;
    if (id !== undefined) return { id, duplicate: true };
    if (mayBeKnown) known.set(row.event_id, row.id);
    fresh.push(row);
    return { id: row.id, duplicate: false };
  });
  for (const part of parts(fresh)) await db.executeQuery(insertOf(part));
  return answers;
}

async function knownIds(db: Kysely<MonitorSchema>, activities: readonly NewActivity[]): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  const events = activities.filter(({ mayBeKnown }) => mayBeKnown).map(({ row }) => row.event_id);
  for (let start = 0; start < events.length; start += 1000) {
    const found = await db
      .selectFrom('activity')
      .select(['event_id', 'id'])
      .where('event_id', 'in', events.slice(start, start + 1000))
      .execute();
    for (const row of found) known.set(row.event_id, row.id);
  }
  return known;
}

/** Whether these rows are one statement, which is a transaction by itself. */
export const isOneStatement = (activities: readonly NewActivity[]): boolean => {
  const parted = parts(activities.map(({ row }) => row));
  parted.next();
  return parted.next().done === true;
};

function* parts(rows: readonly NewRow[]): Generator<NewRow[]> {
  let part: NewRow[] = [];
  let length = 0;
  for (const row of rows) {
    if (part.length >= ROWS_PER_INSERT || (part.length > 0 && length + row.request_data.length > TEXT_PER_INSERT)) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(row);
    length += row.request_data.length;
  }
  if (part.length > 0) yield part;
}

/** `?` stands for a value on both databases; `timestamp` and the rest need no quotes as column names. */
const HEAD = `insert into activity (${COLUMNS.join(', ')}) values `;
const ROW = `(${COLUMNS.map(() => '?').join(', ')})`;
function insertOf(rows: readonly NewRow[]): CompiledQuery {
  const values: unknown[] = [];
  for (const row of rows) for (const column of COLUMNS) values.push(row[column]);
  return CompiledQuery.raw(HEAD + `${ROW}, `.repeat(rows.length - 1) + ROW, values);
}
