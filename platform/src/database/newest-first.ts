import { setImmediate as nextTick } from 'node:timers/promises';
import { sql, type RawBuilder } from 'kysely';
import { decodeCursor, encodeCursor } from './cursor.js';

/**
 * Pages of a log, newest first by (`timestamp`, `seq`), at a cost that does not grow with the log.
 *
 * Filters that an index knows need nothing more than a range. What no index knows (a part of a text) is looked for in a
 * window of rows at a time and at most `WINDOW × WINDOWS` rows a page: when there is more, the page ends early with a
 * cursor that goes on from there, so nothing is skipped and no page is slow.
 */
const WINDOW = 5_000;
const WINDOWS = 4;

export interface Place {
  readonly timestamp: string;
  readonly seq: number;
}
export interface NewestFirst<Row extends Place> {
  /** At most `limit` matching rows within `range`, newest first. */
  rows(range: RawBuilder<boolean>, limit: number): Promise<Row[]>;
  /** Only where `rows` looks at each row: the place `offset` rows into the range, whatever the text is. */
  placeAt?: ((range: RawBuilder<boolean>, offset: number) => Promise<Place | undefined>) | undefined;
}

/** Throws AppError invalid/`bad_cursor`. */
export async function newestFirst<Row extends Place>(
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  source: NewestFirst<Row>,
): Promise<{ rows: Row[]; next_cursor: string | null }> {
  let before = cursor === undefined ? undefined : placeOf(cursor);
  if (source.placeAt === undefined) return page(await source.rows(olderThan(before), limit + 1), limit, undefined);
  const found: Row[] = [];
  for (let window = 0; window < WINDOWS && found.length <= limit; window += 1) {
    const range = olderThan(before);
    const end = await source.placeAt(range, WINDOW);
    const within = end === undefined ? range : sql<boolean>`${range} and ${notOlderThan(end)}`;
    found.push(...(await source.rows(within, limit + 1 - found.length)));
    if (found.length > limit || end === undefined) return page(found, limit, undefined);
    before = end;
    await nextTick(); // SQLite works in this thread: others get their turn
  }
  return page(found, limit, before);
}

/** A pattern for `like … escape '!'` that finds the text anywhere, with no wildcard in it. */
export const containing = (text: string): string => `%${text.replace(/[!%_]/g, '!$&')}%`;

const TIME = sql.ref('timestamp');
const SEQ = sql.ref('seq');
/** The leading column is bounded on its own: MySQL takes an index range from that, and none from an OR. */
const olderThan = (place: Place | undefined): RawBuilder<boolean> =>
  place === undefined
    ? sql<boolean>`1 = 1`
    : sql<boolean>`${TIME} <= ${place.timestamp} and (${TIME} < ${place.timestamp} or ${SEQ} < ${place.seq})`;
/** Down to the window's end, itself included; the next window begins after it. */
const notOlderThan = ({ timestamp, seq }: Place): RawBuilder<boolean> =>
  sql<boolean>`${TIME} >= ${timestamp} and (${TIME} > ${timestamp} or ${SEQ} >= ${seq})`;

function placeOf(cursor: string): Place {
  const [timestamp, seq] = decodeCursor(cursor, 2);
  return { timestamp: String(timestamp), seq: Number(seq) };
}

/** `rest`: where to go on when the page ended before the log did. */
function page<Row extends Place>(rows: readonly Row[], limit: number, rest: Place | undefined) {
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? shown.at(-1) : rest;
  return { rows: shown, next_cursor: next === undefined ? null : encodeCursor(next.timestamp, next.seq) };
}
