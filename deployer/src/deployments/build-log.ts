/**
 * The log of one deployment: lines are masked here, before they are anywhere else, and written in batches, at the latest
 * 100 ms after they came. A line is at most 8,000 characters, a log at most 100,000 lines; the cut is said.
 */
import type { LogLine, StageName } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { maskText, type Masker } from '@aws-deployer/platform/masking/mask';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { sql } from 'kysely';
import type { DeployerSchema } from '../schema.js';
import type { Deployment } from './deployment.js';

export interface BuildLogOptions {
  readonly database: Database<DeployerSchema>;
  /** As it was claimed: lines are written only while it is held. */
  readonly deployment: Pick<Deployment, 'id' | 'leaseOwner'>;
  readonly masker: Masker;
  readonly clock: Clock;
  /** After each batch was committed. */
  readonly onFlushed: () => void;
  /** A batch could not be written; it is tried again with the next one. */
  readonly onTrouble: (error: unknown) => void;
}

interface Line {
  readonly ts: string;
  readonly stage: StageName | null;
  readonly stream: LogLine['stream'];
  readonly text: string;
}

const FLUSH_MS = 80;
const BATCH = 200;
const LONGEST_LINE = 8_000;
const MOST_LINES = 100_000;

export class BuildLog {
  #lines: Line[] = [];
  readonly #recent: Line[] = [];
  #written = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly options: BuildLogOptions) {}

  /** `text` may hold several lines. */
  write(stage: StageName | null, stream: LogLine['stream'], text: string): void {
    if (this.#closed) return;
    const ts = instant(this.options.clock.now());
    const masked = maskText(text, this.options.masker);
    for (const line of masked.replace(/\r?\n$/, '').split(/\r?\n/)) {
      this.#written += 1;
      if (this.#written > MOST_LINES) return;
      if (this.#written === MOST_LINES)
        this.#lines.push({ ts, stage, stream: 'system', text: 'The log is full: later lines are left out.' });
      else this.#lines.push({ ts, stage, stream, text: lastFrame(line).slice(0, LONGEST_LINE) });
    }
    if (this.#lines.length >= BATCH) this.#flushSoon(0);
    else this.#flushSoon(FLUSH_MS);
  }

  /** The last lines that programs printed in a stage, as evidence. */
  recent(stage: StageName, count: number): string[] {
    return [...this.#recent, ...this.#lines]
      .filter((line) => line.stage === stage && line.stream !== 'system')
      .map(({ text }) => text)
      .slice(-count);
  }

  /** Everything written so far is committed when it resolves. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const mine = this.#flushing.then(() => this.#insert());
    this.#flushing = mine.catch(() => undefined); // told to the caller of this flush
    await mine;
  }

  /** Takes no more lines; `discard`: the deployment belongs to another process now. */
  async close({ discard = false } = {}): Promise<void> {
    this.#closed = true;
    if (discard) this.#lines = [];
    await this.flush();
  }

  #flushSoon(ms: number): void {
    if (this.#timer !== undefined && ms > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch((error: unknown) => {
        this.options.onTrouble(error);
        if (!this.#closed) this.#flushSoon(1_000);
      });
    }, ms);
  }

  async #insert(): Promise<void> {
    while (this.#lines.length > 0) {
      const batch = this.#lines.slice(0, BATCH);
      if (!(await this.#insertBatch(batch))) {
        this.#lines = [];
        return;
      }
      this.#lines = this.#lines.slice(batch.length);
      this.#recent.push(...batch);
      this.#recent.splice(0, Math.max(0, this.#recent.length - BATCH));
      this.options.onFlushed();
    }
  }

  /**
   * False when the deployment is another process’s now: its log is that one’s too. One statement, so that a log costs one
   * journey to the database as before.
   */
  async #insertBatch(batch: readonly Line[]): Promise<boolean> {
    const { database, deployment } = this.options;
    const rows = batch.map(
      ({ ts, stage, stream, text }, at) =>
        sql`select ${at} as at, ${ts} as ts, ${stage} as stage, ${stream} as stream, ${text} as line`,
    );
    const { numAffectedRows } = await sql`
      insert into deployment_logs (deployment_id, ts, stage, stream, text)
      select ${deployment.id}, ts, stage, stream, line from (${sql.join(rows, sql` union all `)}) as batch
      where exists (
        select 1 from deployments
        where id = ${deployment.id} and lease_owner = ${deployment.leaseOwner} and ended_at is null)
      order by at`.execute(database.db);
    return numAffectedRows !== 0n;
  }
}

/** A progress bar redraws its line with carriage returns: what stands at the end counts. */
const lastFrame = (line: string): string => {
  const at = line.lastIndexOf('\r', line.length - 2);
  return at === -1 ? line : line.slice(at + 1);
};
