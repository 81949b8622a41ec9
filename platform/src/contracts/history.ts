import { z } from 'zod';
import { ActionOutcome, ActionRecord } from './activity.js';
import { Id, Instant, PageQuery } from './wire.js';

/** The mission's `POST /history/save` and `GET /history/list`. */
export const SaveHistoryBody = z.strictObject({
  query: z.string().min(1).max(10_000),
  output: z.string().max(1_000_000),
});
export const HistoryEntry = z.object({ id: Id, query: z.string(), output: z.string(), timestamp: Instant });
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** One link of the audit chain: an action, its place and its hash, which covers `previous_hash` and every other field. */
export const AuditItem = z.object({
  seq: z.number().int(),
  ...ActionRecord.shape,
  previous_hash: z.string(),
  hash: z.string(),
});
export type AuditItem = z.infer<typeof AuditItem>;

export const HistoryQuery = PageQuery.extend({
  q: z.string().max(200).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  event_id: z.string().max(100).optional(),
  user_id: z.string().max(100).optional(),
  service: z.string().max(100).optional(),
  action_type: z.string().max(100).optional(),
  target_type: z.string().max(100).optional(),
  target: z.string().max(200).optional(),
  outcome: ActionOutcome.optional(),
  ip_address: z.string().max(64).optional(),
  trace_id: z.string().max(64).optional(),
});
export type HistoryQuery = z.infer<typeof HistoryQuery>;

export const VerifyView = z.object({
  valid: z.boolean(),
  checked: z.number().int(),
  first_broken: z
    .object({
      seq: z.number().int(),
      event_id: z.string().nullable(),
      kind: z.enum(['changed', 'removed', 'inserted', 'checkpoint']),
    })
    .nullable(),
});
export type VerifyView = z.infer<typeof VerifyView>;
