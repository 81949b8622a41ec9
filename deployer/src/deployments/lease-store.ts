/**
 * Who works on which deployment: claims, heartbeats, giving back. A lease that has run out belongs to whoever claims it next;
 * the guard of every other write (version and owner) keeps the one before out. Leases are reckoned by the clock of the
 * database, which all replicas share.
 */
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { sql, type ExpressionBuilder, type Kysely, type Transaction } from 'kysely';
import type { DeployerSchema } from '../schema.js';
import type { Deployment } from './deployment.js';
import { toDeployment, type DeploymentRow } from './deployment-rows.js';

interface Owned {
  readonly cancelRequested: boolean;
}

export class LeaseStore {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes up to `limit` deployments that nobody works on: never claimed, given back, or left by a process that died. Of one
   * application and environment only the first in the queue. `except`: those that this process works on; whatever their leases
   * say, it must not begin them a second time.
   */
  async claim(owner: string, leaseMs: number, limit: number, except: readonly string[] = []): Promise<Deployment[]> {
    if (limit <= 0) return [];
    const now = await this.#now();
    const lease = instant(new Date(now.getTime() + leaseMs));
    return inTransaction(this.database, async (trx) => {
      // One plain read for the candidates and those ahead of them: a locking read would see rows that its subquery does not.
      const candidates = await trx
        .selectFrom('deployments')
        .selectAll()
        .where('ended_at', 'is', null)
        .where(unleased(instant(now)))
        .$if(except.length > 0, (query) => query.where('id', 'not in', except))
        .where((where) =>
          where.not(
            where.exists(
              where
                .selectFrom('deployments as ahead')
                .select('ahead.id')
                .where('ahead.ended_at', 'is', null)
                .whereRef('ahead.application_id', '=', 'deployments.application_id')
                .whereRef('ahead.environment', '=', 'deployments.environment')
                .whereRef('ahead.queue_number', '<', 'deployments.queue_number'),
            ),
          ),
        )
        .orderBy('id')
        .limit(limit)
        .execute();
      const rows = this.database.kind === 'mysql' ? await withoutLocked(trx, candidates) : candidates;
      const claimed: Deployment[] = [];
      for (const row of rows) {
        const { numUpdatedRows } = await trx
          .updateTable('deployments')
          .set({ lease_owner: owner, lease_expires_at: lease, version: row.version + 1 })
          .where('id', '=', row.id)
          .where('version', '=', row.version)
          .where('ended_at', 'is', null)
          .where(unleased(instant(now)))
          .executeTakeFirst();
        if (numUpdatedRows > 0n) claimed.push(toDeployment({ ...row, lease_owner: owner, version: row.version + 1 }));
      }
      return claimed;
    });
  }

  /**
   * Renews the leases of `owner` on the deployments `ids`; answers which are still its own, and whether a cancel was asked for.
   * Only those that are worked on: a lease that nobody uses runs out, and the deployment is taken up again.
   */
  async heartbeat(owner: string, leaseMs: number, ids: readonly string[]): Promise<Map<string, Owned>> {
    if (ids.length === 0) return new Map();
    await this.database.db
      .updateTable('deployments')
      .set({ lease_expires_at: instant(new Date((await this.#now()).getTime() + leaseMs)) })
      .where('lease_owner', '=', owner)
      .where('id', 'in', ids)
      .where('ended_at', 'is', null)
      .execute();
    return this.owned(owner);
  }

  async owned(owner: string): Promise<Map<string, Owned>> {
    const rows = await this.database.db
      .selectFrom('deployments')
      .select(['id', 'cancel_requested'])
      .where('lease_owner', '=', owner)
      .where('ended_at', 'is', null)
      .execute();
    return new Map(rows.map((row) => [row.id, { cancelRequested: row.cancel_requested === 1 }]));
  }

  /** Renews one lease; false when the deployment has ended or is another’s. */
  async renew({ id, leaseOwner }: Pick<Deployment, 'id' | 'leaseOwner'>, leaseMs: number): Promise<boolean> {
    if (leaseOwner === null) return false;
    return (await this.heartbeat(leaseOwner, leaseMs, [id])).has(id);
  }

  /** Frees what is held by processes of which `hasDied` is certain; answers how many that were. */
  async freeOf(hasDied: (owner: string) => boolean): Promise<number> {
    const { db } = this.database;
    const rows = await db
      .selectFrom('deployments')
      .select('lease_owner')
      .distinct()
      .where('ended_at', 'is', null)
      .where('lease_owner', 'is not', null)
      .execute();
    const dead = rows.flatMap(({ lease_owner: owner }) => (owner !== null && hasDied(owner) ? [owner] : []));
    if (dead.length === 0) return 0;
    const { numUpdatedRows } = await db
      .updateTable('deployments')
      .set({ lease_owner: null, lease_expires_at: null })
      .where('lease_owner', 'in', dead)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    return Number(numUpdatedRows);
  }

  /** Gives a deployment back: the next process that looks takes it at once, or after `afterMs`. */
  async release({ id, leaseOwner }: Deployment, afterMs = 0): Promise<void> {
    const until = afterMs === 0 ? null : instant(new Date((await this.#now()).getTime() + afterMs));
    await this.database.db
      .updateTable('deployments')
      .set({ lease_owner: null, lease_expires_at: until })
      .where('id', '=', id)
      .where('lease_owner', '=', leaseOwner)
      .where('ended_at', 'is', null)
      .execute();
  }

  /** A file of this machine has no other clock than this machine. */
  async #now(): Promise<Date> {
    if (this.database.kind === 'sqlite') return this.clock.now();
    const { rows } = await sql<{ ms: number | string }>`
      select cast(unix_timestamp(current_timestamp(3)) * 1000 as unsigned) as ms`.execute(this.database.db);
    return new Date(Number(rows[0]?.ms));
  }
}

/** For what is written beside the deployment itself: false when it has ended or is not this process’s any more. */
export async function holdsLease(
  db: Kysely<DeployerSchema> | Transaction<DeployerSchema>,
  { id, leaseOwner }: Pick<Deployment, 'id' | 'leaseOwner'>,
): Promise<boolean> {
  const row = await db
    .selectFrom('deployments')
    .select('id')
    .where('id', '=', id)
    .where('lease_owner', '=', leaseOwner)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Of the candidates those that no other process is claiming at this moment: two claimers then do not wait for one another. */
async function withoutLocked(
  trx: Transaction<DeployerSchema>,
  candidates: readonly DeploymentRow[],
): Promise<readonly DeploymentRow[]> {
  if (candidates.length === 0) return candidates;
  const free = await trx
    .selectFrom('deployments')
    .select(['id', 'version'])
    .where(
      'id',
      'in',
      candidates.map(({ id }) => id),
    )
    .forUpdate()
    .skipLocked()
    .execute();
  return candidates.filter(({ id, version }) => free.some((row) => row.id === id && row.version === version));
}

const unleased = (now: string) => (where: ExpressionBuilder<DeployerSchema, 'deployments'>) =>
  where.or([where('lease_expires_at', 'is', null), where('lease_expires_at', '<', now)]);
