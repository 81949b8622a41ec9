/** The wire of the AWS operations: the catalogue, running one of it, and asking for one in words. */
import { z } from 'zod';
import { AwsRegion } from './cloud-accounts.js';
import { DnsLabel, Instant } from './wire.js';

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
/** `reveal` changes nothing but hands out a secret; what is not `read` needs `aws:write`, a confirmation, and is recorded. */
export const AWS_EFFECTS = ['read', 'reveal', 'change', 'destroy'] as const;
export type AwsEffect = (typeof AWS_EFFECTS)[number];
export const AwsOperationView = z.object({
  name: z.string().describe('`ec2.describe_instances`'),
  service: z.enum(AWS_SERVICES),
  title: z.string(),
  description: z.string(),
  effect: z.enum(AWS_EFFECTS).describe('What is not `read` needs a confirmation'),
  parameters: z.unknown().describe('JSON Schema'),
  permissions: z.array(z.string()).describe('IAM actions that it needs'),
  columns: z.array(z.string()).describe('Of a row of the result, in their order'),
  paged: z.boolean(),
});
export type AwsOperationView = z.infer<typeof AwsOperationView>;
/** `GET /api/v1/aws/operations` */
export const AwsOperationsQuery = z.strictObject({
  service: z.enum(AWS_SERVICES).optional(),
  effect: z.enum(AWS_EFFECTS).optional(),
  q: z.string().max(200).optional().describe('Words: in the name, the title, the description or how people ask for it'),
  limit: z.coerce.number().int().min(1).max(500).default(500),
  cursor: z.string().max(500).optional(),
});
export type AwsOperationsQuery = z.infer<typeof AwsOperationsQuery>;

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
  effect: z.enum(AWS_EFFECTS),
  region: z.string(),
  account: z.string().nullable().describe('null: the keys that came with the request'),
  summary: z.string().describe('One sentence: what would be done to what'),
  confirm: z.string().describe('Send it as `confirm` with the same request'),
  expires_at: Instant,
});
export type ConfirmationNeededView = z.infer<typeof ConfirmationNeededView>;

/**
 * The mission's own `POST /aws-operation`: every other field is a parameter, also in AWS's own spelling (`InstanceIds`). Keys
 * are used for this request and forgotten; without them the named account is asked, or the default one.
 */
export const MissionAwsOperationBody = z.looseObject({
  operation: z
    .string()
    .min(1)
    .max(200)
    .describe('`ec2.describe_instances`, `DescribeInstances`, `ec2:DescribeInstances`'),
  region: AwsRegion.optional(),
  account: DnsLabel.optional(),
  access_key: z.string().min(16).max(128).optional(),
  secret_key: z.string().min(1).max(500).optional(),
  session_token: z.string().max(5000).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(5000).optional(),
  confirm: z.string().max(200).optional().describe('The token of the answer 202 before, for what changes anything'),
});
export const MissionAwsOperationView = z.object({
  success: z.literal(true),
  operation: z.string(),
  result: z.array(z.record(z.string(), z.unknown())).describe('One object a thing'),
  columns: z.array(z.string()),
  region: z.string(),
  account: z.string().nullable(),
  next_cursor: z.string().nullable(),
  aws_console_url: z.string().nullable(),
  request_id: z.string().nullable(),
});
export type MissionAwsOperationView = z.infer<typeof MissionAwsOperationView>;

export const AskBody = z.strictObject({
  query: z.string().min(1).max(2000),
  account: DnsLabel.optional(),
  region: AwsRegion.optional(),
});
export const AskCandidate = z.object({
  operation: z.string(),
  title: z.string(),
  effect: z.enum(AWS_EFFECTS),
  score: z.number(),
  parameters: z.record(z.string(), z.unknown()),
  missing: z.array(z.string()).describe('Parameters that it needs and the words do not give'),
});
export type AskCandidate = z.infer<typeof AskCandidate>;
export const AskView = z.object({
  confirmation_needed: z.boolean(),
  query: z.string(),
  /** null: no operation fits; the candidates say what comes nearest. */
  operation: z.string().nullable(),
  parameters: z.record(z.string(), z.unknown()),
  candidates: z.array(AskCandidate),
  understood_by: z.enum(['bedrock', 'local']),
  summary: z.string().describe('One sentence: what was done, would be done, or is missing'),
  expires_at: Instant.nullable().describe('Of a confirmation that is needed: until when'),
  output: AwsResultView.nullable().describe('Of what only reads: the result at once'),
});
export type AskView = z.infer<typeof AskView>;
/** `POST /api/confirm`: the same principal, the same query, once, within five minutes. */
export const ConfirmBody = z.strictObject({
  query: z.string().min(1).max(2000),
  decision: z.union([z.boolean(), z.enum(['yes', 'no', 'confirm', 'cancel', 'approve', 'reject'])]),
});
export const ConfirmView = z.object({
  success: z.boolean(),
  query: z.string(),
  operation: z.string(),
  decision: z.enum(['confirmed', 'cancelled']),
  summary: z.string(),
  output: AwsResultView.nullable(),
});
export type ConfirmView = z.infer<typeof ConfirmView>;
