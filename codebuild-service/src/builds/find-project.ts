/** The project that builds are asked of. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Kysely } from 'kysely';
import { projectFromRow, type BuildProject } from '../build-projects/build-project.js';
import type { CodebuildSchema } from '../schema.js';

/** Throws not_found/`project_not_found`. */
export async function findProject(db: Kysely<CodebuildSchema>, idOrName: string): Promise<BuildProject> {
  const project = await projectNamed(db, idOrName);
  if (project === undefined)
    throw new AppError('not_found', 'project_not_found', `There is no build project ${idOrName}`);
  return project;
}

export async function projectNamed(db: Kysely<CodebuildSchema>, idOrName: string): Promise<BuildProject | undefined> {
  const row = await db
    .selectFrom('build_projects')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
    .executeTakeFirst();
  return row === undefined ? undefined : projectFromRow(row);
}
