/**
 * Who works on which deployment: claims, heartbeats, giving back. A lease that has run out belongs to whoever claims it next;
 * the guard of every other write (version and owner) keeps the one before out.
 */
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { ExpressionBuilder, Transaction } from 'kysely';
import type { DeployerSchema } from '../schema.js';
import type { Deployment } from './deployment.js';
import { toDeployment, type DeploymentRow } from './deployment-rows.js';

export class LeaseStore {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes up to `limit` deployments that nobody works on: never claimed, given back, or left by a process that died. Of one
   * application and environment only the first in the queue.
   */
  async claim(owner: string, leaseMs: number, limit: number): Promise<Deployment[]> {
    if (limit <= 0) return [];
    const now = this.clock.now();
    const lease = instant(new Date(now.getTime() + leaseMs));
    return inTransaction(this.database, async (trx) => {
      // One plain read for the candidates and those ahead of them: a locking read would see rows that its subquery does not.
      const candidates = await trx
        .selectFrom('deployments')
        .selectAll()
        .where('ended_at', 'is', null)
        .where(unleased(instant(now)))
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

  /** Renews the leases of `owner`; answers which deployments are still its own, and whether a cancel was asked for. */
  async heartbeat(owner: string, leaseMs: number): Promise<Map<string, { readonly cancelRequested: boolean }>> {
    const { db } = this.database;
    await db
      .updateTable('deployments')
      .set({ lease_expires_at: instant(new Date(this.clock.now().getTime() + leaseMs)) })
      .where('lease_owner', '=', owner)
      .where('ended_at', 'is', null)
      .execute();
    return this.owned(owner);
  }

  async owned(owner: string): Promise<Map<string, { readonly cancelRequested: boolean }>> {
    const rows = await this.database.db
      .selectFrom('deployments')
      .select(['id', 'cancel_requested'])
      .where('lease_owner', '=', owner)
      .where('ended_at', 'is', null)
      .execute();
    return new Map(rows.map((row) => [row.id, { cancelRequested: row.cancel_requested === 1 }]));
  }

  /** Gives a deployment back: the next process that looks takes it at once, or after `afterMs`. */
  async release({ id, leaseOwner }: Deployment, afterMs = 0): Promise<void> {
    const until = afterMs === 0 ? null : instant(new Date(this.clock.now().getTime() + afterMs));
    await this.database.db
      .updateTable('deployments')
      .set({ lease_owner: null, lease_expires_at: until })
      .where('id', '=', id)
      .where('lease_owner', '=', leaseOwner)
      .where('ended_at', 'is', null)
      .execute();
  }
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
