/** What would go wrong, and what would change: `POST /deployments/preflight`, `GET /deployments/{id}/preflight`, `GET …/{id}/diff`. */
import { z } from 'zod';
import { Instant } from './wire.js';

/** `unknown`: it could not be told (no right to read it, no answer in time); it stops nothing. */
export const CheckState = z.enum(['ok', 'warn', 'fail', 'unknown']);
export type CheckState = z.infer<typeof CheckState>;

export const CheckView = z.object({
  name: z.string().describe('What was looked at: request, namespace, ownership, dry_run, admission, quota, image, …'),
  state: CheckState,
  code: z.string().describe('Of the verdicts’ vocabulary: quota_exceeded, image_not_found, …; none where all is well'),
  fault: z.enum(['release', 'platform', 'transient', 'unknown', 'none']),
  object: z.string().nullable().describe('The object, or the field of the request'),
  message: z.string(),
  mend: z.string().describe('Empty where there is nothing to do'),
  evidence: z.array(z.string()),
});
export type CheckView = z.infer<typeof CheckView>;

export const FieldChange = z.object({
  path: z.string().describe('spec.template.spec.containers[web].image'),
  change: z.enum(['added', 'changed', 'removed']),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  note: z.string().optional().describe('Why the platform changes this by itself'),
});
export type FieldChange = z.infer<typeof FieldChange>;

export const ObjectDiff = z.object({
  kind: z.string(),
  name: z.string(),
  namespace: z.string().nullable(),
  change: z.enum(['created', 'changed', 'unchanged', 'recreated']),
  fields: z.array(FieldChange),
});
export type ObjectDiff = z.infer<typeof ObjectDiff>;

export const DiffView = z.object({
  at: Instant.describe('When the cluster was looked at'),
  basis: z
    .enum(['before_build', 'rollout', 'live'])
    .describe('before_build: the image is not known yet; rollout: just before it was applied; live: now'),
  objects: z.array(ObjectDiff),
});
export type DiffView = z.infer<typeof DiffView>;

export const PreflightView = z.object({
  ok: z.boolean().describe('No check failed'),
  checks: z.array(CheckView),
  diff: DiffView.nullable(),
  duration_ms: z.number().int(),
});
export type PreflightView = z.infer<typeof PreflightView>;
