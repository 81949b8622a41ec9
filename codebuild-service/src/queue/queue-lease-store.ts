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

export interface ClaimedQueue {
  readonly lease: QueueLease;
  readonly takenOver: boolean;
  /** RFC 3339; null: nobody has looked yet. */
  readonly elsewhereLookAt: string | null;
}

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

  /** Those with projects of AWS in which nobody has looked for a while for builds that others started. */
  async toLookElsewhere(): Promise<QueuePlace[]> {
    return this.database.db
      .selectFrom('build_projects')
      .leftJoin('build_queues', (join) =>
        join
          .onRef('build_queues.account', '=', 'build_projects.account')
          .onRef('build_queues.region', '=', 'build_projects.region'),
      )
      .select(['build_projects.account', 'build_projects.region'])
      .distinct()
      .where('build_projects.engine', '=', 'codebuild')
      .where((where) =>
        where.or([
          where('build_queues.elsewhere_look_at', 'is', null),
          where('build_queues.elsewhere_look_at', '<=', instant(this.clock.now())),
        ]),
      )
      .execute();
  }

  /** undefined: another process holds it. */
  async claim({ account, region }: QueuePlace, owner: string, leaseMs: number): Promise<ClaimedQueue | undefined> {
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
          elsewhere_look_at: null,
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
      ? {
          lease: { account, region, owner, epoch },
          takenOver: row.owner !== null,
          elsewhereLookAt: row.elsewhere_look_at,
        }
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

  /** Nobody looks for builds that others started before `at`. false: the lease is lost, nothing was written. */
  async keepElsewhereLook(
    db: Kysely<CodebuildSchema> | Transaction<CodebuildSchema>,
    lease: QueueLease,
    at: Date,
  ): Promise<boolean> {
    return this.#update(db, lease, { elsewhere_look_at: instant(at) });
  }

  async #update(
    db: Kysely<CodebuildSchema> | Transaction<CodebuildSchema>,
    { account, region, owner, epoch }: QueueLease,
    set: Partial<
      Pick<
        CodebuildSchema['build_queues'],
        'owner' | 'expires_at' | 'fair_state' | 'full_limit' | 'full_until' | 'elsewhere_look_at'
      >
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
