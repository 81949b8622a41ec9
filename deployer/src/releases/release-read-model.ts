/** Releases as screens show them. */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import type { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { Selectable } from 'kysely';
import { findApplication } from '../applications/application-read-model.js';
import { proofSettingsOf } from '../deployments/deployment-read-model.js';
import type { DeployerSchema, ReleasesTable } from '../schema.js';
import { releaseNotFound } from './refusals.js';
import { badMarkOf, type Db } from './release-store.js';

export interface ReleasesQuery extends PageQuery {
  readonly environment?: string | undefined;
  readonly status?: ReleaseView['status'] | undefined;
}

export class ReleaseReadModel {
  constructor(private readonly database: Database<DeployerSchema>) {}

  /** Throws not_found/`application_not_found`, not_found/`release_not_found`. */
  async view(application: string, release: string): Promise<ReleaseView> {
    const { db } = this.database;
    const { id, name } = await findApplication(db, application);
    const row = await selectViews(db, id).where('id', '=', release).executeTakeFirst();
    if (row === undefined) throw releaseNotFound(name, release);
    return viewOf(name, row);
  }

  /** The newest first. Throws not_found/`application_not_found`. */
  async page(application: string, query: ReleasesQuery): Promise<Page<ReleaseView>> {
    const { db } = this.database;
    const { id, name } = await findApplication(db, application);
    const { limit, cursor, environment, status } = query;
    let rows = selectViews(db, id)
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (environment !== undefined) rows = rows.where('environment', '=', environment);
    if (status !== undefined) rows = rows.where('status', '=', status);
    if (cursor !== undefined) rows = rows.where('id', '<', String(decodeCursor(cursor, 1)[0]));
    return pageFrom(
      await rows.execute(),
      limit,
      (row) => viewOf(name, row),
      (row) => [row.id],
    );
  }
}

const COLUMNS = [
  ...(['id', 'environment', 'namespace', 'number', 'deployment_id', 'spec'] as const),
  ...(['commit_id', 'image', 'image_digest'] as const),
  ...(['base_substituted', 'manifest_hash', 'status', 'live', 'created_by', 'created_at'] as const),
  ...(['bad_reason', 'bad_by', 'bad_at', 'bundle_removed_at'] as const),
] as const;
type Row = Pick<Selectable<ReleasesTable>, (typeof COLUMNS)[number]>;

const selectViews = (db: Db, applicationId: string) =>
  db.selectFrom('releases').select(COLUMNS).where('application_id', '=', applicationId);

function viewOf(application: string, row: Row): ReleaseView {
  const spec = JSON.parse(row.spec) as CreateDeploymentBody;
  const bad = badMarkOf(row);
  return {
    id: row.id,
    application,
    environment: row.environment,
    namespace: row.namespace,
    number: row.number,
    deployment_id: row.deployment_id,
    source: spec.source,
    commit: row.commit_id,
    image: row.image,
    image_digest: row.image_digest,
    base_substituted: row.base_substituted,
    manifest_hash: row.manifest_hash,
    workload: spec.workload,
    strategy: spec.strategy,
    ...proofSettingsOf(spec),
    status: row.status as ReleaseView['status'],
    live: row.live === 1,
    bad: bad && { reason: bad.reason, marked_by: bad.by, marked_at: bad.at },
    bundle_removed_at: row.bundle_removed_at,
    created_by: row.created_by,
    created_at: row.created_at,
  };
}
