/** Deployments as screens show them. */
import {
  STAGES,
  type CreateDeploymentBody,
  type DeploymentsQuery,
  type DeploymentView,
  type ProofSettings,
  type StageView,
} from '@aws-deployer/platform/contracts/deployments';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { z } from 'zod';
import type { DeployerSchema } from '../schema.js';
import type { Deployment } from './deployment.js';
import { toDeployment } from './deployment-rows.js';
import type { DeploymentStore } from './deployment-store.js';

export class DeploymentReadModel {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly store: DeploymentStore,
  ) {}

  /** Throws not_found/`deployment_not_found`. */
  async view(id: string): Promise<DeploymentView> {
    const deployment = await this.store.get(id);
    return toDeploymentView(deployment, (await this.#stagesOf([id])).get(id) ?? []);
  }

  /** The newest first. */
  async page(query: z.output<typeof DeploymentsQuery>): Promise<Page<DeploymentView>> {
    const { limit, cursor, application, environment, state, active } = query;
    let rows = this.database.db
      .selectFrom('deployments')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit + 1);
    if (cursor !== undefined) rows = rows.where('id', '<', String(decodeCursor(cursor, 1)[0]));
    if (application !== undefined)
      rows = rows.where((where) =>
        where.or([where('application', '=', application), where('application_id', '=', application)]),
      );
    if (environment !== undefined) rows = rows.where('environment', '=', environment);
    if (state !== undefined) rows = rows.where('state', '=', state);
    if (active !== undefined) rows = rows.where('ended_at', active ? 'is' : 'is not', null);
    const found = await rows.execute();
    const stages = await this.#stagesOf(found.slice(0, limit).map(({ id }) => id));
    return pageFrom(
      found,
      limit,
      (row) => toDeploymentView(toDeployment(row), stages.get(row.id) ?? []),
      ({ id }) => [id],
    );
  }

  /** How many wait or are worked on: for the metric. */
  async openCounts(): Promise<{ readonly waiting: number; readonly working: number }> {
    const rows = await this.database.db
      .selectFrom('deployments')
      .select(['state', (eb) => eb.fn.countAll().as('count')])
      .where('ended_at', 'is', null)
      .groupBy('state')
      .execute();
    const count = (waiting: boolean) =>
      rows.reduce((sum, row) => sum + ((row.state === 'initialized') === waiting ? Number(row.count) : 0), 0);
    return { waiting: count(true), working: count(false) };
  }

  async #stagesOf(ids: readonly string[]): Promise<Map<string, StageView[]>> {
    const stages = new Map<string, StageView[]>();
    if (ids.length === 0) return stages;
    const rows = await this.database.db
      .selectFrom('deployment_stages')
      .selectAll()
      .where('deployment_id', 'in', [...ids])
      .execute();
    for (const { deployment_id: id, name, outcome, started_at, ended_at } of rows) {
      const list = stages.get(id) ?? [];
      stages.set(id, list);
      list.push({ name: name as StageView['name'], outcome: outcome as StageView['outcome'], started_at, ended_at });
    }
    for (const list of stages.values()) list.sort((a, b) => STAGES.indexOf(a.name) - STAGES.indexOf(b.name));
    return stages;
  }
}

/** Requests of before a setting could be given have none. */
export const proofSettingsOf = ({
  tests = [],
  monitor_seconds = 0,
  timeouts = {},
}: Partial<CreateDeploymentBody>): z.output<typeof ProofSettings> => ({ tests, monitor_seconds, timeouts });

export const toDeploymentView = (deployment: Deployment, stages: StageView[]): DeploymentView => ({
  id: deployment.id,
  application: deployment.application,
  environment: deployment.environment,
  namespace: deployment.namespace,
  state: deployment.state,
  state_reason: deployment.reason,
  failed_state: deployment.failedState,
  release_id: deployment.releaseId,
  rollback_of: deployment.rollbackOf,
  source: deployment.spec.source,
  commit: deployment.commit,
  builder: deployment.builder,
  image: deployment.image,
  image_digest: deployment.imageDigest,
  base_substituted: deployment.baseSubstituted,
  build_id: deployment.buildId,
  gates: [...deployment.gates],
  url: deployment.url,
  strategy: deployment.spec.strategy,
  workload: deployment.spec.workload,
  ...proofSettingsOf(deployment.spec),
  verdict: deployment.verdict,
  rollout: {
    requests: deployment.rollout.requests,
    failed: deployment.rollout.failed,
    longest_gap_ms: deployment.rollout.longestGapMs,
  },
  stages,
  warnings: [...deployment.warnings],
  cancel_requested: deployment.cancelRequested,
  created_by: deployment.createdBy,
  created_at: deployment.createdAt,
  updated_at: deployment.updatedAt,
  ended_at: deployment.endedAt,
});
