import { z } from 'zod';
import { DnsLabel, Id, ImageTag } from './wire.js';

/** The mission's own paths under `/deployer-api`, with its own bodies. */
export const DockerLoginBody = z.strictObject({
  docker_user: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/, 'must be a Docker Hub user name: letters, digits, dots, hyphens'),
  docker_token: z.string().min(1).max(5000),
});
export const DockerLoginView = z.object({ success: z.literal(true), user: z.string(), verified: z.boolean() });
export const DockerLogoutView = z.object({ success: z.literal(true) });
export const ValidateBody = z.strictObject({
  code: z.string().min(1).max(500_000),
  app_name: z.string().min(1).max(63),
});
export const ValidateView = z.object({
  success: z.boolean(),
  valid: z.boolean(),
  app_name: z.string(),
  language: z.enum(['python', 'node', 'static']).nullable(),
  errors: z.array(z.string()),
  warnings: z.array(z.string()),
  reason: z.string().optional(),
});
export const MissionDeployRepoBody = z.strictObject({
  repo_url: z.string().min(1).max(2000),
  image_name: DnsLabel,
  tag: ImageTag.default('latest'),
  namespace: DnsLabel.optional(),
});
export const MissionDeployCodeBody = z.strictObject({
  app_name: DnsLabel,
  code: z.string().min(1).max(500_000),
  k8s_kind: z.enum(['Deployment', 'ReplicaSet']).default('Deployment'),
  replicas: z.number().int().min(0).max(500).default(1),
  service_type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).default('ClusterIP'),
  container_port: z.number().int().min(1).max(65_535).optional(),
  namespace: DnsLabel.optional(),
});
export const MissionDeployBody = z.union([MissionDeployRepoBody, MissionDeployCodeBody]);
/** 202 without `?wait=true`. */
export const MissionAcceptedView = z.object({
  success: z.literal(true),
  deployment_id: Id,
  status_url: z.string(),
  events_url: z.string(),
});
/** 200 with `?wait=true`, when the deployment has ended. */
export const MissionEndedView = z.object({
  success: z.boolean(),
  deployment_id: Id,
  image: z.string().nullable(),
  logs: z.string(),
  manifest: z.string(),
  service_url_hint: z.string().nullable(),
  error: z.string().optional(),
});
