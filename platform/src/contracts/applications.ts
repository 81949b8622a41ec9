import { z } from 'zod';
import { DnsLabel, Id, Instant, PageQuery } from './wire.js';
import { DeploymentSource, DeploymentState, Strategy, Workload } from './deployments.js';

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

export const ReleaseView = z.object({
  id: Id,
  application: z.string(),
  environment: z.string(),
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
  created_by: z.string(),
  created_at: Instant,
});
export type ReleaseView = z.infer<typeof ReleaseView>;

export const EnvironmentView = z.object({
  id: Id,
  name: z.string(),
  namespace: z.string(),
  monitor_seconds: z.number().int(),
  created_at: Instant,
});
export type EnvironmentView = z.infer<typeof EnvironmentView>;
export const CreateEnvironmentBody = z.strictObject({
  name: DnsLabel,
  namespace: DnsLabel.optional(),
  monitor_seconds: z.number().int().min(0).max(86_400).optional(),
});
export const UpdateEnvironmentBody = z.strictObject({ monitor_seconds: z.number().int().min(0).max(86_400) });

/** One line per engine: what was picked at start and why. `GET /api/v1/deployments/engines`. */
export const EngineView = z.object({
  port: z.enum(['builder', 'registry', 'cluster', 'runtime', 'aws', 'database']),
  picked: z.string(),
  why: z.string(),
  simulated: z.boolean(),
});
export type EngineView = z.infer<typeof EngineView>;
