/** Releases as screens show them. */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import type { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { findApplication } from '../applications/application-read-model.js';
import type { DeployerSchema } from '../schema.js';

export interface ReleasesQuery extends PageQuery {
  readonly environment?: string | undefined;
  readonly status?: ReleaseView['status'] | undefined;
}

export class ReleaseReadModel {
  constructor(private readonly database: Database<DeployerSchema>) {}

  /** The newest first. Throws not_found/`application_not_found`. */
  async page(application: string, query: ReleasesQuery): Promise<Page<ReleaseView>> {
    const { db } = this.database;
    const { id, name } = await findApplication(db, application);
    const { limit, cursor, environment, status } = query;
    let rows = db
      .selectFrom('releases')
      .select(['id', 'environment', 'number', 'deployment_id', 'spec', 'commit_id', 'image', 'image_digest'])
      .select(['base_substituted', 'manifest_hash', 'status', 'live', 'created_by', 'created_at'])
      .where('application_id', '=', id)
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (environment !== undefined) rows = rows.where('environment', '=', environment);
    if (status !== undefined) rows = rows.where('status', '=', status);
    if (cursor !== undefined) rows = rows.where('id', '<', String(decodeCursor(cursor, 1)[0]));
    return pageFrom(
      await rows.execute(),
      limit,
      (row): ReleaseView => {
        const { source, workload, strategy } = JSON.parse(row.spec) as CreateDeploymentBody;
        return {
          id: row.id,
          application: name,
          environment: row.environment,
          number: row.number,
          deployment_id: row.deployment_id,
          source,
          commit: row.commit_id,
          image: row.image,
          image_digest: row.image_digest,
          base_substituted: row.base_substituted,
          manifest_hash: row.manifest_hash,
          workload,
          strategy,
          status: row.status as ReleaseView['status'],
          live: row.live === 1,
          created_by: row.created_by,
          created_at: row.created_at,
        };
      },
      (row) => [row.id],
    );
  }
}
