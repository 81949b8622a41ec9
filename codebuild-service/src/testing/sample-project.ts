/** A build project as a row, for tests of what happens to its builds. */
import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { newId } from '@aws-deployer/platform/database/ids';
import type { Kysely } from 'kysely';
import { projectFromRow, settingColumns, settingsOf, type BuildProject } from '../build-projects/build-project.js';
import type { CodebuildSchema } from '../schema.js';

export async function sampleProject(
  db: Kysely<CodebuildSchema>,
  name: string,
  more: Partial<CreateBuildProjectInput> & { readonly engine?: 'local' | 'codebuild' } = {},
): Promise<BuildProject> {
  const { engine = 'local', ...input } = more;
  const body = CreateBuildProjectBody.parse({
    name,
    source: { type: 'none' },
    buildspec: { type: 'inline', text: 'version: 0.2\nphases:\n  build:\n    commands: [echo hello]\n' },
    ...input,
  });
  const now = '2026-11-21T07:00:00.000Z';
  const row = {
    id: newId(),
    name,
    account: body.account ?? 'local',
    region: body.region ?? 'local',
    engine,
    arn: null,
    ...settingColumns(settingsOf(body)),
    webhook_secret: null,
    webhook_url: null,
    badge_token: null,
    badge_url: null,
    imported: 0,
    build_count: 0,
    created_by: 'devops',
    created_at: now,
    updated_at: now,
  };
  await db.insertInto('build_projects').values(row).execute();
  return projectFromRow(row);
}
