/** Rows of releases: queries and mapping only. `db` may be the caller's transaction. */
import type { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { DeployerSchema, ReleasesTable } from '../schema.js';
import type { BadMark, Release } from './release.js';

export type Db = Kysely<DeployerSchema> | Transaction<DeployerSchema>;
/** One place where something runs. */
export interface Place {
  readonly applicationId: string;
  readonly environment: string;
  readonly namespace: string;
}

export const releaseById = async (db: Db, id: string): Promise<Release | undefined> =>
  toRelease(await db.selectFrom('releases').selectAll().where('id', '=', id).executeTakeFirst());

/** The release that a deployment made: a step that runs again finds it. */
export const releaseOfDeployment = async (db: Db, deploymentId: string): Promise<Release | undefined> =>
  toRelease(await db.selectFrom('releases').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst());

export const liveRelease = async (db: Db, place: Place): Promise<Release | undefined> =>
  toRelease(await at(db, place).where('live', '=', 1).executeTakeFirst());

/** The newest release before `number` that a rollback may go to: stable, whole, and not marked bad. */
export const stableBefore = async (db: Db, place: Place, number: number): Promise<Release | undefined> =>
  toRelease(
    await at(db, place)
      .where('status', '=', 'stable')
      .where('number', '<', number)
      .where('bad_at', 'is', null)
      .where('bundle_removed_at', 'is', null)
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst(),
  );

/** Routes of other applications that are live: `host` and `path` belong to one of them only. */
export const liveSpecs = async (
  db: Db,
): Promise<{ readonly application: string; readonly environment: string; readonly spec: CreateDeploymentBody }[]> => {
  const rows = await db
    .selectFrom('releases')
    .innerJoin('applications', 'applications.id', 'releases.application_id')
    .select(['releases.spec', 'releases.environment', 'applications.name as application'])
    .where('live', '=', 1)
    .where('releases.spec', 'like', '%"route":{%')
    .execute();
  return rows.map((row) => ({ ...row, spec: JSON.parse(row.spec) as CreateDeploymentBody }));
};

/** The newest release of an application that runs this image and is marked bad, wherever it ran. */
export const badReleaseOfImage = async (db: Db, applicationId: string, digest: string): Promise<Release | undefined> =>
  toRelease(
    await db
      .selectFrom('releases')
      .selectAll()
      .where('application_id', '=', applicationId)
      .where('image_digest', '=', digest)
      .where('bad_at', 'is not', null)
      .orderBy('bad_at', 'desc')
      .limit(1)
      .executeTakeFirst(),
  );

/** Stores a release; its number is the next one. The caller holds the application's row. */
export async function insertRelease(db: Db, release: Omit<Release, 'number'>): Promise<Release> {
  const last = await db
    .selectFrom('releases')
    .select((eb) => eb.fn.max('number').as('number'))
    .where('application_id', '=', release.applicationId)
    .where('environment', '=', release.environment)
    .executeTakeFirst();
  const numbered: Release = { ...release, number: Number(last?.number ?? 0) + 1 };
  await db
    .insertInto('releases')
    .values({
      id: numbered.id,
      application_id: numbered.applicationId,
      environment: numbered.environment,
      namespace: numbered.namespace,
      number: numbered.number,
      deployment_id: numbered.deploymentId,
      spec: JSON.stringify(numbered.spec),
      commit_id: numbered.commit,
      image: numbered.image,
      image_digest: numbered.imageDigest,
      image_runtime: numbered.imageRuntime,
      base_substituted: numbered.baseSubstituted,
      manifests: numbered.manifests,
      manifest_hash: numbered.manifestHash,
      secrets: JSON.stringify(numbered.secrets),
      pull_account: numbered.pullAccount === null ? null : JSON.stringify(numbered.pullAccount),
      status: numbered.status,
      live: numbered.live ? 1 : 0,
      bad_reason: numbered.bad?.reason ?? null,
      bad_by: numbered.bad?.by ?? null,
      bad_at: numbered.bad?.at ?? null,
      bundle_removed_at: numbered.bundleRemovedAt,
      created_by: numbered.createdBy,
      created_at: numbered.createdAt,
    })
    .execute();
  return numbered;
}

/** It proved itself: it is what runs in its place now. */
export async function markStable(db: Db, release: Release): Promise<void> {
  await atUpdate(db, release).set({ live: 0 }).where('live', '=', 1).where('id', '!=', release.id).execute();
  await db.updateTable('releases').set({ status: 'stable', live: 1 }).where('id', '=', release.id).execute();
}

/** A release that was stable once stays so: it may be restored again. */
export async function markFailed(db: Db, releaseId: string): Promise<void> {
  await db
    .updateTable('releases')
    .set({ status: 'failed' })
    .where('id', '=', releaseId)
    .where('status', '=', 'pending')
    .execute();
}

const at = (db: Db, { applicationId, environment, namespace }: Place) =>
  db
    .selectFrom('releases')
    .selectAll()
    .where('application_id', '=', applicationId)
    .where('environment', '=', environment)
    .where('namespace', '=', namespace);
const atUpdate = (db: Db, { applicationId, environment, namespace }: Place) =>
  db
    .updateTable('releases')
    .where('application_id', '=', applicationId)
    .where('environment', '=', environment)
    .where('namespace', '=', namespace);

export const badMarkOf = (row: Pick<ReleasesTable, 'bad_reason' | 'bad_by' | 'bad_at'>): BadMark | null =>
  row.bad_at === null ? null : { reason: row.bad_reason ?? '', by: row.bad_by ?? '', at: row.bad_at };

function toRelease(row: Selectable<ReleasesTable> | undefined): Release | undefined {
  if (row === undefined) return undefined;
  return {
    id: row.id,
    applicationId: row.application_id,
    environment: row.environment,
    namespace: row.namespace,
    number: row.number,
    deploymentId: row.deployment_id,
    spec: JSON.parse(row.spec) as CreateDeploymentBody,
    commit: row.commit_id,
    image: row.image,
    imageDigest: row.image_digest,
    imageRuntime: row.image_runtime as Release['imageRuntime'],
    baseSubstituted: row.base_substituted,
    manifests: row.manifests,
    manifestHash: row.manifest_hash,
    secrets: JSON.parse(row.secrets) as Release['secrets'],
    pullAccount: row.pull_account === null ? null : (JSON.parse(row.pull_account) as Release['pullAccount']),
    status: row.status as Release['status'],
    live: row.live === 1,
    bad: badMarkOf(row),
    bundleRemovedAt: row.bundle_removed_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}
