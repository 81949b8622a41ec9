import type { PlatformSchema } from '@aws-deployer/platform/runtime/service';

/** The tables of history-service. The first two are insert and select only for the service's database user. */
export interface AuditLogTable {
  /** Counts up without gaps: a missing number is a removed row. Given by the chain, not by the database. */
  seq: number;
  event_id: string;
  timestamp: string;
  user_id: string;
  token_id: string | null;
  service: string;
  endpoint: string;
  action_type: string;
  target_type: string | null;
  target: string | null;
  outcome: string;
  /** Canonical JSON, as are `before_change` and `after_change` (`before` is a word of SQL). */
  request_data: string;
  before_change: string;
  after_change: string;
  response_summary: string | null;
  ip_address: string | null;
  user_agent: string | null;
  trace_id: string | null;
  duration_ms: number | null;
  previous_hash: string;
  hash: string;
  /** HMAC of `hash` under the service's key: who can write to the table can compute hashes, but not this. */
  seal: string;
  /** Lower-case words of the row, for `q`. Follows from the other fields. */
  search_text: string;
}
export interface AuditCheckpointsTable {
  seq: number;
  hash: string;
  created_at: string;
  signature: string;
}
export interface SavedEntriesTable {
  seq: number | undefined;
  id: string;
  user_id: string;
  query: string;
  output: string;
  timestamp: string;
}
export interface HistorySchema extends PlatformSchema {
  audit_log: AuditLogTable;
  audit_checkpoints: AuditCheckpointsTable;
  saved_entries: SavedEntriesTable;
}
