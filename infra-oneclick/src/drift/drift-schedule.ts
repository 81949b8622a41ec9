/** Looks for drift that are due: each begins as a run, by one process only. */
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { nextDrift } from '../environments/environment-service.js';
import { snapshotOfVersion } from '../runs/run.js';
import { insertRun } from '../runs/new-run.js';
import type { InfraSchema } from '../schema.js';

export class DriftSchedule {
  constructor(
    private readonly database: Database<InfraSchema>,
    private readonly clock: Clock,
  ) {}

  async begin(): Promise<void> {
    const at = this.clock.now();
    const now = instant(at);
    const due = await this.database.db
      .selectFrom('infra_environments')
      .selectAll()
      .where('drift_next_at', '<=', now)
      .where('current_version', 'is not', null)
      .where('active_run', 'is', null)
      .limit(20)
      .execute();
    for (const environment of due)
      await inTransaction(this.database, async (trx) => {
        const version = await trx
          .selectFrom('infra_versions')
          .selectAll()
          .where('environment_id', '=', environment.id)
          .where('number', '=', environment.current_version)
          .executeTakeFirst();
        const { numUpdatedRows } = await trx
          .updateTable('infra_environments')
          .set({ drift_next_at: nextDrift(Number(environment.drift_minutes), at) })
          .where('id', '=', environment.id)
          .where('drift_next_at', '=', environment.drift_next_at)
          .executeTakeFirst();
        if (version === undefined || numUpdatedRows === 0n) return; // another process was first
        const run = {
          kind: 'drift' as const,
          snapshot: snapshotOfVersion(environment, version),
          generation: Number(environment.generation),
          reason: 'On schedule',
          fromVersion: Number(version.number),
        };
        await insertRun(trx, newId(), environment, run, platformOrigin('infra', 'drift-schedule'), now);
      });
  }
}
