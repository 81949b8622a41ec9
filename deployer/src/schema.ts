/** The tables of the deployer. Instants are RFC 3339 UTC strings, flags 0/1, JSON is text. Secrets only sealed. */
import type { PlatformSchema } from '@aws-deployer/platform/runtime/service';

export interface ApplicationsTable {
  id: string;
  name: string;
  description: string;
  created_by: string;
  created_at: string;
  updated_at: string;
}
export interface EnvironmentsTable {
  id: string;
  name: string;
  namespace: string;
  monitor_seconds: number;
  /** Rules of the retention of releases; null: no such rule. */
  keep_releases: number | null;
  keep_release_days: number | null;
  created_at: string;
}
export interface ReleasesTable {
  id: string;
  application_id: string;
  environment: string;
  namespace: string;
  /** Counts up per application and environment. */
  number: number;
  deployment_id: string;
  /** The whole request as it was settled: source, workload, strategy, tests. */
  spec: string;
  commit_id: string | null;
  image: string;
  image_digest: string;
  image_runtime: string;
  base_substituted: string | null;
  /** Canonical JSON: what is hashed, and applied again byte for byte by a rollback. */
  manifests: string;
  manifest_hash: string;
  /** `[{name, id, version}]`: the values are sealed under `secret_versions`. */
  secrets: string;
  /** Which credential pulls the image; null: none is needed. */
  pull_account: string | null;
  status: string;
  live: number;
  /** Why a person marked it bad; null: nobody did. */
  bad_reason: string | null;
  bad_by: string | null;
  bad_at: string | null;
  /** Since when only its row is kept; null: it can be restored. */
  bundle_removed_at: string | null;
  created_by: string;
  created_at: string;
}
export interface DeploymentsTable {
  id: string;
  application_id: string;
  application: string;
  environment: string;
  namespace: string;
  /** First come, first served among those of one application. */
  queue_number: number;
  state: string;
  reason: string;
  failed_state: string | null;
  version: number;
  lease_owner: string | null;
  lease_expires_at: string | null;
  spec: string;
  release_id: string | null;
  rollback_of: string | null;
  commit_id: string | null;
  builder: string | null;
  image: string | null;
  image_digest: string | null;
  image_runtime: string | null;
  base_substituted: string | null;
  /** Of codebuild-service, where that built the image. */
  build_id: string | null;
  /** JSON: what the gates of that build said. */
  gates: string | null;
  /** JSON: what the preflight warned of. */
  warnings: string | null;
  /** JSON: hashes of the pod templates that its rollout found and brings. */
  own_template: string | null;
  exposed_port: number | null;
  image_user: string | null;
  url: string | null;
  verdict: string | null;
  requests: number;
  failed_requests: number;
  longest_gap_ms: number;
  cancel_requested: number;
  created_by: string;
  /** The user's id: whose registry login pushes and pulls. */
  created_by_id: string;
  trace_id: string | null;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
}
/** What was known of a deployment before it changed anything. */
export interface DeploymentPreflightsTable {
  deployment_id: string;
  /** JSON: the checks. */
  report: string;
  /** JSON: what it changes; null while that is not known. */
  diff: string | null;
  /** JSON: objects of others as they were before they were taken over. */
  adopted: string | null;
  created_at: string;
}
export interface DeploymentStagesTable {
  deployment_id: string;
  name: string;
  outcome: string | null;
  started_at: string;
  ended_at: string | null;
}
export interface DeploymentEventsTable {
  seq: number | undefined;
  deployment_id: string;
  /** `state`, `stage`, `verdict`, `end`. */
  type: string;
  payload: string;
  created_at: string;
}
/** The pods as they were seen last: replaced in place, so that any replica can show them. */
export interface DeploymentPodsTable {
  deployment_id: string;
  pods: string;
  revision: number;
  updated_at: string;
}
export interface DeploymentLogsTable {
  seq: number | undefined;
  deployment_id: string;
  ts: string;
  stage: string | null;
  stream: string;
  text: string;
}
export interface RegistriesTable {
  id: string;
  name: string;
  url: string;
  username: string | null;
  /** Sealed. */
  password: string | null;
  is_default: number;
  embedded: number;
  created_at: string;
}
export interface SecretsTable {
  id: string;
  name: string;
  /** Empty: for every environment. */
  environment: string;
  type: string;
  keys: string;
  version: number;
  created_by: string;
  created_at: string;
  updated_at: string;
}
export interface SecretVersionsTable {
  secret_id: string;
  version: number;
  sealed: string;
  created_at: string;
}
/** Of `POST /deployer-api/docker-login`: one per user. */
export interface DockerLoginsTable {
  user_id: string;
  docker_user: string;
  sealed: string;
  verified: number;
  created_at: string;
}
export interface DeployerSchema extends PlatformSchema {
  applications: ApplicationsTable;
  environments: EnvironmentsTable;
  releases: ReleasesTable;
  deployments: DeploymentsTable;
  deployment_preflights: DeploymentPreflightsTable;
  deployment_stages: DeploymentStagesTable;
  deployment_events: DeploymentEventsTable;
  deployment_pods: DeploymentPodsTable;
  deployment_logs: DeploymentLogsTable;
  registries: RegistriesTable;
  secrets: SecretsTable;
  secret_versions: SecretVersionsTable;
  docker_logins: DockerLoginsTable;
}
