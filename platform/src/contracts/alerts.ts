import { z } from 'zod';
import { Id, Instant, PageQuery } from './wire.js';

const Words = z.record(z.string(), z.string());

/**
 * What Alertmanager posts to a webhook (its version 4): the alerts of one group, each as it is now. A firing one has no end
 * yet (`endsAt` lies in the year 1, or ahead). https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export const AlertmanagerAlert = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: Words,
  annotations: Words.default({}),
  startsAt: Instant,
  endsAt: Instant,
  generatorURL: z.string().default(''),
  fingerprint: z.string().min(1).max(64),
});
export type AlertmanagerAlert = z.infer<typeof AlertmanagerAlert>;
export const AlertmanagerBody = z.object({ version: z.literal('4'), alerts: z.array(AlertmanagerAlert).max(5_000) });
/** How many of them were new, changed, or known as they are. */
export const AlertmanagerView = z.object({
  opened: z.number().int(),
  updated: z.number().int(),
  resolved: z.number().int(),
  unchanged: z.number().int(),
});
export type AlertmanagerView = z.infer<typeof AlertmanagerView>;

/** One time of trouble: from when a rule began to fire for one set of labels until it stopped. */
export const AlertView = z.object({
  id: Id,
  fingerprint: z.string(),
  name: z.string(),
  state: z.enum(['firing', 'resolved']),
  severity: z.string().nullable(),
  service: z.string().nullable(),
  namespace: z.string().nullable(),
  summary: z.string().nullable(),
  labels: Words,
  annotations: Words,
  /** The expression in Prometheus. */
  source_url: z.string().nullable(),
  started_at: Instant,
  updated_at: Instant,
  resolved_at: Instant.nullable(),
});
export type AlertView = z.infer<typeof AlertView>;

export const AlertQuery = PageQuery.extend({
  state: z.enum(['firing', 'resolved']).optional(),
  name: z.string().max(200).optional(),
  severity: z.string().max(100).optional(),
  service: z.string().max(200).optional(),
  namespace: z.string().max(200).optional(),
  from: Instant.optional(),
  to: Instant.optional(),
});
export type AlertQuery = z.infer<typeof AlertQuery>;
