/** A build project as the service thinks of it, and its row. What a person may set is `settings`, in the words of the wire. */
import type { BuildEngineName, CreateBuildProjectBody } from '@aws-deployer/platform/contracts/build-projects';
import type { Selectable } from 'kysely';
import type { ProjectSettings } from '../ports/project-mirror.js';
import type { BuildProjectsTable } from '../schema.js';

export type BuildProjectRow = Selectable<BuildProjectsTable>;

export interface BuildProject {
  readonly id: string;
  readonly name: string;
  /** Name of the cloud account. */
  readonly account: string;
  readonly region: string;
  readonly engine: BuildEngineName;
  readonly arn: string | null;
  /** The same as `settings.team`: queries by team read the column. */
  readonly team: string;
  /** Source, buildspec (never a template: that is resolved on saving), environment, artifacts, cache and so on. */
  readonly settings: ProjectSettings;
  readonly webhookUrl: string | null;
  /** Whether deliveries to the platform's own endpoint can be proven. */
  readonly hasWebhookSecret: boolean;
  readonly badgeToken: string | null;
  readonly badgeUrl: string | null;
  readonly imported: boolean;
  /** The number of its newest build. */
  readonly buildCount: number;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Projects on this machine have a name of the same shape as those of AWS. */
export const localProjectArn = (name: string): string =>
  `arn:aws-deployer:codebuild:local:000000000000:project/${name}`;

/** What of a create body is settings: all but the place, which a project keeps for life. */
export function settingsOf({
  account: _account,
  region: _region,
  ...settings
}: CreateBuildProjectBody): ProjectSettings {
  return settings;
}

/** The row's JSON was checked when it was written. */
export function projectFromRow(row: BuildProjectRow): BuildProject {
  return {
    id: row.id,
    name: row.name,
    account: row.account,
    region: row.region,
    engine: row.engine as BuildEngineName,
    arn: row.arn,
    team: row.team,
    settings: { ...(JSON.parse(row.settings) as Omit<ProjectSettings, 'name'>), name: row.name },
    webhookUrl: row.webhook_url,
    hasWebhookSecret: row.webhook_secret !== null,
    badgeToken: row.badge_token,
    badgeUrl: row.badge_url,
    imported: row.imported === 1,
    buildCount: Number(row.build_count),
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The columns that follow from the settings. */
export function settingColumns(settings: ProjectSettings): Pick<BuildProjectRow, 'team' | 'description' | 'settings'> {
  const { name: _name, ...rest } = settings;
  return { team: settings.team, description: settings.description, settings: JSON.stringify(rest) };
}
