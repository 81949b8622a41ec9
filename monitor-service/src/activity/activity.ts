import type { ActionRecord, ActivityItem, MonitorLogEntry } from '@aws-deployer/platform/contracts/activity';
import { newId } from '@aws-deployer/platform/database/ids';
import { mask, maskText } from '@aws-deployer/platform/masking/mask';
import type { z } from 'zod';
import type { ActivityTable } from '../schema.js';

export type ActivityRow = ActivityTable;
/** A row before the database has numbered it. */
export type NewRow = Omit<ActivityRow, 'seq'>;
export interface NewActivity {
  readonly row: NewRow;
  /** The sender chose the `event_id`, so it may be on the books already; one of ours cannot. */
  readonly mayBeKnown: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An action of the relay; it is masked already. */
export const fromAction = (action: ActionRecord): NewActivity => ({
  mayBeKnown: true,
  row: {
    id: UUID.test(action.event_id) ? action.event_id : newId(),
    event_id: action.event_id,
    timestamp: new Date(action.timestamp).toISOString(),
    user_id: action.user_id.toWellFormed(),
    principal: action.user_id.toWellFormed(),
    service: action.service,
    endpoint: action.endpoint,
    action_type: action.action_type,
    target_type: action.target_type,
    target: clipped(action.target, 200),
    outcome: action.outcome,
    request_data: JSON.stringify(action.request_data ?? null),
    response_summary: clipped(action.response_summary, 10_000),
    ip_address: clipped(action.ip_address, 64),
    user_agent: clipped(action.user_agent, 500),
    trace_id: clipped(action.trace_id, 64),
    duration_ms: action.duration_ms === null ? null : Math.round(action.duration_ms),
  },
});

/** Who sends a log entry, and from where: fills what the entry does not say. */
export interface Sender {
  readonly principal: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly traceId: string | null;
}

/** An entry of `POST /monitor/log`: `user_id` stays as sent, secrets do not. */
export function fromLogEntry(entry: z.output<typeof MonitorLogEntry>, sender: Sender, timestamp: string): NewActivity {
  const id = newId();
  const row: NewRow = {
    id,
    event_id: entry.event_id ?? id,
    timestamp,
    user_id: entry.user_id.toWellFormed(),
    principal: sender.principal,
    service: entry.service.toWellFormed(),
    endpoint: maskText(entry.endpoint).toWellFormed(),
    action_type: entry.action_type.toWellFormed(),
    target_type: null,
    target: null,
    outcome: 'succeeded',
    request_data: JSON.stringify(mask(entry.request_data ?? null)),
    response_summary: entry.response_summary === undefined ? null : maskText(entry.response_summary).toWellFormed(),
    ip_address: clipped(entry.ip_address ?? sender.ip, 64),
    user_agent: clipped(entry.user_agent ?? sender.userAgent, 500),
    trace_id: sender.traceId,
    duration_ms: null,
  };
  return { row, mayBeKnown: entry.event_id !== undefined };
}

export const toActivityItem = (row: ActivityRow): ActivityItem => ({
  id: row.id,
  event_id: row.event_id,
  timestamp: row.timestamp,
  user_id: row.user_id,
  principal: row.principal,
  service: row.service,
  endpoint: row.endpoint,
  action_type: row.action_type,
  target_type: row.target_type,
  target: row.target,
  outcome: row.outcome as ActivityItem['outcome'],
  request_data: JSON.parse(row.request_data) as unknown,
  response_summary: row.response_summary,
  ip_address: row.ip_address,
  user_agent: row.user_agent,
  trace_id: row.trace_id,
  duration_ms: row.duration_ms,
});

/** A database would refuse or replace half a character that the cut leaves. */
const clipped = (value: string | null, length: number): string | null =>
  value === null ? null : value.slice(0, length).toWellFormed();
