/** A build as the service thinks of it, its row, and which status may follow which. */
import type { BuildEngineName, QualityGates } from '@aws-deployer/platform/contracts/build-projects';
import type {
  BuildFailure,
  BuildPhaseName,
  BuildPhaseView,
  BuildStatus,
  BuildView,
  GateResult,
  StartBuildBody,
} from '@aws-deployer/platform/contracts/builds';
import type { Selectable } from 'kysely';
import type { BuildPlan } from '../ports/build-engine.js';
import type { BuildsTable } from '../schema.js';

export type BuildRow = Selectable<BuildsTable>;
export type BuildTrigger = BuildView['trigger'];
export type ReportSummary = NonNullable<BuildView['reports']>;

/** A build of the same batch that must have ended before, and well unless its failure is ignored. */
export interface Dependency {
  readonly id: string;
  readonly ignore_failure: boolean;
}

/** Who stands for all that is not of the platform: builds that were started in AWS, and are only looked after here. */
export const STARTED_ELSEWHERE = 'aws';
export const wasStartedElsewhere = ({ createdById }: Pick<Build, 'createdById'>): boolean =>
  createdById === STARTED_ELSEWHERE;

/** What may follow. `in_progress → starting`: the process that ran it died, it is begun again. An end is final. */
export const TRANSITIONS: Readonly<Record<BuildStatus, readonly BuildStatus[]>> = {
  queued: ['starting', 'failed', 'fault', 'timed_out', 'stopped'],
  starting: ['in_progress', 'succeeded', 'failed', 'fault', 'timed_out', 'stopped'],
  in_progress: ['starting', 'succeeded', 'failed', 'fault', 'timed_out', 'stopped'],
  succeeded: [],
  failed: [],
  fault: [],
  timed_out: [],
  stopped: [],
};
export const canMove = (from: BuildStatus, to: BuildStatus): boolean => TRANSITIONS[from].includes(to);

export interface Build {
  readonly id: string;
  readonly projectId: string;
  readonly project: string;
  readonly number: number;
  readonly account: string;
  readonly region: string;
  readonly engine: BuildEngineName;
  readonly team: string;
  readonly status: BuildStatus;
  readonly reason: string;
  readonly phase: BuildPhaseName | null;
  readonly phases: readonly BuildPhaseView[];
  readonly failure: BuildFailure | null;
  readonly plan: BuildPlan;
  readonly overrides: StartBuildBody;
  /** Sealed; an empty text: it had some, and has forgotten them. */
  readonly secretVariables: string | null;
  readonly engineRef: string | null;
  readonly sourceVersion: string | null;
  readonly commit: string | null;
  readonly runtime: 'container' | 'host' | null;
  readonly imageSubstituted: string | null;
  readonly exportedVariables: Readonly<Record<string, string>>;
  readonly reports: ReportSummary | null;
  readonly artifactCount: number;
  readonly qualityGates: QualityGates;
  readonly gates: readonly GateResult[];
  readonly trigger: BuildTrigger;
  readonly retryOf: string | null;
  readonly batchId: string | null;
  readonly batchIdentifier: string | null;
  readonly dependsOn: readonly Dependency[];
  readonly attempt: number;
  readonly dispatched: boolean;
  readonly stopRequested: boolean;
  readonly version: number;
  readonly logCursor: string | null;
  readonly estimatedSeconds: number | null;
  readonly notBefore: string | null;
  readonly queueDeadline: string;
  readonly compute: string;
  readonly durationMs: number | null;
  readonly billedMinutes: number | null;
  readonly costMicros: number | null;
  readonly createdBy: string;
  readonly createdById: string;
  readonly traceId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

const parsed = <Value>(text: string | null): Value | null => (text === null ? null : (JSON.parse(text) as Value));

/** The row's JSON was checked when it was written. Counts come from MySQL as text or number: made numbers. */
export const buildFromRow = (row: BuildRow): Build => ({
  id: row.id,
  projectId: row.project_id,
  project: row.project,
  number: Number(row.number),
  account: row.account,
  region: row.region,
  engine: row.engine as BuildEngineName,
  team: row.team,
  status: row.status as BuildStatus,
  reason: row.reason,
  phase: row.phase as BuildPhaseName | null,
  phases: JSON.parse(row.phases) as BuildPhaseView[],
  failure: parsed<BuildFailure>(row.failure),
  plan: JSON.parse(row.plan) as BuildPlan,
  overrides: JSON.parse(row.overrides) as StartBuildBody,
  secretVariables: row.secret_variables,
  engineRef: row.engine_ref,
  sourceVersion: row.source_version,
  commit: row.commit_id,
  runtime: row.runtime as Build['runtime'],
  imageSubstituted: row.image_substituted,
  exportedVariables: JSON.parse(row.exported_variables) as Record<string, string>,
  reports: parsed<ReportSummary>(row.report_summary),
  artifactCount: Number(row.artifact_count),
  qualityGates: JSON.parse(row.quality_gates) as QualityGates,
  gates: JSON.parse(row.gates) as GateResult[],
  trigger: row.trigger_kind as BuildTrigger,
  retryOf: row.retry_of,
  batchId: row.batch_id,
  batchIdentifier: row.batch_identifier,
  dependsOn: JSON.parse(row.depends_on) as Dependency[],
  attempt: Number(row.attempt),
  dispatched: row.dispatched === 1,
  stopRequested: row.stop_requested === 1,
  version: Number(row.version),
  logCursor: row.log_cursor,
  estimatedSeconds: row.estimated_seconds === null ? null : Number(row.estimated_seconds),
  notBefore: row.not_before,
  queueDeadline: row.queue_deadline,
  compute: row.compute,
  durationMs: row.duration_ms === null ? null : Number(row.duration_ms),
  billedMinutes: row.billed_minutes === null ? null : Number(row.billed_minutes),
  costMicros: row.cost_micros === null ? null : Number(row.cost_micros),
  createdBy: row.created_by,
  createdById: row.created_by_id,
  traceId: row.trace_id,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
});
