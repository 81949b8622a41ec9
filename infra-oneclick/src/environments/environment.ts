/** An environment as a row and as it is shown. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { InfraEnvironmentsTable, InfraSchema } from '../schema.js';
import { shownVariables } from './stored-variables.js';

export type EnvironmentRow = Selectable<InfraEnvironmentsTable>;
export type Db = Kysely<InfraSchema> | Transaction<InfraSchema>;

/** By id or name. Throws not_found/`environment_not_found`. */
export async function findEnvironment(db: Db, idOrName: string): Promise<EnvironmentRow> {
  const row = await db
    .selectFrom('infra_environments')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
    .executeTakeFirst();
  if (row === undefined)
    throw new AppError('not_found', 'environment_not_found', `There is no environment ${idOrName}`);
  return row;
}

export const environmentView = (row: EnvironmentRow): InfraEnvironmentView => ({
  id: row.id,
  name: row.name,
  description: row.description,
  module: row.module,
  variables: shownVariables(row),
  account: row.account,
  region: row.region,
  backend: JSON.parse(row.backend) as InfraEnvironmentView['backend'],
  drift_minutes: row.drift_minutes === null ? null : Number(row.drift_minutes),
  drift: {
    status: row.drift_status as InfraEnvironmentView['drift']['status'],
    checked_at: row.drift_checked_at,
    run_id: row.drift_run,
    changes: Number(row.drift_changes),
    since: row.drift_since,
    next_at: row.drift_next_at,
  },
  status: row.status as InfraEnvironmentView['status'],
  current_version: row.current_version === null ? null : Number(row.current_version),
  active_run: row.active_run,
  created_by: row.created_by,
  created_at: row.created_at,
  updated_at: row.updated_at,
});
