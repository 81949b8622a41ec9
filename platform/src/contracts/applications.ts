import { z } from 'zod';
import { DnsLabel, Id, Instant, PageQuery } from './wire.js';
import { DeploymentSource, DeploymentState, ProofSettings, Strategy, Workload } from './deployments.js';

export const CreateApplicationBody = z.strictObject({ name: DnsLabel, description: z.string().max(500).default('') });
export const UpdateApplicationBody = z.strictObject({ description: z.string().max(500) });
/** The last deployment of an application to one environment, and what runs there. */
export const ApplicationEnvironment = z.object({
  environment: z.string(),
  namespace: z.string(),
  url: z.string().nullable(),
  live_release_id: Id.nullable(),
  live_image: z.string().nullable(),
  live_commit: z.string().nullable(),
  last_deployment: z
    .object({
      id: Id,
      state: DeploymentState,
      state_reason: z.string(),
      failure: z.string().nullable().describe('What was wrong with it, where it failed and was put back'),
      created_by: z.string(),
      created_at: Instant,
      ended_at: Instant.nullable(),
    })
    .nullable(),
});
export const ApplicationView = z.object({
  id: Id,
  name: z.string(),
  description: z.string(),
  created_by: z.string(),
  created_at: Instant,
  updated_at: Instant,
  environments: z.array(ApplicationEnvironment),
});
export type ApplicationView = z.infer<typeof ApplicationView>;
export const ApplicationsQuery = PageQuery.extend({ q: z.string().max(100).optional() });

export const ReleaseView = ProofSettings.extend({
  id: Id,
  application: z.string(),
  environment: z.string(),
  namespace: z.string(),
  number: z.number().int().describe('Counts up per application and environment'),
  deployment_id: Id,
  source: DeploymentSource,
  commit: z.string().nullable(),
  image: z.string(),
  image_digest: z.string(),
  base_substituted: z.string().nullable(),
  manifest_hash: z.string(),
  workload: Workload,
  strategy: Strategy,
  status: z.enum(['pending', 'stable', 'failed']),
  live: z.boolean(),
  bad: z
    .object({ reason: z.string(), marked_by: z.string(), marked_at: Instant })
    .nullable()
    .describe('Marked by a person: not deployed again without consent'),
  bundle_removed_at: Instant.nullable().describe('Since when the retention keeps its row only: it cannot be restored'),
  created_by: z.string(),
  created_at: Instant,
});
export type ReleaseView = z.infer<typeof ReleaseView>;

export const MarkBadBody = z.strictObject({
  reason: z.string().trim().min(3, 'must say in a few words what is bad about it').max(500),
});

/**
 * Which releases of each application stay restorable. A bundle goes when every rule that is set lets it go; the live release and
 * the one that a rollback goes to stay whatever the rules. Neither rule: all stay.
 */
export const ReleaseRetention = z.strictObject({
  keep: z.number().int().min(1).max(10_000).nullable().default(null).describe('The newest so many stay'),
  days: z.number().int().min(1).max(36_500).nullable().default(null).describe('All younger than so many days stay'),
});
export type ReleaseRetention = z.infer<typeof ReleaseRetention>;

export const EnvironmentView = z.object({
  id: Id,
  name: z.string(),
  namespace: z.string(),
  monitor_seconds: z.number().int(),
  release_retention: ReleaseRetention,
  created_at: Instant,
});
export type EnvironmentView = z.infer<typeof EnvironmentView>;
const MonitorSeconds = z.number().int().min(0).max(86_400);
export const CreateEnvironmentBody = z.strictObject({
  name: DnsLabel,
  namespace: DnsLabel.optional(),
  monitor_seconds: MonitorSeconds.optional(),
  release_retention: ReleaseRetention.optional(),
});
/** What is left out stays. */
export const UpdateEnvironmentBody = z.strictObject({
  monitor_seconds: MonitorSeconds.optional(),
  release_retention: ReleaseRetention.optional(),
});

/** One line per engine: what was picked at start and why. `GET /api/v1/deployments/engines`. */
export const EngineView = z.object({
  port: z.enum(['builder', 'registry', 'cluster', 'runtime', 'aws', 'database']),
  picked: z.string(),
  why: z.string(),
  simulated: z.boolean(),
});
export type EngineView = z.infer<typeof EngineView>;
