/**
 * Runs in their tables. Which process carries a run out is its lease: who lets it run out has lost it, and each of its writes
 * is refused (`LeaseLost`). An environment has one run at a time, kept by `active_run`.
 */
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Transaction, Updateable } from 'kysely';
import type { InfraRunsTable, InfraSchema } from '../schema.js';
import { parseSweep, type KeptSweep } from '../sweep/kept-sweep.js';
import type { RunRow } from './run.js';

/** Another process has the run now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}
export interface EventToKeep {
  readonly type: string;
  readonly data: unknown;
}
export type RunChange = Omit<Updateable<InfraRunsTable>, 'id' | 'version' | 'lease_owner'>;

export class RunStore {
  constructor(
    readonly database: Database<InfraSchema>,
    private readonly clock: Clock,
    private readonly leaseMs: number,
  ) {}

  /** The oldest run that may go on: queued with its environment free, or left by a process that is gone. */
  async claim(owner: string): Promise<RunRow | undefined> {
    const open = await this.database.db
      .selectFrom('infra_runs')
      .selectAll()
      .where('ended_at', 'is', null)
      .orderBy('id')
      .limit(200)
      .execute();
    const now = this.#now();
    for (const row of open) {
      if (row.status === 'running' && row.lease_expires_at !== null && row.lease_expires_at >= now) continue;
      const claimed = await this.#claim(row, owner);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  async #claim(row: RunRow, owner: string): Promise<RunRow | undefined> {
    const change = {
      status: 'running',
      lease_owner: owner,
      lease_expires_at: this.#until(),
      started_at: row.started_at ?? this.#now(),
      version: Number(row.version) + 1,
    };
    const taken = await inTransaction(this.database, async (trx) => {
      if (row.status === 'queued') {
        const free = await trx
          .updateTable('infra_environments')
          .set({ active_run: row.id })
          .where('id', '=', row.environment_id)
          .where('active_run', 'is', null)
          .executeTakeFirst();
        if (free.numUpdatedRows === 0n) return false;
      }
      const { numUpdatedRows } = await trx
        .updateTable('infra_runs')
        .set(change)
        .where('id', '=', row.id)
        .where('version', '=', row.version)
        .executeTakeFirst();
      if (numUpdatedRows === 0n && row.status === 'queued')
        await trx
          .updateTable('infra_environments')
          .set({ active_run: null })
          .where('id', '=', row.environment_id)
          .where('active_run', '=', row.id)
          .execute();
      return numUpdatedRows > 0n;
    });
    return taken ? { ...row, ...change } : undefined;
  }

  /** Keeps the lease. `lost`: it is another's; `cancel`: somebody wants the run to end. */
  async beat(id: string, owner: string): Promise<{ readonly lost: boolean; readonly cancel: boolean }> {
    const { numUpdatedRows } = await this.database.db
      .updateTable('infra_runs')
      .set({ lease_expires_at: this.#until() })
      .where('id', '=', id)
      .where('lease_owner', '=', owner)
      .where('status', '=', 'running')
      .executeTakeFirst();
    const row = await this.database.db
      .selectFrom('infra_runs')
      .select('cancel_requested')
      .where('id', '=', id)
      .executeTakeFirst();
    return { lost: numUpdatedRows === 0n, cancel: row?.cancel_requested === 1 };
  }

  /** Whoever looks next may go on with it at once. */
  async release(id: string, owner: string): Promise<void> {
    await this.database.db
      .updateTable('infra_runs')
      .set({ lease_expires_at: null })
      .where('id', '=', id)
      .where('lease_owner', '=', owner)
      .where('status', '=', 'running')
      .execute();
  }

  /** One write of the run's owner with its events; `also` in the same transaction. Throws LeaseLost. */
  async write(
    id: string,
    owner: string,
    change: RunChange,
    events: readonly EventToKeep[],
    also?: (trx: Transaction<InfraSchema>) => Promise<void>,
  ): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('infra_runs')
        .set((eb) => ({ ...change, version: eb('version', '+', 1) }))
        .where('id', '=', id)
        .where('lease_owner', '=', owner)
        .where('status', '=', 'running')
        .executeTakeFirst();
      if (numUpdatedRows === 0n) throw new LeaseLost(`the run ${id} is another process's now`);
      await insertEvents(trx, id, events);
      await also?.(trx);
    });
  }

  /** What the last destroy plan of the environment found to go by: its state may be empty by now. */
  async lastSweep(environmentId: string): Promise<KeptSweep | undefined> {
    const row = await this.database.db
      .selectFrom('infra_runs')
      .select('sweep')
      .where('environment_id', '=', environmentId)
      .where('sweep', 'is not', null)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return parseSweep(row?.sweep ?? null);
  }

  #now(): string {
    return instant(this.clock.now());
  }
  #until(): string {
    return instant(new Date(this.clock.now().getTime() + this.leaseMs));
  }
}

export async function insertEvents(
  trx: Transaction<InfraSchema>,
  runId: string,
  events: readonly EventToKeep[],
): Promise<void> {
  if (events.length === 0) return;
  await trx
    .insertInto('infra_run_events')
    .values(events.map(({ type, data }) => ({ seq: undefined, run_id: runId, type, data: JSON.stringify(data) })))
    .execute();
}
