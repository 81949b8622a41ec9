import { z } from 'zod';
import { Id, Instant, PageQuery } from './wire.js';

/** How an action ended. */
export const ActionOutcome = z.enum(['succeeded', 'failed', 'denied']);
export type ActionOutcome = z.infer<typeof ActionOutcome>;

/** One action of a person, a token or the platform itself. The wire of `GET /api/v1/activity`. */
export const ActivityItem = z.object({
  id: Id,
  event_id: z.string(),
  timestamp: Instant,
  user_id: z.string(),
  /** Who sent it, as the platform knows them; `user_id` of `POST /monitor/log` is what the sender says. */
  principal: z.string().nullable().optional(),
  service: z.string(),
  endpoint: z.string(),
  action_type: z.string(),
  target_type: z.string().nullable(),
  target: z.string().nullable(),
  outcome: ActionOutcome,
  request_data: z.unknown(),
  response_summary: z.string().nullable(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  trace_id: z.string().nullable(),
  duration_ms: z.number().nullable(),
});
export type ActivityItem = z.infer<typeof ActivityItem>;

export const ActivityQuery = PageQuery.extend({
  q: z.string().max(200).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  id: z.string().max(64).optional(),
  event_id: z.string().max(100).optional(),
  user_id: z.string().max(100).optional(),
  service: z.string().max(100).optional(),
  endpoint: z.string().max(300).optional(),
  action_type: z.string().max(100).optional(),
  target_type: z.string().max(100).optional(),
  target: z.string().max(200).optional(),
  outcome: ActionOutcome.optional(),
  ip_address: z.string().max(64).optional(),
  user_agent: z.string().max(300).optional(),
  trace_id: z.string().max(64).optional(),
});
export type ActivityQuery = z.infer<typeof ActivityQuery>;

/** The mission's body of `POST /monitor/log`, one object or an array of up to 1,000. */
export const MonitorLogEntry = z.strictObject({
  /** Without spaces around it: MySQL takes `a` and `a ` for the same key. */
  event_id: z.string().trim().min(1).max(100).optional(),
  user_id: z.string().min(1).max(100),
  service: z.string().min(1).max(100),
  endpoint: z.string().min(1).max(300),
  action_type: z.string().min(1).max(100),
  request_data: z.unknown().optional(),
  response_summary: z.string().max(4000).optional(),
  ip_address: z.string().max(64).optional(),
  user_agent: z.string().max(500).optional(),
});
export const MonitorLogBody = z.union([MonitorLogEntry, z.array(MonitorLogEntry).min(1).max(1000)]);
export const MonitorLogView = z.object({
  success: z.literal(true),
  accepted: z.number().int(),
  duplicates: z.number().int(),
  ids: z.array(z.string()),
});

/** What the relay of every outbox sends to monitor-service and history-service (`POST /internal/v1/{monitor,history}/actions`, at most 500). */
export const ActionRecord = z.object({
  event_id: z.string().max(100),
  timestamp: Instant,
  user_id: z.string().max(100),
  token_id: z.string().max(64).nullable(),
  service: z.string().max(100),
  endpoint: z.string().max(300),
  action_type: z.string().max(100),
  target_type: z.string().max(100).nullable(),
  target: z.string().max(200).nullable(),
  outcome: ActionOutcome,
  /** Already masked. `before`/`after` hold the changed fields only. */
  request_data: z.unknown(),
  before: z.unknown(),
  after: z.unknown(),
  response_summary: z.string().nullable(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  trace_id: z.string().nullable(),
  duration_ms: z.number().nullable(),
});
export type ActionRecord = z.infer<typeof ActionRecord>;
export const ActionBatchBody = z.strictObject({ actions: z.array(ActionRecord).min(1).max(500) });
export const ActionBatchView = z.object({ accepted: z.number().int(), duplicates: z.number().int() });

/** `GET /api/v1/services`: the health of every service as monitor-service sees it. */
export const ServiceView = z.object({
  name: z.string(),
  url: z.string(),
  state: z.enum(['up', 'degraded', 'down', 'unknown']),
  detail: z.string(),
  latency_ms: z.number().nullable(),
  checked_at: Instant.nullable(),
});
export type ServiceView = z.infer<typeof ServiceView>;
