/**
 * Files of runs that nobody needs any more. A plan's file holds secrets in the clear: it goes once it was applied, is stale or
 * has expired. Of what commands said, the last runs of each environment are kept; all of it is in the events as well.
 */
import { readdir, rm } from 'node:fs/promises';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { InfraSchema } from '../schema.js';
import type { WorkFolders } from '../terraform/work-folders.js';
import { removeKeys } from './run-keys.js';
import { whyNotApplicable } from './run.js';

export class RunFiles {
  constructor(
    private readonly database: Database<InfraSchema>,
    private readonly clock: Clock,
    private readonly folders: WorkFolders,
    private readonly keptRuns: number,
  ) {}

  /** Of every environment of which there are files here, those that were removed included. */
  async cleanAll(): Promise<void> {
    for (const id of await namesIn(this.folders.environments)) await this.clean(id);
  }

  async clean(environmentId: string): Promise<void> {
    const { db } = this.database;
    const there = await namesIn(this.folders.runs(environmentId));
    if (there.length === 0) return;
    const environment = await db
      .selectFrom('infra_environments')
      .select('generation')
      .where('id', '=', environmentId)
      .executeTakeFirst();
    const rows = await db.selectFrom('infra_runs').selectAll().where('id', 'in', there).orderBy('id', 'desc').execute();
    const now = instant(this.clock.now());
    let kept = 0;
    for (const row of rows) {
      if (row.ended_at === null) continue;
      await removeKeys(this.folders.run(environmentId, row.id)); // a process that was killed leaves them
      const generation = environment === undefined ? Number.NaN : Number(environment.generation);
      const applicable = whyNotApplicable(row, generation, now) === null;
      const waits = row.applied_by !== null && (await this.#isOpen(row.applied_by));
      if (applicable || waits) continue;
      kept += 1;
      if (environment === undefined || kept > this.keptRuns)
        await rm(this.folders.run(environmentId, row.id), { recursive: true, force: true });
      else await rm(this.folders.plan(environmentId, row.id), { force: true });
    }
  }

  /** An apply that has not ended still needs the plan. */
  async #isOpen(runId: string): Promise<boolean> {
    const row = await this.database.db
      .selectFrom('infra_runs')
      .select('ended_at')
      .where('id', '=', runId)
      .executeTakeFirst();
    return row !== undefined && row.ended_at === null;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
