import { setImmediate as nextTick } from 'node:timers/promises';
import type { VerifyView } from '@aws-deployer/platform/contracts/history';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { GENESIS, hashOf, searchTextOf, type ChainRow, type Link } from '../entries/audit-entry.js';
import type { ChainKeys } from '../entries/chain-keys.js';
import type { HistorySchema } from '../schema.js';
import type { Checkpoint, Checkpoints } from './checkpoints.js';

const BATCH = 500;
type Broken = NonNullable<VerifyView['first_broken']>;

export interface VerifyOptions {
  readonly database: Database<HistorySchema>;
  readonly keys: ChainKeys;
  readonly checkpoints: Checkpoints;
  readonly signal: AbortSignal;
}

/**
 * Walks the whole chain, a batch at a time, and names the first row that is not as it was written:
 * `removed` the number that is missing (also at the end, by the newest row known to have been written), `inserted` a row
 * that the service did not write, `changed` a row whose content is another, `checkpoint` a signed statement that does
 * not hold. Rows written meanwhile may or may not be walked.
 */
export async function verifyChain(options: VerifyOptions): Promise<VerifyView> {
  let previous: Link = { seq: 0, hash: GENESIS };
  let checked = 0;
  for (;;) {
    options.signal.throwIfAborted();
    const rows = await batchAfter(options, checked === 0 ? Number.MIN_SAFE_INTEGER : previous.seq);
    if (rows.length === 0) break;
    const claims = await claimsBetween(options, rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0);
    for (const [index, row] of rows.entries()) {
      const broken =
        (await brokenRow(options, row, previous, rows[index + 1])) ?? brokenClaim(options, claims.get(row.seq), row);
      if (broken) return { valid: false, checked, first_broken: broken };
      previous = row;
      checked += 1;
    }
    await nextTick(); // hashing is work: others get their turn
  }
  const missing = await beyondTheEnd(options, previous);
  return { valid: missing === null, checked, first_broken: missing };
}

const batchAfter = ({ database }: VerifyOptions, seq: number): Promise<ChainRow[]> =>
  database.db.selectFrom('audit_log').selectAll().where('seq', '>', seq).orderBy('seq').limit(BATCH).execute();

async function claimsBetween(
  { database }: VerifyOptions,
  first: number,
  last: number,
): Promise<ReadonlyMap<number, Checkpoint>> {
  const rows = await database.db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('seq', '>=', first)
    .where('seq', '<=', last)
    .execute();
  return new Map(rows.map((row) => [row.seq, row]));
}

async function brokenRow(
  options: VerifyOptions,
  row: ChainRow,
  previous: Link,
  following: ChainRow | undefined,
): Promise<Broken | null> {
  const named = { seq: row.seq, event_id: row.event_id };
  const expected = previous.seq + 1;
  if (row.seq < expected) return { ...named, kind: 'inserted' };
  if (row.seq > expected) return { seq: expected, event_id: null, kind: 'removed' };
  const { keys } = options;
  const hash = hashOf(row);
  const linked = row.previous_hash === previous.hash && row.hash === hash;
  if (linked && row.seal === keys.seal(hash) && row.search_text === searchTextOf(row)) return null;
  const next = following ?? (await batchAfter(options, row.seq))[0];
  const inserted =
    standsBetween(options, row, previous, next) ||
    !(
      linked || [row.hash, hash, next?.previous_hash].some((one) => one !== undefined && row.seal === keys.seal(one))
    ) ||
    (row.seal === keys.seal(row.hash) && (await isCopy(options, row)));
  return { ...named, kind: inserted ? 'inserted' : 'changed' };
}

/** Its neighbours know each other and not it; or it comes after the newest row that was ever written. */
const standsBetween = (
  { checkpoints: { head } }: VerifyOptions,
  row: ChainRow,
  previous: Link,
  next: ChainRow | undefined,
): boolean => (next ? next.previous_hash === previous.hash : head === undefined || row.seq > head.seq);

/** Its hash is that of another row: copied with it. Looks through the table, which only a broken chain makes it do. */
async function isCopy({ database }: VerifyOptions, row: ChainRow): Promise<boolean> {
  const other = await database.db
    .selectFrom('audit_log')
    .select('seq')
    .where('hash', '=', row.hash)
    .where('seq', '!=', row.seq)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}

function brokenClaim({ checkpoints }: VerifyOptions, claim: Checkpoint | undefined, row: ChainRow): Broken | null {
  if (claim === undefined || (claim.hash === row.hash && checkpoints.isGenuine(claim))) return null;
  return { seq: row.seq, event_id: row.event_id, kind: 'checkpoint' };
}

/** The rows end at `last`: were there ever more? By memory, by the anchor file, by the table of checkpoints. */
async function beyondTheEnd({ database, checkpoints }: VerifyOptions, last: Link): Promise<Broken | null> {
  const claim = await database.db
    .selectFrom('audit_checkpoints')
    .selectAll()
    .where('seq', '>', last.seq)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  const known = Math.max(checkpoints.head?.seq ?? 0, claim?.seq ?? 0);
  if (known <= last.seq) return null;
  // Rows that were appended after the walk's last batch are no gap.
  const later = await database.db
    .selectFrom('audit_log')
    .select('seq')
    .where('seq', '=', last.seq + 1)
    .executeTakeFirst();
  return later ? null : { seq: last.seq + 1, event_id: null, kind: 'removed' };
}
