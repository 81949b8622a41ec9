/**
 * Applications as screens show them: with the last deployment to each environment and what runs there. Two queries for the
 * whole page beside the page itself, whatever its length.
 */
import type { ApplicationsQuery, ApplicationView } from '@aws-deployer/platform/contracts/applications';
import { VerdictView, type DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { z } from 'zod';
import type { ApplicationsTable, DeployerSchema } from '../schema.js';

export type ApplicationRow = Selectable<ApplicationsTable>;
type ApplicationEnvironment = ApplicationView['environments'][number];
type Db = Kysely<DeployerSchema> | Transaction<DeployerSchema>;

export async function findApplication(db: Db, idOrName: string): Promise<ApplicationRow> {
  const row = await db
    .selectFrom('applications')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
    .executeTakeFirst();
  if (row === undefined)
    throw new AppError('not_found', 'application_not_found', `There is no application ${idOrName}`);
  return row;
}

export async function applicationsPage(
  db: Db,
  { limit, cursor, q }: z.output<typeof ApplicationsQuery>,
): Promise<Page<ApplicationView>> {
  let query = db
    .selectFrom('applications')
    .selectAll()
    .orderBy('name')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('name', '>', String(decodeCursor(cursor, 1)[0]));
  if (q !== undefined && q !== '') query = query.where('name', 'like', `%${q.toLowerCase().replace(/[\\%_]/g, '')}%`);
  const rows = await query.execute();
  const environments = await environmentsOf(db, rows.slice(0, limit));
  return pageFrom(
    rows,
    limit,
    (row) => toView(row, environments.get(row.id) ?? []),
    ({ name }) => [name],
  );
}

export async function applicationView(db: Db, row: ApplicationRow): Promise<ApplicationView> {
  return toView(row, (await environmentsOf(db, [row])).get(row.id) ?? []);
}

const toView = (row: ApplicationRow, environments: ApplicationEnvironment[]): ApplicationView => ({
  id: row.id,
  name: row.name,
  description: row.description,
  created_by: row.created_by,
  created_at: row.created_at,
  updated_at: row.updated_at,
  environments,
});

async function environmentsOf(
  db: Db,
  applications: readonly ApplicationRow[],
): Promise<Map<string, ApplicationEnvironment[]>> {
  const ids = applications.map(({ id }) => id);
  const views = new Map<string, ApplicationEnvironment[]>();
  if (ids.length === 0) return views;
  const last = await db
    .selectFrom('deployments')
    .innerJoin(
      (eb) =>
        eb
          .selectFrom('deployments')
          .select(['application_id', 'environment', (inner) => inner.fn.max('queue_number').as('newest')])
          .where('application_id', 'in', ids)
          .groupBy(['application_id', 'environment'])
          .as('latest'),
      (join) =>
        join
          .onRef('latest.application_id', '=', 'deployments.application_id')
          .onRef('latest.newest', '=', 'deployments.queue_number'),
    )
    .select(['deployments.id', 'deployments.application_id', 'deployments.environment', 'deployments.namespace'])
    .select(['deployments.state', 'deployments.reason', 'deployments.created_by', 'deployments.created_at'])
    .select(['deployments.ended_at', 'deployments.url', 'deployments.failed_state', 'deployments.verdict'])
    .orderBy('deployments.environment')
    .execute();
  const live = await db
    .selectFrom('releases')
    .leftJoin('deployments', 'deployments.id', 'releases.deployment_id')
    .select(['releases.id', 'releases.application_id', 'releases.environment', 'releases.image', 'releases.commit_id'])
    .select(['releases.namespace', 'releases.created_at', 'deployments.url'])
    .where('releases.application_id', 'in', ids)
    .where('releases.live', '=', 1)
    .orderBy('releases.created_at')
    .execute();
  for (const row of last) {
    const runs = live.findLast(
      (release) => release.application_id === row.application_id && release.environment === row.environment,
    );
    const list = views.get(row.application_id) ?? [];
    views.set(row.application_id, list);
    list.push({
      environment: row.environment,
      namespace: runs?.namespace ?? row.namespace,
      url: runs === undefined ? null : (runs.url ?? row.url),
      live_release_id: runs?.id ?? null,
      live_image: runs?.image ?? null,
      live_commit: runs?.commit_id ?? null,
      last_deployment: {
        id: row.id,
        state: row.state as DeploymentState,
        state_reason: row.reason,
        failure: failureOf(row),
        created_by: row.created_by,
        created_at: row.created_at,
        ended_at: row.ended_at,
      },
    });
  }
  return views;
}

/** The sentence of its verdict; a deployment that was cancelled on its way has one too, and did not fail. */
function failureOf(row: { readonly failed_state: string | null; readonly verdict: string | null }): string | null {
  if (row.failed_state === null || row.verdict === null) return null;
  return VerdictView.parse(JSON.parse(row.verdict)).reason;
}
