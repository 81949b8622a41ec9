/** Between a row of `deployments` and the domain's deployment. */
import type { GateResult } from '@aws-deployer/platform/contracts/builds';
import type { CreateDeploymentBody, DeploymentState, VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { CheckView } from '@aws-deployer/platform/contracts/preflight';
import type { Selectable } from 'kysely';
import type { DeploymentsTable } from '../schema.js';
import type { Deployment } from './deployment.js';
import type { OwnTemplate } from './own-template.js';

export type DeploymentRow = Selectable<DeploymentsTable>;

export const toDeployment = (row: DeploymentRow): Deployment => ({
  id: row.id,
  application: row.application,
  applicationId: row.application_id,
  environment: row.environment,
  namespace: row.namespace,
  state: row.state as DeploymentState,
  reason: row.reason,
  failedState: row.failed_state as DeploymentState | null,
  version: row.version,
  leaseOwner: row.lease_owner,
  spec: JSON.parse(row.spec) as CreateDeploymentBody,
  releaseId: row.release_id,
  rollbackOf: row.rollback_of,
  commit: row.commit_id,
  builder: row.builder,
  image: row.image,
  imageDigest: row.image_digest,
  imageRuntime: row.image_runtime as Deployment['imageRuntime'],
  baseSubstituted: row.base_substituted,
  buildId: row.build_id,
  gates: row.gates === null ? [] : (JSON.parse(row.gates) as GateResult[]),
  exposedPort: row.exposed_port,
  imageUser: row.image_user,
  url: row.url,
  verdict: row.verdict === null ? null : (JSON.parse(row.verdict) as VerdictView),
  rollout: { requests: row.requests, failed: row.failed_requests, longestGapMs: row.longest_gap_ms },
  warnings: row.warnings === null ? [] : (JSON.parse(row.warnings) as CheckView[]),
  ownTemplate: row.own_template === null ? null : (JSON.parse(row.own_template) as OwnTemplate),
  cancelRequested: row.cancel_requested === 1,
  createdBy: row.created_by,
  createdById: row.created_by_id,
  traceId: row.trace_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  endedAt: row.ended_at,
});

/** What the steps find out on the way. */
export type Facts = Partial<
  Pick<
    Deployment,
    | 'releaseId'
    | 'commit'
    | 'builder'
    | 'image'
    | 'imageDigest'
    | 'imageRuntime'
    | 'baseSubstituted'
    | 'buildId'
    | 'gates'
    | 'exposedPort'
    | 'imageUser'
    | 'url'
    | 'verdict'
    | 'rollout'
    | 'warnings'
    | 'ownTemplate'
  >
>;

/** The columns of the given facts only. */
export const factColumns = (facts: Facts): Partial<DeploymentRow> => ({
  ...(facts.releaseId === undefined ? {} : { release_id: facts.releaseId }),
  ...(facts.commit === undefined ? {} : { commit_id: facts.commit }),
  ...(facts.builder === undefined ? {} : { builder: facts.builder }),
  ...(facts.image === undefined ? {} : { image: facts.image }),
  ...(facts.imageDigest === undefined ? {} : { image_digest: facts.imageDigest }),
  ...(facts.imageRuntime === undefined ? {} : { image_runtime: facts.imageRuntime }),
  ...(facts.baseSubstituted === undefined ? {} : { base_substituted: facts.baseSubstituted }),
  ...(facts.buildId === undefined ? {} : { build_id: facts.buildId }),
  ...(facts.gates === undefined ? {} : { gates: JSON.stringify(facts.gates) }),
  ...(facts.exposedPort === undefined ? {} : { exposed_port: facts.exposedPort }),
  ...(facts.imageUser === undefined ? {} : { image_user: facts.imageUser }),
  ...(facts.url === undefined ? {} : { url: facts.url }),
  ...(facts.verdict === undefined ? {} : { verdict: facts.verdict === null ? null : JSON.stringify(facts.verdict) }),
  ...(facts.warnings === undefined ? {} : { warnings: JSON.stringify(facts.warnings) }),
  ...(facts.ownTemplate === undefined ? {} : { own_template: JSON.stringify(facts.ownTemplate) }),
  ...(facts.rollout === undefined
    ? {}
    : {
        requests: facts.rollout.requests,
        failed_requests: facts.rollout.failed,
        longest_gap_ms: facts.rollout.longestGapMs,
      }),
});
