/**
 * What people, webhooks and the deployer do with builds: start one or many, stop, run again. A start is a row in `queued` and
 * its action, in one transaction; the queue decides when it runs.
 */
import type { BuildView, StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { platformOrigin, recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { Transaction } from 'kysely';
import { projectFromRow, type BuildProject } from '../build-projects/build-project.js';
import type { CodebuildSchema } from '../schema.js';
import type { BuildRow } from './build.js';
import { nextNumbers } from './build-numbers.js';
import type { BuildReadModel } from './build-read-model.js';
import { isMoved, type BuildStore } from './build-store.js';
import { newBuildRow, type BuildRequest, type HowToStart, type NewBuildRow } from './new-build-row.js';

export interface BuildServiceParts {
  readonly database: Database<CodebuildSchema>;
  readonly store: BuildStore;
  readonly views: BuildReadModel;
  readonly box: SecretBox;
  readonly clock: Clock;
  /** These builds were written: the queue, the relay and who watches them look at once. */
  readonly committed: (ids: readonly string[]) => void;
}
export type StartedBuild = Pick<BuildRow, 'id' | 'project' | 'number' | 'batch_identifier'>;

export class BuildService {
  constructor(private readonly parts: BuildServiceParts) {}

  /** Throws invalid on the field of the body that does not fit the project. */
  async start(project: BuildProject, body: StartBuildBody, how: HowToStart, origin: Origin): Promise<BuildView> {
    const row = this.#rowOf({ project, body, ...(how.id === undefined ? {} : { id: how.id }) }, how, origin);
    await this.#insert([row], (trx) =>
      recordAction(trx, origin, {
        type: 'build.start',
        targetType: 'build',
        target: row.id,
        request: body,
        after: { project: row.project, number: row.number, trigger: how.trigger, source_version: row.source_version },
      }),
    );
    return this.parts.views.view(row.id);
  }

  /** All of them or none, as one batch. */
  async startBatch(
    requests: readonly BuildRequest[],
    how: HowToStart,
    origin: Origin,
  ): Promise<{ readonly batchId: string; readonly builds: StartedBuild[] }> {
    const batchId = how.batchId ?? newId();
    const rows = requests.map((request) => this.#rowOf(request, { ...how, batchId }, origin));
    await this.#insert(rows, (trx) =>
      recordAction(trx, origin, {
        type: 'build.start_batch',
        targetType: 'build_batch',
        target: batchId,
        request: requests.map(({ project, body }) => ({ project: project.name, ...body })),
        after: { builds: rows.map(({ id, project, number }) => ({ id, project, number })) },
        summary: `${rows.length} builds were put in the queue`,
      }),
    );
    return { batchId, builds: rows };
  }

  /**
   * One that waits ends at once; one that runs is stopped by the process that looks after it. Stopping twice is one stop.
   * Throws conflict/`build_ended` when it has ended otherwise.
   */
  async stop(id: string, origin: Origin): Promise<BuildView> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await this.#askToStop(id, origin)) this.parts.committed([id]);
        return await this.parts.views.view(id);
      } catch (error) {
        if (!isMoved(error) || attempt === 20) throw error; // written meanwhile: look again
      }
    }
  }

  /**
   * The same plan again, with the overrides it had. Throws conflict: `build_running`, `build_not_repeatable` (it carried
   * secrets that are forgotten), `project_gone`.
   */
  async retry(id: string, origin: Origin): Promise<BuildView> {
    const { store, database, views } = this.parts;
    const build = await store.get(id);
    if (build.endedAt === null)
      throw new AppError(
        'conflict',
        'build_running',
        `Build ${build.number} of ${build.project} has not ended: stop it first`,
      );
    if (build.secretVariables !== null)
      throw new AppError(
        'conflict',
        'build_not_repeatable',
        'This build carried secrets that are forgotten at its end: ask for it again where it came from',
      );
    const row = await database.db
      .selectFrom('build_projects')
      .selectAll()
      .where('id', '=', build.projectId)
      .executeTakeFirst();
    if (row === undefined)
      throw new AppError(
        'conflict',
        'project_gone',
        `Project ${build.project} has been deleted: its builds do not run again`,
      );
    const again = this.#rowOf(
      { project: projectFromRow(row), body: build.overrides, plan: build.plan },
      { trigger: 'retry', retryOf: id },
      origin,
    );
    await this.#insert([again], (trx) =>
      recordAction(trx, origin, {
        type: 'build.retry',
        targetType: 'build',
        target: again.id,
        after: { project: again.project, number: again.number, retry_of: id },
      }),
    );
    return views.view(again.id);
  }

  async #askToStop(id: string, origin: Origin): Promise<boolean> {
    const { database, store } = this.parts;
    return inTransaction(database, async (trx) => {
      const build = await store.get(id, trx);
      if (build.endedAt !== null) {
        if (build.status === 'stopped') return false;
        throw new AppError(
          'conflict',
          'build_ended',
          `Build ${id} has ended ${build.status}: there is nothing left to stop`,
        );
      }
      if (build.stopRequested) return false;
      await recordAction(trx, origin, {
        type: 'build.stop',
        targetType: 'build',
        target: id,
        before: { status: build.status },
      });
      const by = origin.principal?.username ?? 'the platform';
      if (build.status === 'queued' && !build.dispatched)
        await store.transition(trx, build, {
          to: 'stopped',
          reason: `Stopped by ${by} while it waited for its turn.`,
          facts: { stopRequested: true, ...(build.secretVariables === null ? {} : { secretVariables: '' }) },
          origin: platformOrigin('codebuild', origin.endpoint, build.traceId),
        });
      else await store.record(trx, build, { stopRequested: true, reason: `${by} asked to stop it.` });
      return true;
    });
  }

  async #insert(
    rows: readonly NewBuildRow[],
    record: (trx: Transaction<CodebuildSchema>) => Promise<unknown>,
  ): Promise<void> {
    const { database, committed } = this.parts;
    const counts = Map.groupBy(rows, ({ project_id }) => project_id);
    await inTransaction(database, async (trx) => {
      // In one order in every process, so that two batches do not wait for one another.
      for (const projectId of [...counts.keys()].sort()) {
        const own = counts.get(projectId) ?? [];
        const last = await nextNumbers(trx, projectId, own.length, own[0]?.project ?? projectId);
        own.forEach((row, index) => (row.number = last - own.length + 1 + index));
      }
      for (let from = 0; from < rows.length; from += 50)
        await trx
          .insertInto('builds')
          .values(rows.slice(from, from + 50))
          .execute();
      await record(trx);
    });
    committed(rows.map(({ id }) => id));
  }

  #rowOf(request: BuildRequest, how: HowToStart, origin: Origin): NewBuildRow {
    const { box, clock } = this.parts;
    return newBuildRow(request, how, origin, { box, now: clock.now() });
  }
}
