/** Builds are numbered per project. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Transaction } from 'kysely';
import type { CodebuildSchema } from '../schema.js';

/**
 * Takes `count` numbers; answers the last of them. The row's lock keeps them in order over all processes. Throws
 * not_found/`project_not_found`.
 */
export async function nextNumbers(
  trx: Transaction<CodebuildSchema>,
  projectId: string,
  count: number,
  name: string,
): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('build_projects')
    .set((eb) => ({ build_count: eb('build_count', '+', count) }))
    .where('id', '=', projectId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new AppError('not_found', 'project_not_found', `There is no build project ${name}`);
  const { build_count } = await trx
    .selectFrom('build_projects')
    .select('build_count')
    .where('id', '=', projectId)
    .executeTakeFirstOrThrow();
  return Number(build_count);
}
