/** Build projects as screens show them: with their newest build, and where their webhook and their badge are. */
import type { BuildProjectsQuery, BuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import type { BuildStatus } from '@aws-deployer/platform/contracts/builds';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { sql, type Kysely, type Transaction } from 'kysely';
import type { z } from 'zod';
import type { CodebuildSchema } from '../schema.js';
import { projectFromRow, type BuildProject, type BuildProjectRow } from './build-project.js';

type Db = Kysely<CodebuildSchema> | Transaction<CodebuildSchema>;
interface NewestBuild {
  build_id: string | null;
  build_number: number | null;
  build_status: string | null;
  build_created_at: string | null;
  build_ended_at: string | null;
}

/** Throws not_found/`project_not_found`. */
export async function findProjectRow(db: Db, idOrName: string): Promise<BuildProjectRow> {
  const row = await projectRow(db, idOrName);
  if (row === undefined) throw projectNotFound(idOrName);
  return row;
}
export const projectNotFound = (idOrName: string): AppError =>
  new AppError('not_found', 'project_not_found', `There is no build project ${idOrName}`);
export const projectRow = (db: Db, idOrName: string): Promise<BuildProjectRow | undefined> =>
  db
    .selectFrom('build_projects')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
    .executeTakeFirst();

export class BuildProjectReadModel {
  readonly #base: string;

  /** `publicUrl`: the outside address of the platform; absent: addresses are paths only. */
  constructor(
    private readonly database: Database<CodebuildSchema>,
    publicUrl: string | undefined,
  ) {
    this.#base = `${publicUrl?.replace(/\/+$/, '') ?? ''}/api/v1/build-projects`;
  }

  async get(idOrName: string): Promise<BuildProjectView> {
    const row = await this.#projects()
      .where((where) =>
        where.or([where('build_projects.id', '=', idOrName), where('build_projects.name', '=', idOrName)]),
      )
      .executeTakeFirst();
    if (row === undefined) throw projectNotFound(idOrName);
    return this.#view(row);
  }

  async list(query: z.output<typeof BuildProjectsQuery>): Promise<Page<BuildProjectView>> {
    const { limit, cursor, q, account, team } = query;
    let projects = this.#projects()
      .orderBy('build_projects.name')
      .limit(limit + 1);
    if (cursor !== undefined) projects = projects.where('build_projects.name', '>', String(decodeCursor(cursor, 1)[0]));
    if (account !== undefined) projects = projects.where('build_projects.account', '=', account);
    if (team !== undefined) projects = projects.where('build_projects.team', '=', team);
    if (q !== undefined && q !== '') {
      const part = `%${q.toLowerCase().replace(/[!%_]/g, '!$&')}%`;
      projects = projects.where(
        sql<boolean>`(lower(build_projects.name) like ${part} escape '!' or lower(build_projects.description) like ${part} escape '!')`,
      );
    }
    return pageFrom(
      await projects.execute(),
      limit,
      (row) => this.#view(row),
      ({ name }) => [name],
    );
  }

  webhookUrl(name: string): string {
    return `${this.#base}/${name}/webhook`;
  }

  /** What the badge speaks of; null: no such badge. The token is compared by the caller. */
  async badgeFacts(name: string): Promise<{ readonly token: string; readonly status: BuildStatus | null } | null> {
    const row = await this.#projects().where('build_projects.name', '=', name).executeTakeFirst();
    if (row === undefined || row.badge_token === null) return null;
    return { token: row.badge_token, status: row.build_status as BuildStatus | null };
  }

  #projects() {
    return this.database.db
      .selectFrom('build_projects')
      .leftJoin('builds', (join) =>
        join
          .onRef('builds.project_id', '=', 'build_projects.id')
          .onRef('builds.number', '=', 'build_projects.build_count'),
      )
      .selectAll('build_projects')
      .select([
        'builds.id as build_id',
        'builds.number as build_number',
        'builds.status as build_status',
        'builds.created_at as build_created_at',
        'builds.ended_at as build_ended_at',
      ]);
  }

  #view(row: BuildProjectRow & NewestBuild): BuildProjectView {
    const project = projectFromRow(row);
    const { name: _name, ...settings } = project.settings;
    return {
      id: project.id,
      name: project.name,
      account: project.account,
      region: project.region,
      engine: project.engine,
      arn: project.arn,
      ...settings,
      webhook_url: project.webhookUrl,
      badge_url:
        project.badgeToken === null ? null : `${this.#base}/${project.name}/badge.svg?token=${project.badgeToken}`,
      aws_badge_url: project.badgeUrl,
      aws_console_url: consoleUrl(project),
      imported: project.imported,
      last_build:
        row.build_id === null || row.build_number === null
          ? null
          : {
              id: row.build_id,
              number: Number(row.build_number),
              status: row.build_status ?? '',
              created_at: row.build_created_at ?? '',
              ended_at: row.build_ended_at,
            },
      created_by: project.createdBy,
      created_at: project.createdAt,
      updated_at: project.updatedAt,
    };
  }
}

const CONSOLES: Readonly<Record<string, string>> = {
  aws: 'console.aws.amazon.com',
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};
function consoleUrl({ engine, arn, region, name }: BuildProject): string | null {
  if (engine === 'local' || arn === null) return null;
  const [, partition = 'aws', , , accountId = ''] = arn.split(':');
  const console = CONSOLES[partition] ?? CONSOLES['aws'] ?? '';
  return `https://${region}.${console}/codesuite/codebuild/${accountId}/projects/${name}?region=${region}`;
}
