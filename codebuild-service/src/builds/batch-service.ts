/** Batches: the builds that a buildspec's own `batch` part asks for, started together and stopped together. */
import type { StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { BuildProject } from '../build-projects/build-project.js';
import type { BuildspecBatch } from '../buildspec/buildspec.js';
import { parseBuildspec } from '../buildspec/parse-buildspec.js';
import type { CodebuildSchema } from '../schema.js';
import { planBatch } from './batch-plan.js';
import { buildPlan } from './build-plan.js';
import type { BuildService, StartedBuild } from './build-service.js';

export interface BatchServiceParts {
  readonly database: Database<CodebuildSchema>;
  readonly builds: Pick<BuildService, 'startBatch' | 'stop'>;
}

export class BatchService {
  constructor(private readonly parts: BatchServiceParts) {}

  /** All of them or none. Throws invalid on `buildspec`, or on what of the body does not fit the project. */
  async start(
    project: BuildProject,
    body: StartBuildBody,
    origin: Origin,
  ): Promise<{ readonly batchId: string; readonly builds: StartedBuild[] }> {
    const planned = planBatch(batchOf(project, body), body, project.settings.environment.type);
    const ids = new Map(planned.map(({ identifier }) => [identifier, newId()]));
    const ignored = new Set(planned.flatMap(({ identifier, ignoreFailure }) => (ignoreFailure ? identifier : [])));
    const requests = planned.map(({ identifier, body: own, dependsOn, endsBatch }) => ({
      project,
      body: own,
      id: ids.get(identifier) ?? newId(),
      batchIdentifier: identifier,
      dependsOn: dependsOn.map((on) => ({ id: ids.get(on) ?? '', ignore_failure: ignored.has(on) })),
      endsBatch,
    }));
    return this.parts.builds.startBatch(requests, { trigger: 'batch' }, origin);
  }

  /** Those that wait first, so that none of them takes the place of one that runs. Throws not_found/`batch_not_found`. */
  async stop(batchId: string, origin: Origin): Promise<{ readonly stopping: number }> {
    const { database, builds } = this.parts;
    const rows = await database.db
      .selectFrom('builds')
      .select(['id', 'status', 'ended_at'])
      .where('batch_id', '=', batchId)
      .orderBy('id', 'desc')
      .execute();
    if (rows.length === 0) throw new AppError('not_found', 'batch_not_found', `There is no batch ${batchId}`);
    const open = rows.filter(({ ended_at }) => ended_at === null);
    if (open.length === 0) return { stopping: 0 };
    await inTransaction(database, (trx) =>
      recordAction(trx, origin, {
        type: 'build.stop_batch',
        targetType: 'build_batch',
        target: batchId,
        after: { builds: open.map(({ id }) => id) },
        summary: `${open.length} builds of a batch are stopped`,
      }),
    );
    const isWaiting = ({ status }: { status: string }): boolean => status === 'queued';
    for (const { id } of [...open.filter(isWaiting), ...open.filter((row) => !isWaiting(row))])
      await builds.stop(id, origin).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === 'build_ended')) throw error; // ended by itself meanwhile
      });
    return { stopping: open.length };
  }
}

function batchOf(project: BuildProject, body: StartBuildBody): BuildspecBatch {
  const { buildspec } = buildPlan(project, body);
  if ('path' in buildspec)
    throw invalidField(
      'buildspec',
      `lies in the source, at ${buildspec.path}, and is not read before the builds start`,
      'write it inline in the project, or give its text as `buildspec` of this request',
    );
  const { buildspec: read, problems } = parseBuildspec(buildspec.text);
  if (read === null)
    throw new AppError('invalid', 'buildspec_invalid', 'buildspec: it cannot be read', {
      fields: problems.map(({ line, column, path, message, mend }) => ({
        field: 'buildspec',
        message: `line ${line}, column ${column}: ${path === '' ? '' : `${path} `}${message}`,
        mend,
      })),
    });
  if (read.batch === null)
    throw invalidField(
      'buildspec',
      'has no batch part',
      'add batch: with a build-list, build-matrix or build-graph, or start a single build',
    );
  return read.batch;
}
