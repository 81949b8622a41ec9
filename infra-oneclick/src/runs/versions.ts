/** What was applied, as a row and as it is shown. */
import type { InfraVersionView } from '@aws-deployer/platform/contracts/infra';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Transaction } from 'kysely';
import type { EnvironmentRow } from '../environments/environment.js';
import { shownVariables } from '../environments/stored-variables.js';
import type { InfraSchema } from '../schema.js';
import type { VersionRow } from './run.js';

/** Throws not_found/`version_not_found`. */
export async function findVersion(
  trx: Transaction<InfraSchema>,
  environment: EnvironmentRow,
  number: number,
): Promise<VersionRow> {
  const row = await trx
    .selectFrom('infra_versions')
    .selectAll()
    .where('environment_id', '=', environment.id)
    .where('number', '=', number)
    .executeTakeFirst();
  if (row === undefined)
    throw new AppError('not_found', 'version_not_found', `There is no version ${number} of ${environment.name}`);
  return row;
}

export const versionView = (environment: EnvironmentRow, row: VersionRow): InfraVersionView => ({
  number: Number(row.number),
  environment: environment.name,
  run_id: row.run_id,
  module: row.module,
  module_hash: row.module_hash,
  state_serial: row.state_serial === null ? null : Number(row.state_serial),
  destroyed: row.destroyed === 1,
  variables: shownVariables(row),
  created_by: row.created_by,
  created_at: row.created_at,
});
