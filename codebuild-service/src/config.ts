/** The service's own part of the environment. Units are in the names; secrets are named here and never printed. */
import { toolVariables } from '@aws-deployer/platform/runtime/tool-environment';
import { z } from 'zod';

const base64Key = z
  .base64()
  .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
  .transform((text) => Buffer.from(text, 'base64'));

export const CodebuildConfig = z.object({
  /** Repeats the shared setting: the local runner is for one machine and its owner. */
  MODE: z.enum(['local', 'production']).default('production'),
  DATA_DIR: z.string().default('.data'),
  /** 32 bytes in base64; without it a key is made in `DATA_DIR/keys` on first use. */
  SECRETS_KEY: base64Key.optional(),
  /** Among them DOCKER_HOST: set where a Docker Engine runs the local builds; without it they run on this machine. */
  ...toolVariables,
  /** Git hosts whose private addresses the local runner may fetch from, comma-separated. */
  GIT_ALLOWED_HOSTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    ),
  /** Any of these makes the account of the environment the default one instead of the local runner. */
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
  AWS_ACCESS_KEY_ID: z.string().optional(),
  AWS_PROFILE: z.string().optional(),
  AWS_ROLE_ARN: z.string().optional(),
  AWS_WEB_IDENTITY_TOKEN_FILE: z.string().optional(),
  AWS_CONTAINER_CREDENTIALS_FULL_URI: z.string().optional(),
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: z.string().optional(),
  /** Another address for every AWS service: a stand-in. The clients read it themselves; here it is shown. */
  AWS_ENDPOINT_URL: z.url().optional(),
  /** Role that CodeBuild works under; absent: `aws-deployer-codebuild` in the caller's account, made on first use. */
  CODEBUILD_SERVICE_ROLE_ARN: z.string().optional(),
  /** Bucket for the sources of image builds that are no public repository. */
  CODEBUILD_BUCKET: z.string().optional(),
  /** Bedrock model that turns words into an operation; absent: local matching. */
  BEDROCK_MODEL_ID: z.string().optional(),
  /** Builds that the local runner runs at once. */
  LOCAL_CONCURRENT_BUILDS: z.coerce.number().int().min(1).max(100).default(2),
  LEASE_SECONDS: z.coerce.number().positive().default(10),
  HEARTBEAT_SECONDS: z.coerce.number().positive().default(3),
  /** Outside address of the platform, for webhook and badge addresses; absent: paths only. */
  PUBLIC_URL: z.url().optional(),
});
export type CodebuildConfig = Readonly<z.infer<typeof CodebuildConfig>>;

/** Variables that name an identity at AWS. Any of them makes the account of the environment the default one. */
export const AWS_IDENTITY_VARIABLES = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
] as const;

/** Whether builds go to AWS unless a project says otherwise: a service of its own finds its identity by itself (a pod's role). */
export const namesAws = (config: CodebuildConfig): boolean =>
  config.MODE === 'production' || AWS_IDENTITY_VARIABLES.some((name) => config[name] !== undefined);
