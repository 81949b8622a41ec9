import { z } from 'zod';
import { BuildEngineName, BuildVariable, COMPUTE_TYPES, ProjectName } from './build-projects.js';
import { Id, Instant, PageQuery } from './wire.js';

/**
 * Builds: `queued` is in the platform's own fair queue; the rest follows what the engine says. In one file, for a build, its
 * batch, its reports and what is added up of it share their words.
 */
export const BuildStatus = z.enum([
  'queued',
  'starting',
  'in_progress',
  'succeeded',
  'failed',
  'fault',
  'timed_out',
  'stopped',
]);
export type BuildStatus = z.infer<typeof BuildStatus>;
export const BUILD_ENDS = [
  'succeeded',
  'failed',
  'fault',
  'timed_out',
  'stopped',
] as const satisfies readonly BuildStatus[];
export const isBuildEnd = (status: BuildStatus): boolean => BUILD_ENDS.some((end) => end === status);

/** The phases of CodeBuild, in their order; `finally` parts belong to the phase they stand in. */
export const BUILD_PHASES = [
  'SUBMITTED',
  'QUEUED',
  'PROVISIONING',
  'DOWNLOAD_SOURCE',
  'INSTALL',
  'PRE_BUILD',
  'BUILD',
  'POST_BUILD',
  'UPLOAD_ARTIFACTS',
  'FINALIZING',
  'COMPLETED',
] as const;
export const BuildPhaseName = z.enum(BUILD_PHASES);
export type BuildPhaseName = z.infer<typeof BuildPhaseName>;
export const BuildPhaseView = z.object({
  name: BuildPhaseName,
  status: z.enum(['succeeded', 'failed', 'fault', 'timed_out', 'stopped', 'in_progress', 'client_error']),
  started_at: Instant.nullable(),
  ended_at: Instant.nullable(),
  duration_seconds: z.number().nullable(),
  message: z.string().nullable(),
});
export type BuildPhaseView = z.infer<typeof BuildPhaseView>;

/** Why a build is not good, in what a person needs: where, what was run, how it ended, what it said last. */
export const BuildFailure = z.object({
  phase: BuildPhaseName.nullable(),
  command: z.string().nullable(),
  exit_code: z.number().int().nullable(),
  message: z.string().describe('One sentence'),
  last_lines: z.array(z.string()).max(20),
});
export type BuildFailure = z.infer<typeof BuildFailure>;

export const GateResult = z.object({
  gate: z.enum(['tests_passed', 'line_coverage_min', 'findings_max', 'image_signed']),
  passed: z.boolean(),
  detail: z.string().describe('One sentence: what was asked, what was found'),
});
export type GateResult = z.infer<typeof GateResult>;

export const QueuePlace = z.object({
  position: z.number().int().describe('1: the next to start'),
  reason: z.string().describe('What it waits for, one sentence'),
  estimated_start_at: Instant.nullable().describe('null while nothing is known of how long builds take'),
  estimated_seconds: z.number().nullable(),
});
export type QueuePlace = z.infer<typeof QueuePlace>;

/** What one build does otherwise than its project. */
export const StartBuildBody = z.strictObject({
  source_version: z.string().min(1).max(250).optional(),
  buildspec: z.string().min(1).max(100_000).optional().describe('Inline text, or a path in the source'),
  image: z.string().min(1).max(500).optional(),
  compute: z.enum(COMPUTE_TYPES).optional(),
  privileged: z.boolean().optional(),
  variables: z.array(BuildVariable).max(200).default([]).describe('Take the place of those of the same name'),
  timeout_minutes: z.number().int().min(5).max(2160).optional(),
  no_artifacts: z.boolean().default(false),
});
export type StartBuildBody = z.infer<typeof StartBuildBody>;
/** Several builds at once, of one or many projects. */
export const StartBuildsBody = z.strictObject({
  builds: z
    .array(StartBuildBody.extend({ project: ProjectName }))
    .min(1)
    .max(500),
});
export const StartedBuildsView = z.object({
  batch_id: Id,
  items: z.array(
    z.object({ id: Id, project: z.string(), number: z.number().int(), batch_identifier: z.string().nullable() }),
  ),
});
/** `POST /api/v1/build-projects/{name}/batches`: the builds that the buildspec's own `batch` part names. */
export const StartBatchBody = StartBuildBody;
/** `POST /api/v1/builds/batches/{id}/stop`. */
export const StoppedBatchView = z.object({
  batch_id: Id,
  stopping: z.number().int().describe('Builds that had not ended; 0: all had'),
});

export const BuildView = z.object({
  id: Id,
  number: z.number().int().describe('Counts up per project'),
  project: z.string(),
  account: z.string(),
  region: z.string(),
  engine: BuildEngineName,
  status: BuildStatus,
  status_reason: z.string(),
  phase: BuildPhaseName.nullable().describe('Where it is, or where it ended'),
  phases: z.array(BuildPhaseView),
  failure: BuildFailure.nullable(),
  queue: QueuePlace.nullable(),
  overrides: StartBuildBody,
  source_version: z.string().nullable(),
  resolved_commit: z.string().nullable(),
  /** How the local runner ran it; null on AWS and until known. */
  runtime: z.enum(['container', 'host']).nullable(),
  image_substituted: z
    .string()
    .nullable()
    .describe('Set when the build image could not be pulled and host tools took its place'),
  exported_variables: z.record(z.string(), z.string()),
  reports: z
    .object({
      tests: z.number().int(),
      failed: z.number().int(),
      skipped: z.number().int(),
      line_coverage: z.number().nullable(),
    })
    .nullable(),
  artifacts: z.number().int().describe('How many files'),
  gates: z.array(GateResult),
  team: z.string(),
  trigger: z
    .enum(['console', 'api', 'webhook', 'retry', 'batch', 'deployment', 'schedule', 'aws'])
    .describe('`aws`: somebody started it in AWS itself'),
  retry_of: Id.nullable(),
  batch_id: Id.nullable(),
  batch_identifier: z.string().nullable().describe("Its name in the buildspec's own batch"),
  depends_on: z.array(Id).describe('Builds of its batch that must succeed before it may start'),
  attempt: z.number().int().describe('More than 1: the process that ran it died, and it was begun again'),
  stop_requested: z.boolean(),
  aws_build_id: z.string().nullable(),
  aws_console_url: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  billed_minutes: z.number().nullable(),
  cost_usd: z
    .number()
    .nullable()
    .describe('By the price list of us-east-1; null: no price is known; 0 for the local runner'),
  created_by: z.string(),
  created_at: Instant,
  started_at: Instant.nullable(),
  ended_at: Instant.nullable(),
});
export type BuildView = z.infer<typeof BuildView>;
export const BuildsQuery = PageQuery.extend({
  project: z.string().max(150).optional(),
  status: BuildStatus.optional(),
  batch: z.string().max(36).optional(),
  team: z.string().max(63).optional(),
  active: z.stringbool().optional(),
});

export const BuildLogLine = z.object({
  ts: Instant,
  phase: BuildPhaseName.nullable(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  text: z.string(),
});
export type BuildLogLine = z.infer<typeof BuildLogLine>;
/** SSE of `/builds/{id}/events` (`build`, `end`) and `/builds/{id}/logs` (`line`, `end`); `id` is the row's number. */
export interface BuildEvents {
  build: BuildView;
  line: BuildLogLine;
  end: { status: BuildStatus };
}

export const TestCaseView = z.object({
  suite: z.string(),
  name: z.string(),
  outcome: z.enum(['passed', 'failed', 'errored', 'skipped']),
  seconds: z.number().nullable(),
  message: z.string().nullable(),
});
export type TestCaseView = z.infer<typeof TestCaseView>;
export const FileCoverageView = z.object({
  file: z.string(),
  lines: z.number().int(),
  lines_covered: z.number().int(),
  branches: z.number().int(),
  branches_covered: z.number().int(),
});
export type FileCoverageView = z.infer<typeof FileCoverageView>;
export const BuildReportView = z.object({
  name: z.string().describe('Report group'),
  type: z.enum(['test', 'coverage']),
  format: z.string(),
  tests: z
    .object({
      total: z.number().int(),
      passed: z.number().int(),
      failed: z.number().int(),
      errored: z.number().int(),
      skipped: z.number().int(),
      seconds: z.number(),
    })
    .nullable(),
  cases: z.array(TestCaseView).describe('Failed ones first; at most 2,000'),
  coverage: z
    .object({
      lines: z.number().int(),
      lines_covered: z.number().int(),
      branches: z.number().int(),
      branches_covered: z.number().int(),
      line_percent: z.number().nullable(),
    })
    .nullable(),
  files: z.array(FileCoverageView).describe('Least covered first; at most 2,000'),
  problems: z.array(z.string()).describe('Files that could not be read'),
});
export type BuildReportView = z.infer<typeof BuildReportView>;

export const BuildArtifactView = z.object({
  path: z.string(),
  artifact: z.string().describe('`primary`, or the name of a secondary artifact'),
  size_bytes: z.number().int(),
  url: z.string(),
});
export type BuildArtifactView = z.infer<typeof BuildArtifactView>;

/** Two builds side by side: only what differs is listed. */
export const BuildComparison = z.object({
  a: BuildView,
  b: BuildView,
  differences: z.array(z.object({ field: z.string(), a: z.unknown(), b: z.unknown() })),
  phases: z.array(
    z.object({ name: BuildPhaseName, a_seconds: z.number().nullable(), b_seconds: z.number().nullable() }),
  ),
  tests: z.object({
    newly_failing: z.array(z.string()),
    newly_passing: z.array(z.string()),
    added: z.number().int(),
    removed: z.number().int(),
  }),
});
export const BuildCompareQuery = z.strictObject({ a: Id, b: Id });
export type BuildComparison = z.infer<typeof BuildComparison>;

export const BuildUsageQuery = z.strictObject({ from: Instant.optional(), to: Instant.optional() });
export const BuildUsageView = z.object({
  from: Instant,
  to: Instant,
  price_list_date: z.string(),
  projects: z.array(
    z.object({
      project: z.string(),
      team: z.string(),
      builds: z.number().int(),
      succeeded: z.number().int(),
      billed_minutes: z.number(),
      cost_usd: z.number(),
      median_seconds: z.number().nullable(),
    }),
  ),
  total: z.object({ builds: z.number().int(), billed_minutes: z.number(), cost_usd: z.number() }),
});
export type BuildUsageView = z.infer<typeof BuildUsageView>;

/** `GET /api/v1/builds/queue`: one entry per account and region that has builds waiting or running. */
export const BuildQueueView = z.object({
  queues: z.array(
    z.object({
      account: z.string(),
      region: z.string(),
      limit: z.number().int().describe('Builds that may run at once'),
      limit_reason: z.string(),
      running: z.number().int(),
      waiting: z.array(
        z.object({
          id: Id,
          project: z.string(),
          number: z.number().int(),
          team: z.string(),
          queue: QueuePlace,
          created_by: z.string(),
          created_at: Instant,
        }),
      ),
    }),
  ),
});
export type BuildQueueView = z.infer<typeof BuildQueueView>;
export const TeamWeight = z.object({ team: z.string(), weight: z.number().int().min(1).max(100) });
export type TeamWeight = z.infer<typeof TeamWeight>;
/** Teams that have projects or a weight; a weight that nobody set is 1. */
export const TeamWeightsView = z.object({ items: z.array(TeamWeight) });
export const PutTeamWeightBody = z.strictObject({ weight: z.number().int().min(1).max(100) });
