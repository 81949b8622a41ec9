import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Counter } from 'prom-client';
import { z } from 'zod';
import { canonicalJson } from '../entries/canonical-json.js';
import type { Link } from '../entries/audit-entry.js';
import type { ChainKeys } from '../entries/chain-keys.js';
import type { AuditCheckpointsTable, HistorySchema } from '../schema.js';

/**
 * Signed statements "row `seq` has the hash `hash`". They are what finds a chain that was cut short or computed anew.
 *
 * In three places: in memory (the newest row this process wrote), in the file `history-anchor.json` beside the database
 * (written within a second, so that who can delete rows of both tables still leaves a trace), and in the table, every so
 * many rows or seconds and at the stop.
 */
export const Checkpoint = z.object({
  seq: z.number().int(),
  hash: z.string(),
  created_at: z.string(),
  signature: z.string(),
});
export type Checkpoint = AuditCheckpointsTable;
const ANCHOR_EVERY_MS = 500;

const statement = ({ seq, hash, created_at }: Omit<Checkpoint, 'signature'>): string =>
  canonicalJson({ seq, hash, created_at });

export class Checkpoints {
  #head: Link | undefined;
  #kept = 0;
  #anchored = 0;
  #anchorTimer: NodeJS.Timeout | undefined;
  #tableTimer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #file: string;

  constructor(
    private readonly options: {
      readonly database: Database<HistorySchema>;
      readonly keys: ChainKeys;
      readonly clock: Clock;
      readonly log: Logger;
      readonly dataDir: string;
      readonly everyRows: number;
      readonly everyMs: number;
      readonly made: Counter;
    },
  ) {
    this.#file = join(options.dataDir, 'history-anchor.json');
  }

  /** The newest row that is known to have been written, whatever the table says now. */
  get head(): Link | undefined {
    return this.#head;
  }

  isGenuine(checkpoint: Checkpoint): boolean {
    return this.options.keys.isSignature(statement(checkpoint), checkpoint.signature);
  }

  /** Learns from file and table what was written before this process. */
  async load(): Promise<void> {
    const newest = await this.options.database.db
      .selectFrom('audit_checkpoints')
      .selectAll()
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (newest) this.#kept = newest.seq;
    for (const one of [newest, await this.#anchor()])
      if (one && this.isGenuine(one) && one.seq > (this.#head?.seq ?? 0)) this.#head = { seq: one.seq, hash: one.hash };
  }

  /** Rows up to `head` are committed. */
  written(head: Link): void {
    this.#head = head;
    this.#anchorTimer ??= setTimeout(() => this.#background(() => this.#writeAnchor()), ANCHOR_EVERY_MS);
    if (head.seq - this.#kept >= this.options.everyRows) this.#background(() => this.#keep());
    else this.#tableTimer ??= setTimeout(() => this.#background(() => this.#keep()), this.options.everyMs);
  }

  async stop(): Promise<void> {
    this.#background(() => this.#writeAnchor());
    this.#background(() => this.#keep());
    await this.#writing;
  }

  /** One after the other; a failure is tried again with the next rows. */
  #background(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      this.options.log.error('a checkpoint of the audit log could not be written', { error });
    });
  }

  async #keep(): Promise<void> {
    clearTimeout(this.#tableTimer);
    this.#tableTimer = undefined;
    if (this.#head === undefined || this.#head.seq <= this.#kept) return;
    const checkpoint = this.#signed(this.#head);
    if (await insertedIfAbsent(this.options.database.db.insertInto('audit_checkpoints').values(checkpoint)))
      this.options.made.inc(); // else another replica has put it there
    this.#kept = checkpoint.seq;
  }

  async #writeAnchor(): Promise<void> {
    clearTimeout(this.#anchorTimer);
    this.#anchorTimer = undefined;
    if (this.#head === undefined || this.#head.seq <= this.#anchored) return;
    const checkpoint = this.#signed(this.#head);
    await writeFile(`${this.#file}.new`, JSON.stringify(checkpoint), { mode: 0o600, flush: true });
    await rename(`${this.#file}.new`, this.#file);
    this.#anchored = checkpoint.seq;
  }

  #signed({ seq, hash }: Link): Checkpoint {
    const said = { seq, hash, created_at: instant(this.options.clock.now()) };
    return { ...said, signature: this.options.keys.sign(statement(said)) };
  }

  async #anchor(): Promise<Checkpoint | undefined> {
    try {
      return Checkpoint.parse(JSON.parse(await readFile(this.#file, 'utf8')));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
        this.options.log.error('the anchor of the audit log cannot be read', { file: this.#file, error });
      return undefined;
    }
  }
}
