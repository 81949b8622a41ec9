import { z } from 'zod';
import { DnsLabel, Id, Instant, PageQuery } from './wire.js';

/**
 * Build projects: what is built, with which steps, in what environment. The words are those of AWS CodeBuild. A project's
 * parts are only ever read together, so its wire stands in one file.
 */
export const ProjectName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{1,149}$/,
    'must be 2 to 150 letters, digits, hyphens and underscores, and begin with a letter or a digit',
  );

export const PROJECT_SOURCE_TYPES = [
  'github',
  'github_enterprise',
  'gitlab',
  'bitbucket',
  'codecommit',
  's3',
  'git',
  'none',
] as const;
/** `git`: any other Git server or a `file://` repository; only the local runner takes it. */
export const ProjectSource = z.strictObject({
  type: z.enum(PROJECT_SOURCE_TYPES),
  location: z
    .string()
    .min(1)
    .max(2000)
    .optional()
    .describe('Repository URL, or bucket/path/object.zip for s3; absent for none'),
  version: z
    .string()
    .min(1)
    .max(250)
    .optional()
    .describe('Branch, tag, commit or S3 version that is built unless a build says another'),
  clone_depth: z.number().int().min(0).max(1000).default(1).describe('0: the whole history'),
  submodules: z.boolean().default(false),
  credential: z
    .string()
    .max(500)
    .optional()
    .describe('ARN of the CodeConnections connection or Secrets Manager secret that CodeBuild signs in with'),
});
export type ProjectSource = z.infer<typeof ProjectSource>;

export const BUILDSPEC_TEMPLATES = ['node', 'python', 'java', 'docker'] as const;
/** `template` is resolved when the project is saved and shown as `inline` from then on. */
export const ProjectBuildspec = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('inline'), text: z.string().min(1).max(100_000) }),
  z.strictObject({
    type: z.literal('file'),
    path: z.string().min(1).max(500).default('buildspec.yml').describe('Inside the source'),
  }),
  z.strictObject({ type: z.literal('template'), template: z.enum(BUILDSPEC_TEMPLATES) }),
]);
export type ProjectBuildspec = z.infer<typeof ProjectBuildspec>;

export const ENVIRONMENT_TYPES = [
  'LINUX_CONTAINER',
  'LINUX_GPU_CONTAINER',
  'ARM_CONTAINER',
  'WINDOWS_SERVER_2019_CONTAINER',
  'WINDOWS_SERVER_2022_CONTAINER',
  'LINUX_LAMBDA_CONTAINER',
  'ARM_LAMBDA_CONTAINER',
] as const;
export const COMPUTE_TYPES = [
  'BUILD_GENERAL1_SMALL',
  'BUILD_GENERAL1_MEDIUM',
  'BUILD_GENERAL1_LARGE',
  'BUILD_GENERAL1_XLARGE',
  'BUILD_GENERAL1_2XLARGE',
  'BUILD_LAMBDA_1GB',
  'BUILD_LAMBDA_2GB',
  'BUILD_LAMBDA_4GB',
  'BUILD_LAMBDA_8GB',
  'BUILD_LAMBDA_10GB',
] as const;
export const BuildVariable = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and underscores, and not begin with a digit')
    .max(200),
  value: z
    .string()
    .max(25_000)
    .describe('The value; or the name of the parameter, or secret-id[:json-key[:stage[:version]]]'),
  type: z.enum(['PLAINTEXT', 'PARAMETER_STORE', 'SECRETS_MANAGER']).default('PLAINTEXT'),
});
export type BuildVariable = z.infer<typeof BuildVariable>;
export const BuildEnvironment = z.strictObject({
  image: z.string().min(1).max(500).default('aws/codebuild/standard:7.0'),
  type: z.enum(ENVIRONMENT_TYPES).default('LINUX_CONTAINER'),
  compute: z.enum(COMPUTE_TYPES).default('BUILD_GENERAL1_SMALL'),
  privileged: z.boolean().default(false).describe('Lets the build use Docker itself'),
  variables: z.array(BuildVariable).max(200).default([]),
});
export type BuildEnvironment = z.infer<typeof BuildEnvironment>;

export const ProjectArtifacts = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('s3'),
    bucket: z
      .string()
      .min(3)
      .max(63)
      .describe('The local runner keeps artifacts in its own store and ignores the name'),
    path: z.string().max(500).default(''),
    name: z.string().max(250).optional(),
    packaging: z.enum(['none', 'zip']).default('none'),
    namespace: z.enum(['none', 'build_id']).default('build_id'),
    encryption: z.boolean().default(true),
  }),
]);
export type ProjectArtifacts = z.infer<typeof ProjectArtifacts>;
export const ProjectCache = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('local'),
    modes: z
      .array(z.enum(['source', 'docker_layer', 'custom']))
      .min(1)
      .max(3)
      .default(['custom']),
  }),
  z.strictObject({ type: z.literal('s3'), location: z.string().min(3).max(500).describe('bucket/prefix') }),
]);
export type ProjectCache = z.infer<typeof ProjectCache>;
export const ProjectVpc = z.strictObject({
  vpc_id: z.string().regex(/^vpc-[0-9a-z]+$/, 'must be a VPC id such as vpc-0a1b2c3d'),
  subnets: z
    .array(z.string().regex(/^subnet-[0-9a-z]+$/))
    .min(1)
    .max(16),
  security_group_ids: z
    .array(z.string().regex(/^sg-[0-9a-z]+$/))
    .min(1)
    .max(5),
});
export const ProjectLogs = z.strictObject({
  cloudwatch: z
    .strictObject({
      enabled: z.boolean().default(true),
      group: z.string().max(500).optional(),
      stream_prefix: z.string().max(500).optional(),
    })
    .prefault({}),
  s3: z
    .strictObject({
      enabled: z.boolean().default(false),
      location: z.string().max(500).optional().describe('bucket/prefix'),
    })
    .prefault({}),
});

export const WebhookFilter = z.strictObject({
  type: z.enum([
    'EVENT',
    'BASE_REF',
    'HEAD_REF',
    'ACTOR_ACCOUNT_ID',
    'FILE_PATH',
    'COMMIT_MESSAGE',
    'TAG_NAME',
    'RELEASE_NAME',
    'REPOSITORY_NAME',
  ]),
  pattern: z.string().min(1).max(500).describe('EVENT: names parted by commas; all others a regular expression'),
  exclude: z.boolean().default(false),
});
/** A push starts a build when every filter of at least one group holds. No group: every push. */
export const ProjectWebhook = z.strictObject({
  filter_groups: z.array(z.array(WebhookFilter).min(1).max(10)).max(10).default([]),
});
export type ProjectWebhook = z.infer<typeof ProjectWebhook>;

/** What must hold of a build before a deployment may use what it made. */
export const QualityGates = z.strictObject({
  tests_passed: z.boolean().default(false).describe('There is a test report, and no test failed'),
  line_coverage_min: z.number().min(0).max(100).optional().describe('Percent of lines'),
  findings_max: z
    .strictObject({
      critical: z.number().int().min(0).optional(),
      high: z.number().int().min(0).optional(),
      medium: z.number().int().min(0).optional(),
    })
    .optional()
    .describe('Of the image scan, at most'),
  image_signed: z.boolean().default(false).describe('There is a cosign signature of the digest beside the image'),
  signing_key: z
    .string()
    .max(5000)
    .optional()
    .describe(
      'PEM public key that a signature must verify with; without it any signature counts, and the result says so',
    ),
});
export type QualityGates = z.infer<typeof QualityGates>;

const settings = {
  description: z.string().max(255).default(''),
  source: ProjectSource,
  buildspec: ProjectBuildspec.prefault({ type: 'file' }),
  environment: BuildEnvironment.prefault({}),
  artifacts: ProjectArtifacts.prefault({ type: 'none' }),
  cache: ProjectCache.prefault({ type: 'none' }),
  vpc: ProjectVpc.nullable().default(null),
  logs: ProjectLogs.prefault({}),
  service_role: z
    .string()
    .max(2048)
    .nullable()
    .default(null)
    .describe('ARN; null: the role that the platform keeps for builds'),
  timeout_minutes: z.number().int().min(5).max(2160).default(60),
  queued_timeout_minutes: z.number().int().min(5).max(480).default(480),
  concurrent_build_limit: z.number().int().min(1).max(1000).nullable().default(null),
  badge: z.boolean().default(false),
  webhook: ProjectWebhook.nullable().default(null),
  tags: z.record(z.string().min(1).max(127), z.string().max(255)).default({}),
  team: DnsLabel.default('default').describe('Whose share of the build queue it uses'),
  quality_gates: QualityGates.prefault({}),
};
export const CreateBuildProjectBody = z.strictObject({
  name: ProjectName,
  account: DnsLabel.optional().describe('Cloud account; absent: the default one'),
  region: z.string().max(30).optional().describe("Absent: the account's"),
  ...settings,
});
export type CreateBuildProjectBody = z.infer<typeof CreateBuildProjectBody>;
export type CreateBuildProjectInput = z.input<typeof CreateBuildProjectBody>;
/** What is left out stays as it is. Parts are replaced whole; account and region stay for life. */
export const UpdateBuildProjectBody = z
  .strictObject({
    ...settings,
    description: z.string().max(255),
    buildspec: ProjectBuildspec,
    environment: BuildEnvironment,
    artifacts: ProjectArtifacts,
    cache: ProjectCache,
    vpc: ProjectVpc.nullable(),
    logs: ProjectLogs,
    service_role: z.string().max(2048).nullable(),
    timeout_minutes: z.number().int().min(5).max(2160),
    queued_timeout_minutes: z.number().int().min(5).max(480),
    concurrent_build_limit: z.number().int().min(1).max(1000).nullable(),
    badge: z.boolean(),
    webhook: ProjectWebhook.nullable(),
    tags: z.record(z.string().min(1).max(127), z.string().max(255)),
    team: DnsLabel,
    quality_gates: QualityGates,
  })
  .partial();
export type UpdateBuildProjectBody = z.infer<typeof UpdateBuildProjectBody>;
export const CloneBuildProjectBody = z.strictObject({
  name: ProjectName,
  account: DnsLabel.optional(),
  region: z.string().max(30).optional(),
});

export const BuildEngineName = z.enum(['local', 'codebuild']);
export type BuildEngineName = z.infer<typeof BuildEngineName>;
export const BuildProjectView = z.object({
  id: Id,
  name: z.string(),
  account: z.string(),
  region: z.string(),
  engine: BuildEngineName,
  arn: z.string().nullable().describe('null while AWS has not got it yet'),
  ...settings,
  webhook_url: z.string().nullable(),
  badge_url: z.string().nullable().describe('Of the platform; its token is the only key to it'),
  aws_badge_url: z.string().nullable().describe('Of CodeBuild itself'),
  aws_console_url: z.string().nullable(),
  imported: z.boolean(),
  last_build: z
    .object({ id: Id, number: z.number().int(), status: z.string(), created_at: Instant, ended_at: Instant.nullable() })
    .nullable(),
  created_by: z.string(),
  created_at: Instant,
  updated_at: Instant,
});
export type BuildProjectView = z.infer<typeof BuildProjectView>;
/** Answer of create and of a changed webhook: the secret is shown this once. */
export const CreatedBuildProjectView = BuildProjectView.extend({ webhook_secret: z.string().nullable() });
export type CreatedBuildProjectView = z.infer<typeof CreatedBuildProjectView>;
export const BuildProjectsQuery = PageQuery.extend({
  q: z.string().max(150).optional(),
  account: z.string().max(63).optional(),
  team: z.string().max(63).optional(),
});

/** Projects that an account has and this platform does not know. */
export const ImportableProjectView = z.object({
  name: z.string(),
  arn: z.string(),
  description: z.string(),
  known: z.boolean(),
});
export const ImportBuildProjectsBody = z.strictObject({
  account: DnsLabel,
  region: z.string().max(30).optional(),
  names: z.array(ProjectName).min(1).max(100),
  team: DnsLabel.default('default'),
});
export const ImportedBuildProjectsView = z.object({
  imported: z.array(z.string()),
  skipped: z.array(z.object({ name: z.string(), reason: z.string() })),
  lost: z
    .array(z.object({ name: z.string(), parts: z.array(z.string()) }))
    .describe('What AWS has of an imported project and the platform has no word for: it stays there, and is not shown'),
});
export const ImportableProjectsQuery = z.strictObject({
  account: DnsLabel.optional().describe('Absent: the default one'),
  region: z.string().max(30).optional(),
});
/** Answer to a delivery of a webhook: 202 with the build, or 200 with why there is none. */
export const WebhookAnswerView = z.object({
  build_id: Id.nullable(),
  build_number: z.number().int().nullable(),
  reason: z.string(),
});

export const BuildspecTemplateView = z.object({
  template: z.enum(BUILDSPEC_TEMPLATES),
  title: z.string(),
  description: z.string(),
  text: z.string(),
});
export const CheckBuildspecBody = z.strictObject({ text: z.string().min(1).max(100_000) });
export const BuildspecProblem = z.object({
  line: z.number().int(),
  column: z.number().int(),
  path: z.string(),
  message: z.string(),
  mend: z.string(),
});
export type BuildspecProblem = z.infer<typeof BuildspecProblem>;
export const CheckBuildspecView = z.object({
  valid: z.boolean(),
  problems: z.array(BuildspecProblem),
  warnings: z.array(BuildspecProblem),
});

/** The mission's own body of `POST /create-codebuild-project`. */
export const MissionCreateProjectBody = z.strictObject({
  project_name: ProjectName,
  source_location: z.string().min(1).max(2000),
  build_spec: z
    .string()
    .min(1)
    .max(100_000)
    .describe('A newline or a beginning `version:` makes it inline, else it is a path in the source'),
});
export const MissionCreateProjectView = z.object({
  success: z.literal(true),
  project_name: z.string(),
  arn: z.string(),
  region: z.string(),
});
