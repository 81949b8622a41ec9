import { z } from 'zod';
import { Instant, PageQuery } from './wire.js';

/** Images in ECR. `account` and `region` absent: the default account, its first region. */
export const ImagePlace = { account: z.string().max(63).optional(), region: z.string().max(30).optional() };
export const RepositoryName = z
  .string()
  .regex(
    /^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$/,
    'must be an ECR repository name: lower case, digits, . _ - and /',
  )
  .min(2)
  .max(256);
export const ImageRepositoryView = z.object({
  name: z.string(),
  uri: z.string(),
  arn: z.string(),
  account: z.string(),
  region: z.string(),
  tag_mutability: z.string(),
  scan_on_push: z.boolean(),
  encryption: z.string(),
  created_at: Instant.nullable(),
  aws_console_url: z.string(),
});
export type ImageRepositoryView = z.infer<typeof ImageRepositoryView>;
export const ImageView = z.object({
  repository: z.string(),
  digest: z.string(),
  tags: z.array(z.string()),
  size_bytes: z.number().int().nullable(),
  pushed_at: Instant.nullable(),
  last_pulled_at: Instant.nullable(),
  media_type: z.string().nullable(),
  scan_status: z.string().nullable(),
  findings: z.record(z.string(), z.number().int()).nullable().describe('By severity'),
  in_use: z.array(z.string()).describe('application/environment of the live releases that run it'),
});
export type ImageView = z.infer<typeof ImageView>;
export const ScanFindingView = z.object({
  name: z.string(),
  severity: z.string(),
  package: z.string().nullable(),
  description: z.string().nullable(),
  uri: z.string().nullable(),
});
export const ImagesQuery = PageQuery.extend({ ...ImagePlace, tagged: z.stringbool().optional() });
export const RepositoriesQuery = PageQuery.extend({ ...ImagePlace, q: z.string().max(256).optional() });
export const CreateRepositoryBody = z.strictObject({
  name: RepositoryName,
  ...ImagePlace,
  scan_on_push: z.boolean().default(true),
  immutable_tags: z.boolean().default(false),
});
export const LifecycleRule = z.strictObject({
  description: z.string().max(255).default(''),
  tags: z.enum(['tagged', 'untagged', 'any']),
  tag_prefixes: z.array(z.string().min(1).max(128)).max(100).default([]),
  keep_last: z.number().int().min(1).max(100_000).optional().describe('Keep so many of the newest'),
  older_than_days: z.number().int().min(1).max(36_500).optional().describe('Remove what was pushed before'),
});
export const LifecyclePolicyBody = z.strictObject({ ...ImagePlace, rules: z.array(LifecycleRule).max(50) });
export const LifecyclePolicyView = z.object({
  rules: z.array(LifecycleRule),
  text: z.string().nullable().describe('As AWS keeps it'),
});
export const DeleteImagesBody = z.strictObject({
  ...ImagePlace,
  digests: z
    .array(z.string().regex(/^sha256:[0-9a-f]{64}$/))
    .min(1)
    .max(100),
});
export const DeletedImagesView = z.object({
  deleted: z.array(z.string()),
  kept: z.array(z.object({ digest: z.string(), reason: z.string() })),
});
/** Internal, for the deployer: which credential pushes to or pulls from an ECR host, and until when. */
export const RegistryTokenView = z.object({
  host: z.string(),
  username: z.string(),
  password: z.string(),
  expires_at: Instant,
});
