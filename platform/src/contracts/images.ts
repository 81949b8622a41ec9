import { z } from 'zod';
import { Instant, PageQuery } from './wire.js';

/**
 * Images in ECR. `account` and `region` absent: the default account, its first region. Names of repositories hold slashes,
 * which proxies take apart in a path: they are always a field or a query parameter, `repository`.
 */
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
  in_use: z
    .array(z.string())
    .nullable()
    .describe('application/environment of the releases that run it; null: the deployer could not be asked'),
});
export type ImageView = z.infer<typeof ImageView>;
export const ScanFindingView = z.object({
  name: z.string(),
  severity: z.string(),
  package: z.string().nullable(),
  description: z.string().nullable(),
  uri: z.string().nullable(),
});
export type ScanFindingView = z.infer<typeof ScanFindingView>;
const cursor = z.string().max(5000).optional();
/** `GET /api/v1/images`: the newest first. */
export const ImagesQuery = PageQuery.extend({
  ...ImagePlace,
  cursor,
  repository: RepositoryName,
  tagged: z.stringbool().optional(),
});
/** `GET /api/v1/images/repositories` */
export const RepositoriesQuery = PageQuery.extend({ ...ImagePlace, cursor, q: z.string().max(256).optional() });
/** `GET /api/v1/images/repository` and `…/lifecycle` */
export const RepositoryQuery = z.strictObject({ ...ImagePlace, repository: RepositoryName });
/** `DELETE /api/v1/images/repository` */
export const DeleteRepositoryQuery = RepositoryQuery.extend({
  force: z.stringbool().default(false).describe('Also with the images in it, when nothing of them runs'),
});
const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');
/** `GET /api/v1/images/findings` */
export const FindingsQuery = RepositoryQuery.extend({ digest: Digest });
export const FindingsView = z.object({
  repository: z.string(),
  digest: z.string(),
  status: z.string().nullable().describe('null: the image was never scanned'),
  description: z.string().nullable(),
  completed_at: Instant.nullable(),
  by_severity: z.record(z.string(), z.number().int()),
  findings: z.array(ScanFindingView).describe('The gravest first, at most 1,000'),
});
export type FindingsView = z.infer<typeof FindingsView>;
/** `POST /api/v1/images/scan` */
export const StartScanBody = z.strictObject({ ...ImagePlace, repository: RepositoryName, digest: Digest });
export const StartedScanView = z.object({ repository: z.string(), digest: z.string(), status: z.string() });
export type StartedScanView = z.infer<typeof StartedScanView>;
export const CreateRepositoryBody = z.strictObject({
  name: RepositoryName,
  ...ImagePlace,
  scan_on_push: z.boolean().default(true),
  immutable_tags: z.boolean().default(false),
});
/** Exactly one of `keep_last` and `older_than_days`; `tagged` names the prefixes, the others have none. */
export const LifecycleRule = z.strictObject({
  description: z.string().max(255).default(''),
  tags: z.enum(['tagged', 'untagged', 'any']),
  tag_prefixes: z.array(z.string().min(1).max(128)).max(100).default([]),
  keep_last: z.number().int().min(1).max(100_000).optional().describe('Keep so many of the newest'),
  older_than_days: z.number().int().min(1).max(36_500).optional().describe('Remove what was pushed before'),
});
export type LifecycleRule = z.infer<typeof LifecycleRule>;
/** `PUT /api/v1/images/lifecycle`: the rules replace those that have this shape; others are kept. */
export const LifecyclePolicyBody = z.strictObject({
  ...ImagePlace,
  repository: RepositoryName,
  rules: z.array(LifecycleRule).max(50),
});
export const LifecyclePolicyView = z.object({
  rules: z.array(LifecycleRule),
  other_rules: z.array(z.string()).describe('Rules that have another shape, as AWS writes them'),
  text: z.string().nullable().describe('The whole policy as AWS keeps it; null: there is none'),
});
export type LifecyclePolicyView = z.infer<typeof LifecyclePolicyView>;
/** `POST /api/v1/images/delete` */
export const DeleteImagesBody = z.strictObject({
  ...ImagePlace,
  repository: RepositoryName,
  digests: z.array(Digest).min(1).max(100),
});
export const DeletedImagesView = z.object({
  deleted: z.array(z.string()),
  kept: z.array(z.object({ digest: z.string(), reason: z.string() })),
});
export type DeletedImagesView = z.infer<typeof DeletedImagesView>;
/** Internal, of the deployer: what runs, or is being rolled out. */
export const LiveImagesView = z.object({
  items: z.array(z.object({ digest: z.string(), application: z.string(), environment: z.string() })),
});
export type LiveImagesView = z.infer<typeof LiveImagesView>;
/** Internal: `push` makes the repository when it is not there. */
export const RegistryTokenBody = z.strictObject({
  host: z
    .string()
    .regex(/^\d{12}\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/, 'must be the host of an ECR registry'),
  repository: RepositoryName.optional(),
  push: z.boolean().default(false),
});
/** Internal, for the deployer: which credential pushes to or pulls from an ECR host, and until when. */
export const RegistryTokenView = z.object({
  host: z.string(),
  username: z.string(),
  password: z.string(),
  expires_at: Instant,
});
export type RegistryTokenView = z.infer<typeof RegistryTokenView>;
