import { z } from 'zod';
import { AwsRegion } from './cloud-accounts.js';
import { DnsLabel } from './wire.js';

export const AWS_SERVICES = [
  'ec2',
  's3',
  'ecr',
  'eks',
  'iam',
  'logs',
  'rds',
  'lambda',
  'cloudformation',
  'secretsmanager',
  'sts',
  'vpc',
  'codebuild',
] as const;
export const AwsOperationView = z.object({
  name: z.string().describe('`ec2.describe_instances`'),
  service: z.enum(AWS_SERVICES),
  title: z.string(),
  description: z.string(),
  effect: z.enum(['read', 'change', 'destroy']).describe('What is not `read` needs a confirmation'),
  parameters: z.unknown().describe('JSON Schema'),
  permissions: z.array(z.string()).describe('IAM actions that it needs'),
  paged: z.boolean(),
});
export type AwsOperationView = z.infer<typeof AwsOperationView>;

/** `POST /api/v1/aws/operations/{name}/run` */
export const RunAwsOperationBody = z.strictObject({
  account: DnsLabel.optional(),
  region: AwsRegion.optional(),
  parameters: z.record(z.string(), z.unknown()).default({}),
  limit: z.number().int().min(1).max(500).default(50),
  cursor: z.string().max(5000).optional(),
  confirm: z
    .string()
    .max(200)
    .optional()
    .describe('For what changes anything: the confirmation token of the refusal before'),
});
export const AwsResultView = z.object({
  operation: z.string(),
  region: z.string(),
  account: z.string().nullable(),
  /** Table: one row a thing, the columns in their order. */
  columns: z.array(z.string()),
  rows: z.array(z.record(z.string(), z.unknown())),
  next_cursor: z.string().nullable(),
  aws_console_url: z.string().nullable(),
  request_id: z.string().nullable(),
});
export type AwsResultView = z.infer<typeof AwsResultView>;
/** 409 is not used for this: 202 says what would be done and gives the token that does it, for five minutes. */
export const ConfirmationNeededView = z.object({
  confirmation_needed: z.literal(true),
  operation: z.string(),
  summary: z.string(),
  confirm: z.string(),
  expires_at: z.string(),
});

/** The mission's own `POST /aws-operation`: every other field is a parameter. Keys are used for this request and forgotten. */
export const MissionAwsOperationBody = z.looseObject({
  operation: z.string().min(1).max(200),
  region: AwsRegion.optional(),
  access_key: z.string().min(16).max(128).optional(),
  secret_key: z.string().min(1).max(500).optional(),
  session_token: z.string().max(5000).optional(),
});
export const MissionAwsOperationView = z.object({
  success: z.literal(true),
  operation: z.string(),
  result: z.unknown(),
  request_id: z.string().nullable(),
});

export const AskBody = z.strictObject({
  query: z.string().min(1).max(2000),
  account: DnsLabel.optional(),
  region: AwsRegion.optional(),
});
export const AskCandidate = z.object({
  operation: z.string(),
  title: z.string(),
  score: z.number(),
  parameters: z.record(z.string(), z.unknown()),
  missing: z.array(z.string()),
});
export const AskView = z.object({
  confirmation_needed: z.boolean(),
  query: z.string(),
  /** null: no operation fits; the candidates say what comes nearest. */
  operation: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()),
  candidates: z.array(AskCandidate),
  understood_by: z.enum(['bedrock', 'local']),
  summary: z.string(),
  output: AwsResultView.nullable().describe('Of what only reads: the result at once'),
});
export type AskView = z.infer<typeof AskView>;
export const ConfirmBody = z.strictObject({
  query: z.string().min(1).max(2000),
  decision: z.union([z.boolean(), z.enum(['yes', 'no', 'confirm', 'cancel', 'approve', 'reject'])]),
});
export const ConfirmView = z.object({
  success: z.boolean(),
  query: z.string(),
  operation: z.string(),
  decision: z.enum(['confirmed', 'cancelled']),
  output: AwsResultView.nullable(),
});
