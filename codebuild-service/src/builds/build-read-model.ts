/** Builds as screens show them. */
import type {
  BuildArtifactView,
  BuildReportView,
  BuildsQuery,
  BuildView,
  QueuePlace,
} from '@aws-deployer/platform/contracts/builds';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { mask } from '@aws-deployer/platform/masking/mask';
import type { z } from 'zod';
import type { QueueViews } from '../queue/queue-view.js';
import type { CodebuildSchema } from '../schema.js';
import { buildFromRow, type Build } from './build.js';
import type { BuildStore } from './build-store.js';

/** Newest first by id within one project, account and so on. */
export class BuildReadModel {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly store: BuildStore,
    private readonly queues: Pick<QueueViews, 'places'>,
  ) {}

  /** Throws not_found/`build_not_found`. */
  async view(id: string): Promise<BuildView> {
    return (await this.versioned(id)).view;
  }

  /** The view of one version of the row. */
  async versioned(id: string): Promise<{ readonly version: number; readonly view: BuildView }> {
    const build = await this.store.get(id);
    const [view] = await this.#views([build]);
    return { version: build.version, view: view ?? toBuildView(build, null) };
  }

  async page(query: z.output<typeof BuildsQuery>): Promise<Page<BuildView>> {
    const { limit, cursor, project, status, batch, team, active } = query;
    let rows = this.database.db
      .selectFrom('builds')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (cursor !== undefined) rows = rows.where('id', '<', String(decodeCursor(cursor, 1)[0]));
    if (project !== undefined) rows = rows.where('project', '=', project);
    if (status !== undefined) rows = rows.where('status', '=', status);
    if (batch !== undefined) rows = rows.where('batch_id', '=', batch);
    if (team !== undefined) rows = rows.where('team', '=', team);
    if (active !== undefined) rows = rows.where('ended_at', active ? 'is' : 'is not', null);
    const page = pageFrom(await rows.execute(), limit, buildFromRow, ({ id }) => [id]);
    return { ...page, items: await this.#views(page.items) };
  }

  async reports(id: string): Promise<BuildReportView[]> {
    await this.store.get(id);
    const rows = await this.database.db
      .selectFrom('build_reports')
      .select('report')
      .where('build_id', '=', id)
      .orderBy('position')
      .execute();
    return rows.map(({ report }) => JSON.parse(report) as BuildReportView);
  }

  async artifacts(id: string): Promise<BuildArtifactView[]> {
    await this.store.get(id);
    const rows = await this.database.db
      .selectFrom('build_artifacts')
      .selectAll()
      .where('build_id', '=', id)
      .orderBy('seq')
      .execute();
    return rows.map(({ artifact, path, size_bytes }) => ({
      artifact,
      path,
      size_bytes: Number(size_bytes),
      url: `/api/v1/builds/${id}/artifacts/download?${String(new URLSearchParams({ artifact, path }))}`,
    }));
  }

  /** With their places, where they wait: one look at each queue that a page touches. */
  async #views(builds: readonly Build[]): Promise<BuildView[]> {
    const places = new Map<string, QueuePlace>();
    const waiting = builds.filter(({ status, dispatched }) => status === 'queued' && !dispatched);
    const queues = Map.groupBy(waiting, ({ account, region }) => `${account} ${region}`);
    for (const [first] of queues.values())
      if (first !== undefined) for (const [id, place] of await this.queues.places(first)) places.set(id, place);
    return builds.map((build) => toBuildView(build, places.get(build.id) ?? null));
  }
}

/** CodeBuild's own page of a build; `project:uuid` is its id there. */
const consoleUrl = (region: string, ref: string): string =>
  `https://${region}.console.aws.amazon.com/codesuite/codebuild/projects/${encodeURIComponent(ref.split(':')[0] ?? '')}/build/${encodeURIComponent(ref)}/?region=${region}`;

export function toBuildView(build: Build, queue: QueuePlace | null): BuildView {
  const onAws = build.engine === 'codebuild' ? build.engineRef : null;
  return {
    id: build.id,
    number: build.number,
    project: build.project,
    account: build.account,
    region: build.region,
    engine: build.engine,
    status: build.status,
    status_reason: build.reason,
    phase: build.phase,
    phases: [...build.phases],
    failure: build.failure,
    queue,
    overrides: mask(build.overrides) as BuildView['overrides'],
    source_version: build.sourceVersion,
    resolved_commit: build.commit,
    runtime: build.runtime,
    image_substituted: build.imageSubstituted,
    exported_variables: { ...build.exportedVariables },
    reports: build.reports,
    artifacts: build.artifactCount,
    gates: [...build.gates],
    team: build.team,
    trigger: build.trigger,
    retry_of: build.retryOf,
    batch_id: build.batchId,
    batch_identifier: build.batchIdentifier,
    depends_on: build.dependsOn.map(({ id }) => id),
    attempt: build.attempt,
    stop_requested: build.stopRequested,
    aws_build_id: onAws,
    aws_console_url: onAws === null ? null : consoleUrl(build.region, onAws),
    duration_seconds: build.durationMs === null ? null : build.durationMs / 1000,
    billed_minutes: build.billedMinutes,
    cost_usd: build.costMicros === null ? null : build.costMicros / 1_000_000,
    created_by: build.createdBy,
    created_at: build.createdAt,
    started_at: build.startedAt,
    ended_at: build.endedAt,
  };
}
