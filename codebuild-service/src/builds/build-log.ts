/**
 * The whole log of a build, in rows. The engine's cursor moves on in the transaction of the lines up to it, and only from
 * where it stood: after a crash nothing is missing and nothing is there twice. Lines are masked before they are anywhere.
 */
import type { BuildLogLine, BuildPhaseName } from '@aws-deployer/platform/contracts/builds';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { maskText, type Masker } from '@aws-deployer/platform/masking/mask';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Kysely, Transaction } from 'kysely';
import type { EngineLogLine } from '../ports/build-engine.js';
import type { QueueLease } from '../queue/queue-lease.js';
import type { CodebuildSchema } from '../schema.js';
import { heldBy } from './build-store.js';

const LONGEST_LINE = 8_000;
const ROWS_AN_INSERT = 500;

export interface NumberedLine extends BuildLogLine {
  readonly seq: number;
}
/** Whose log it is, and where it stands: another attempt is another log of the engine's. */
export interface LogPlace {
  readonly id: string;
  readonly attempt: number;
  readonly cursor: string | null;
}

export class BuildLogStore {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly clock: Clock,
  ) {}

  /** false: the log stands elsewhere by now, or the lease is lost; then nothing was written. */
  async append(
    place: LogPlace,
    next: { readonly lines: readonly EngineLogLine[]; readonly cursor: string | null },
    masker: Masker,
    lease: QueueLease,
  ): Promise<boolean> {
    const rows = next.lines.map((line) => ({
      seq: undefined,
      build_id: place.id,
      ts: line.ts,
      phase: line.phase,
      stream: line.stream,
      text: lastFrame(maskText(line.text, masker).replace(/\r?\n$/, '')).slice(0, LONGEST_LINE),
    }));
    return inTransaction(this.database, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('builds')
        .set({ log_cursor: next.cursor })
        .where('id', '=', place.id)
        .where('attempt', '=', place.attempt)
        .where('ended_at', 'is', null)
        .where((where) =>
          place.cursor === null ? where('log_cursor', 'is', null) : where('log_cursor', '=', place.cursor),
        )
        .where(heldBy(lease))
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      for (let from = 0; from < rows.length; from += ROWS_AN_INSERT)
        await trx
          .insertInto('build_log_lines')
          .values(rows.slice(from, from + ROWS_AN_INSERT))
          .execute();
      return true;
    });
  }

  /** A line of the platform's own, in the caller's transaction. */
  async say(trx: Transaction<CodebuildSchema>, buildId: string, text: string): Promise<void> {
    await trx
      .insertInto('build_log_lines')
      .values({
        seq: undefined,
        build_id: buildId,
        ts: instant(this.clock.now()),
        phase: null,
        stream: 'system',
        text: maskText(text),
      })
      .execute();
  }

  /** The last lines of what the build itself said: why it failed. */
  async last(buildId: string, count: number): Promise<string[]> {
    const rows = await this.database.db
      .selectFrom('build_log_lines')
      .select('text')
      .where('build_id', '=', buildId)
      .where('stream', '!=', 'system')
      .orderBy('seq', 'desc')
      .limit(count)
      .execute();
    return rows.map(({ text }) => text.slice(0, 1_000)).reverse();
  }

  after(buildId: string, seq: number, limit: number): Promise<NumberedLine[]> {
    return linesAfter(this.database.db, buildId, seq, limit);
  }

  /** The newest row's number; 0: none. */
  async newest(buildId: string): Promise<number> {
    const row = await this.database.db
      .selectFrom('build_log_lines')
      .select('seq')
      .where('build_id', '=', buildId)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return Number(row?.seq ?? 0);
  }

  /** The whole of it as text, piece by piece. */
  async *text(buildId: string): AsyncGenerator<string> {
    let seq = 0;
    for (;;) {
      const lines = await this.after(buildId, seq, 2_000);
      if (lines.length === 0) return;
      yield lines.map(({ ts, stream, text }) => `${ts} ${stream === 'system' ? '* ' : ''}${text}\n`).join('');
      seq = lines.at(-1)?.seq ?? seq;
    }
  }
}

async function linesAfter(
  db: Kysely<CodebuildSchema>,
  buildId: string,
  seq: number,
  limit: number,
): Promise<NumberedLine[]> {
  const rows = await db
    .selectFrom('build_log_lines')
    .selectAll()
    .where('build_id', '=', buildId)
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(({ seq: number, ts, phase, stream, text }) => ({
    seq: Number(number),
    ts,
    phase: phase as BuildPhaseName | null,
    stream: stream as BuildLogLine['stream'],
    text,
  }));
}

/** A progress bar redraws its line with carriage returns: what stands at the end counts. */
const lastFrame = (line: string): string => {
  const at = line.lastIndexOf('\r', line.length - 2);
  return at === -1 ? line : line.slice(at + 1);
};
