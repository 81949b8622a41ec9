/**
 * Which process starts and looks after the builds of an account and region: one lease each. Who lets it run out has lost it;
 * the epoch, which each claim counts up and every write of a build asks for, keeps what it still writes out.
 */
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Kysely, Transaction } from 'kysely';
import type { CodebuildSchema } from '../schema.js';
import type { FairState } from './fair-queue.js';
import type { QueueLease } from './queue-lease.js';

export type QueuePlace = Pick<QueueLease, 'account' | 'region'>;

export class QueueLeaseStore {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly clock: Clock,
  ) {}

  /** The accounts and regions that have builds waiting or running. */
  async open(): Promise<QueuePlace[]> {
    return this.database.db
      .selectFrom('builds')
      .select(['account', 'region'])
      .distinct()
      .where('ended_at', 'is', null)
      .execute();
  }

  /** undefined: another process holds it. */
  async claim(
    { account, region }: QueuePlace,
    owner: string,
    leaseMs: number,
  ): Promise<{ readonly lease: QueueLease; readonly takenOver: boolean } | undefined> {
    const { db } = this.database;
    const find = () =>
      db
        .selectFrom('build_queues')
        .selectAll()
        .where('account', '=', account)
        .where('region', '=', region)
        .executeTakeFirst();
    if ((await find()) === undefined)
      await insertedIfAbsent(
        db.insertInto('build_queues').values({
          account,
          region,
          owner: null,
          expires_at: null,
          epoch: 0,
          fair_state: null,
          full_limit: null,
          full_until: null,
        }),
      );
    const row = await find();
    const now = instant(this.clock.now());
    if (row === undefined || (row.owner !== null && row.expires_at !== null && row.expires_at >= now)) return undefined;
    const epoch = Number(row.epoch) + 1;
    const { numUpdatedRows } = await db
      .updateTable('build_queues')
      .set({ owner, expires_at: this.#until(leaseMs), epoch })
      .where('account', '=', account)
      .where('region', '=', region)
      .where('epoch', '=', row.epoch) // one of two that claim at once
      .executeTakeFirst();
    return numUpdatedRows > 0n
      ? { lease: { account, region, owner, epoch }, takenOver: row.owner !== null }
      : undefined;
  }

  /** false: it is lost. */
  async renew(lease: QueueLease, leaseMs: number): Promise<boolean> {
    return this.#update(this.database.db, lease, { expires_at: this.#until(leaseMs) });
  }

  /** Whether no other process has claimed the queue since. */
  async isHeld({ account, region, owner, epoch }: QueueLease): Promise<boolean> {
    const row = await this.database.db
      .selectFrom('build_queues')
      .select('epoch')
      .where('account', '=', account)
      .where('region', '=', region)
      .where('owner', '=', owner)
      .where('epoch', '=', epoch)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Gives it back: the next process that looks may take it at once. */
  async release(lease: QueueLease): Promise<void> {
    await this.#update(this.database.db, lease, { owner: null, expires_at: null });
  }

  /** Keeps what each team has had. false: the lease is lost, nothing was written. */
  async keepFairState(trx: Transaction<CodebuildSchema>, lease: QueueLease, state: FairState): Promise<boolean> {
    return this.#update(trx, lease, { fair_state: JSON.stringify(state) });
  }

  /** The account said that it runs as many as it may: for a while no more than `limit` are tried. */
  async keepFull(lease: QueueLease, limit: number, until: Date): Promise<void> {
    await this.#update(this.database.db, lease, { full_limit: limit, full_until: instant(until) });
  }

  async #update(
    db: Kysely<CodebuildSchema> | Transaction<CodebuildSchema>,
    { account, region, owner, epoch }: QueueLease,
    set: Partial<
      Pick<CodebuildSchema['build_queues'], 'owner' | 'expires_at' | 'fair_state' | 'full_limit' | 'full_until'>
    >,
  ): Promise<boolean> {
    const { numUpdatedRows } = await db
      .updateTable('build_queues')
      .set(set)
      .where('account', '=', account)
      .where('region', '=', region)
      .where('owner', '=', owner)
      .where('epoch', '=', epoch)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  #until(leaseMs: number): string {
    return instant(new Date(this.clock.now().getTime() + leaseMs));
  }
}
