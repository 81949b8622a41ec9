/** The service's own part of the environment. Units are in the names; secrets are named here and never printed. */
import { toolVariables } from '@aws-deployer/platform/runtime/tool-environment';
import { z } from 'zod';

const base64Key = z
  .base64()
  .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
  .transform((text) => Buffer.from(text, 'base64'));

/** What the AWS provider finds its identity by; handed on only to environments of the account `environment`. */
export const AWS_VARIABLES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_ENDPOINT_URL',
] as const;
type AwsVariable = (typeof AWS_VARIABLES)[number];
const awsVariables = Object.fromEntries(AWS_VARIABLES.map((name) => [name, z.string().optional()])) as Record<
  AwsVariable,
  z.ZodOptional<z.ZodString>
>;

export const InfraConfig = z.object({
  /** Repeats the shared setting: in local mode states lie in DATA_DIR, whatever backend a module names. */
  MODE: z.enum(['local', 'production']).default('production'),
  DATA_DIR: z.string().default('.data'),
  /** 32 bytes in base64; without it a key is made in `DATA_DIR/keys` on first use. */
  SECRETS_KEY: base64Key.optional(),
  ...toolVariables,
  ...awsVariables,
  /** The program, by name or path. */
  TERRAFORM: z.string().default('terraform'),
  /** Terraform's own settings: where its mirror of providers is. */
  TF_CLI_CONFIG_FILE: z.string().optional(),
  /** Folder with `environments/` and `modules/`; absent: the one beside this service. */
  TERRAFORM_DIR: z.string().optional(),
  /** A plan that nobody approved by then is planned anew. */
  PLAN_MINUTES: z.coerce.number().positive().default(1_440),
  /** Files of this many runs that ended are kept for each environment. */
  INFRA_KEPT_RUNS: z.coerce.number().int().min(1).max(1_000).default(20),
  /** How long a destroy waits for what is still in use, and for the end of what was destroyed. */
  SWEEP_SECONDS: z.coerce.number().nonnegative().default(300),
  SWEEP_AGAIN_SECONDS: z.coerce.number().positive().default(5),
  /** The program, by name or path; absent or not there: the price table. */
  INFRACOST: z.string().default('infracost'),
  /** How long it may take before the price table is used instead. */
  INFRACOST_SECONDS: z.coerce.number().positive().default(60),
  INFRACOST_API_KEY: z.string().optional(),
  /** Runs of this process at once; one environment has one at a time. */
  INFRA_CONCURRENT_RUNS: z.coerce.number().int().min(1).max(50).default(4),
  /** How long a cancelled run may take to end in order before it is killed. */
  CANCEL_SECONDS: z.coerce.number().positive().default(60),
  LEASE_SECONDS: z.coerce.number().positive().default(10),
  HEARTBEAT_SECONDS: z.coerce.number().positive().default(3),
});
export type InfraConfig = Readonly<z.infer<typeof InfraConfig>>;
