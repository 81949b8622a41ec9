/** The row of a build that was just asked for: in the queue, with its plan made. Pure. */
import { newId } from '@aws-deployer/platform/database/ids';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { ProjectSource } from '@aws-deployer/platform/contracts/build-projects';
import type { StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { BuildProject } from '../build-projects/build-project.js';
import type { BuildPlan } from '../ports/build-engine.js';
import type { BuildRow, BuildTrigger, Dependency } from './build.js';
import { buildPlan } from './build-plan.js';

export interface HowToStart {
  readonly trigger: BuildTrigger;
  readonly retryOf?: string;
  readonly batchId?: string;
  /** Only for this build: sealed while it runs, forgotten at its end, masked in its log. */
  readonly secretVariables?: Readonly<Record<string, string>>;
  /** In the place of the project's own source. */
  readonly source?: ProjectSource;
  /** In the place of any source: a tar among the uploads. */
  readonly uploadSha256?: string;
  /** Chosen by the caller, who asks again with the same one when it does not know whether it was heard. */
  readonly id?: string;
}
/** One build of several that start together. */
export interface BuildRequest {
  readonly project: BuildProject;
  readonly body: StartBuildBody;
  /** As it was once; absent: made of the project and the body. */
  readonly plan?: BuildPlan;
  /** Absent: a new one. */
  readonly id?: string;
  readonly batchIdentifier?: string;
  readonly dependsOn?: readonly Dependency[];
  /** When it fails, what is left of its batch is stopped. */
  readonly endsBatch?: boolean;
}
/** Its number is given in the transaction that inserts it. */
export type NewBuildRow = BuildRow & { number: number };

export const secretVariablesPlace = (buildId: string): string => `build:${buildId}`;

/** Throws invalid on the field of the body that does not fit the project. */
export function newBuildRow(
  request: BuildRequest,
  how: HowToStart,
  origin: Origin,
  { box, now }: { readonly box: SecretBox; readonly now: Date },
): NewBuildRow {
  const { project, body } = request;
  const id = request.id ?? newId();
  const plan: BuildPlan = {
    ...(request.plan ?? buildPlan(project, body, how.source)),
    ...(how.uploadSha256 === undefined ? {} : { uploadSha256: how.uploadSha256 }),
  };
  const at = instant(now);
  const secrets = how.secretVariables ?? {};
  return {
    id,
    project_id: project.id,
    project: project.name,
    number: 0, // given in the transaction
    account: project.account,
    region: project.region,
    engine: project.engine,
    team: project.team,
    status: 'queued',
    reason: 'Waits for its turn.',
    phase: null,
    phases: '[]',
    failure: null,
    plan: JSON.stringify(plan),
    overrides: JSON.stringify(body),
    secret_variables:
      Object.keys(secrets).length === 0 ? null : box.seal(JSON.stringify(secrets), secretVariablesPlace(id)),
    engine_ref: null,
    source_version: plan.sourceVersion ?? null,
    commit_id: null,
    runtime: null,
    image_substituted: null,
    exported_variables: '{}',
    report_summary: null,
    artifact_count: 0,
    quality_gates: JSON.stringify(project.settings.quality_gates),
    gates: '[]',
    trigger_kind: how.trigger,
    retry_of: how.retryOf ?? null,
    batch_id: how.batchId ?? null,
    batch_identifier: request.batchIdentifier ?? null,
    depends_on: JSON.stringify(request.dependsOn ?? []),
    ends_batch: Number(request.endsBatch ?? false),
    attempt: 1,
    dispatched: 0,
    stop_requested: 0,
    version: 1,
    log_cursor: null,
    estimated_seconds: null,
    not_before: null,
    queue_deadline: instant(new Date(now.getTime() + plan.queuedTimeoutMinutes * 60_000)),
    compute: plan.environment.compute,
    duration_ms: null,
    billed_minutes: null,
    cost_micros: null,
    created_by: origin.principal?.username ?? 'platform',
    created_by_id: origin.principal?.userId ?? 'platform',
    trace_id: origin.traceId,
    created_at: at,
    updated_at: at,
    started_at: null,
    ended_at: null,
  };
}
