/** The tables of infra-oneclick. Instants are RFC 3339 UTC strings, flags 0/1, JSON is text. Secrets only sealed. */
import type { PlatformSchema } from '@aws-deployer/platform/runtime/service';

export interface InfraEnvironmentsTable {
  id: string;
  name: string;
  description: string;
  module: string;
  /** JSON: variables that are no secret, by name. */
  variables: string;
  /** Sealed JSON of the others. */
  secret_variables: string;
  /** JSON: the names of the sealed ones. */
  secret_names: string;
  account: string | null;
  region: string | null;
  /** JSON: settings of the backend. */
  backend: string;
  drift_minutes: number | null;
  drift_status: string;
  drift_checked_at: string | null;
  drift_run: string | null;
  drift_changes: number;
  /** Since when each look found drift; null: the last one found none. */
  drift_since: string | null;
  drift_next_at: string | null;
  status: string;
  current_version: number | null;
  version_count: number;
  /** Counts up with each change and each apply: a plan of an earlier one is stale. */
  generation: number;
  /** The run that has the environment; one at a time. */
  active_run: string | null;
  created_by: string;
  created_at: string;
  updated_at: string;
}
export interface InfraRunsTable {
  id: string;
  environment_id: string;
  environment: string;
  kind: string;
  status: string;
  phase: string | null;
  reason: string;
  from_version: number | null;
  plan_run: string | null;
  /** The environment's generation that the plan was made of. */
  generation: number;
  module: string;
  module_hash: string | null;
  variables: string;
  secret_variables: string;
  secret_names: string;
  account: string | null;
  region: string | null;
  backend: string;
  plan_hash: string | null;
  plan_expires_at: string | null;
  applied_by: string | null;
  summary: string | null;
  cost: string | null;
  /** JSON: of a destroy plan what is swept with it, of its apply what became of each. */
  sweep: string | null;
  /** JSON: what a destroy has left; null: not looked for. */
  orphans: string | null;
  failure: string | null;
  state_lock: string | null;
  done: number;
  failed: number;
  made_version: number | null;
  cancel_requested: number;
  /** The command whose output is being read, and how many bytes of it are in the events. */
  step: string | null;
  step_offset: number;
  lease_owner: string | null;
  lease_expires_at: string | null;
  /** Counts up with each write: the guard of compare and set. */
  version: number;
  created_by: string;
  created_by_id: string;
  trace_id: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
}
export interface InfraRunEventsTable {
  seq: number | undefined;
  run_id: string;
  type: string;
  /** JSON. */
  data: string;
}
/** What each apply left: enough to plan it again. */
export interface InfraVersionsTable {
  environment_id: string;
  number: number;
  run_id: string;
  module: string;
  module_hash: string;
  variables: string;
  secret_variables: string;
  secret_names: string;
  state_serial: number | null;
  destroyed: number;
  created_by: string;
  created_at: string;
}
export interface InfraSchema extends PlatformSchema {
  infra_environments: InfraEnvironmentsTable;
  infra_runs: InfraRunsTable;
  infra_run_events: InfraRunEventsTable;
  infra_versions: InfraVersionsTable;
}
