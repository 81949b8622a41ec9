import type { Generated } from 'kysely';
import type { PlatformSchema } from '@aws-deployer/platform/runtime/service';

export interface ActivityTable {
  /** The row's number: the `id` of the live stream. */
  seq: number;
  id: string;
  event_id: string;
  timestamp: string;
  /** As sent. */
  user_id: string;
  /** Who sent it, as the platform knows them. */
  principal: string | null;
  service: string;
  endpoint: string;
  action_type: string;
  target_type: string | null;
  target: string | null;
  outcome: string;
  request_data: string;
  response_summary: string | null;
  ip_address: string | null;
  user_agent: string | null;
  trace_id: string | null;
  duration_ms: number | null;
}
export interface AlertTable {
  seq: Generated<number>;
  id: string;
  /** Alertmanager's: one for each set of labels. */
  fingerprint: string;
  /** Since when it fires; with the fingerprint it names one time of trouble. */
  timestamp: string;
  name: string;
  state: 'firing' | 'resolved';
  severity: string | null;
  service: string | null;
  namespace: string | null;
  summary: string | null;
  labels: string;
  annotations: string;
  source_url: string | null;
  updated_at: string;
  resolved_at: string | null;
}
export interface MonitorSchema extends PlatformSchema {
  activity: ActivityTable;
  alerts: AlertTable;
}
