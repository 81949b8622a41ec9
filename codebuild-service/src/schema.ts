/** The tables of codebuild-service. Instants are RFC 3339 UTC strings, flags 0/1, JSON is text. Secrets only sealed. */
import type { PlatformSchema } from '@aws-deployer/platform/runtime/service';

export interface BuildProjectsTable {
  id: string;
  name: string;
  account: string;
  region: string;
  engine: string;
  arn: string | null;
  team: string;
  description: string;
  /** JSON: everything that a create body says but name, account and region. */
  settings: string;
  /** Sealed. */
  webhook_secret: string | null;
  webhook_url: string | null;
  /** Unguessable part of the badge's address. */
  badge_token: string | null;
  badge_url: string | null;
  imported: number;
  /** The number of its newest build. */
  build_count: number;
  created_by: string;
  created_at: string;
  updated_at: string;
}
/** Deliveries of webhooks that started a build: the same delivery again starts no other. */
export interface WebhookDeliveriesTable {
  project_id: string;
  /** The server's id of the delivery. */
  delivery: string;
  /** Of the build that it starts, known before it is there. */
  build_id: string;
  created_at: string;
}
export interface BuildsTable {
  id: string;
  project_id: string;
  project: string;
  number: number;
  account: string;
  region: string;
  engine: string;
  team: string;
  status: string;
  reason: string;
  phase: string | null;
  phases: string;
  failure: string | null;
  /** JSON of a BuildPlan. */
  plan: string;
  /** JSON of the start body. */
  overrides: string;
  /** Sealed JSON: variables that are stored nowhere in the clear; an empty text once the build has ended. */
  secret_variables: string | null;
  engine_ref: string | null;
  source_version: string | null;
  commit_id: string | null;
  runtime: string | null;
  image_substituted: string | null;
  exported_variables: string;
  report_summary: string | null;
  artifact_count: number;
  quality_gates: string;
  gates: string;
  trigger_kind: string;
  retry_of: string | null;
  batch_id: string | null;
  /** Its name in the `batch` part of the buildspec. */
  batch_identifier: string | null;
  /** JSON: builds of its batch that must have ended before, `{id, ignore_failure}`. */
  depends_on: string;
  /** 1: its failure stops what is left of its batch. */
  ends_batch: number;
  attempt: number;
  /** 1: the engine was (or is just being) told to start it, though its answer is not known yet. */
  dispatched: number;
  stop_requested: number;
  /** Counts up with each write: the guard of compare and set. */
  version: number;
  log_cursor: string | null;
  /** Seconds. */
  estimated_seconds: number | null;
  /** Rises when the account said it was full: such a build is not tried again before. */
  not_before: string | null;
  /** Ends `timed_out` when it still waits then. */
  queue_deadline: string;
  compute: string;
  duration_ms: number | null;
  billed_minutes: number | null;
  /** Millionths of a dollar. */
  cost_micros: number | null;
  created_by: string;
  created_by_id: string;
  trace_id: string | null;
  created_at: string;
  updated_at: string;
  started_at: string | null;
  ended_at: string | null;
}
export interface BuildLogLinesTable {
  seq: number | undefined;
  build_id: string;
  ts: string;
  phase: string | null;
  stream: string;
  text: string;
}
export interface BuildReportsTable {
  build_id: string;
  position: number;
  /** JSON of a BuildReportView. */
  report: string;
}
export interface BuildArtifactsTable {
  seq: number | undefined;
  build_id: string;
  artifact: string;
  path: string;
  size_bytes: number;
}
export interface TeamWeightsTable {
  team: string;
  weight: number;
}
/** One process at a time starts and looks after the builds of one account and region. */
export interface BuildQueuesTable {
  account: string;
  region: string;
  owner: string | null;
  expires_at: string | null;
  /** Counts up with each claim: what an earlier owner writes is refused by it. */
  epoch: number;
  /** JSON of a FairState: what each team has had of the queue. */
  fair_state: string | null;
  /** Until `full_until` no more than this many run: the account said that it was full. */
  full_limit: number | null;
  full_until: string | null;
  /** Before it nobody looks for builds that were started in AWS; null: never looked yet. */
  elsewhere_look_at: string | null;
}
export interface CloudAccountsTable {
  id: string;
  name: string;
  description: string;
  kind: string;
  /** Sealed JSON of the credential; null for the built-in ones. */
  credential: string | null;
  /** JSON: what of it may be shown. */
  shown: string;
  regions: string;
  is_default: number;
  builtin: number;
  concurrent_builds: number | null;
  account_id: string | null;
  checked_at: string | null;
  created_at: string;
}
/** Image builds that the deployer asked for: the same key is the same build. */
export interface ImageBuildsTable {
  key: string;
  build_id: string;
  /** JSON of what was asked, without its password. */
  request: string;
  created_at: string;
}
/** What was asked in words or by name and waits for a yes: five minutes, one person, once. */
export interface AwsConfirmationsTable {
  /** Hash of the token that was handed out; of what was asked in words an id. */
  id: string;
  user_id: string;
  /** Of what the yes is bound to: operation, account, region and parameters; or the words. */
  bound_to: string;
  operation: string;
  /** Sealed JSON: account, region and parameters of what was asked in words; null where the caller says it all again. */
  request: string | null;
  used: number;
  expires_at: string;
  created_at: string;
}
export interface CodebuildSchema extends PlatformSchema {
  build_projects: BuildProjectsTable;
  webhook_deliveries: WebhookDeliveriesTable;
  builds: BuildsTable;
  build_log_lines: BuildLogLinesTable;
  build_reports: BuildReportsTable;
  build_artifacts: BuildArtifactsTable;
  team_weights: TeamWeightsTable;
  build_queues: BuildQueuesTable;
  cloud_accounts: CloudAccountsTable;
  image_builds: ImageBuildsTable;
  aws_confirmations: AwsConfirmationsTable;
}
