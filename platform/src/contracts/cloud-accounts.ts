import { z } from 'zod';
import { DnsLabel, Id, Instant } from './wire.js';

/** Regions by their shape: AWS adds new ones faster than any list. */
export const AwsRegion = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region such as eu-central-1');
const AccessKeyId = z.string().regex(/^[A-Z0-9]{16,128}$/, 'must be an access key id: 16 or more capitals and digits');
/** A line break that came along with a copied key would make each signature wrong. */
const pasted = (longest: number) =>
  z.string().max(longest).regex(/^\S+$/, 'must not be empty and hold no spaces or line breaks');

/**
 * How the platform signs in to an account. `local`: no AWS at all, builds run here. `environment`: what the process finds
 * (variables, profile, instance or pod identity).
 */
export const CloudCredential = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('static_keys'),
    access_key: AccessKeyId,
    secret_key: pasted(500),
    session_token: pasted(5000).optional(),
  }),
  z.strictObject({
    type: z.literal('assume_role'),
    role_arn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'must be the ARN of an IAM role'),
    external_id: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1,224 letters, digits and + = , . @ : / - _')
      .optional(),
    via: DnsLabel.default('environment').describe('The account whose identity assumes the role'),
  }),
  z.strictObject({ type: z.literal('environment') }),
]);
export const CreateCloudAccountBody = z.strictObject({
  name: DnsLabel,
  description: z.string().max(255).default(''),
  credential: CloudCredential,
  regions: z.array(AwsRegion).min(1).max(30).describe('The first is the default one'),
  is_default: z.boolean().default(false),
  concurrent_builds: z
    .number()
    .int()
    .min(1)
    .max(5000)
    .nullable()
    .default(null)
    .describe('null: what the service quota of the account says'),
});
export const UpdateCloudAccountBody = z
  .strictObject({
    description: z.string().max(255),
    credential: CloudCredential,
    regions: z.array(AwsRegion).min(1).max(30),
    is_default: z.literal(true),
    concurrent_builds: z.number().int().min(1).max(5000).nullable(),
  })
  .partial();
export const CloudAccountView = z.object({
  id: Id,
  name: z.string(),
  description: z.string(),
  kind: z.enum(['local', 'static_keys', 'assume_role', 'environment']),
  access_key: z.string().nullable().describe('Its last four characters'),
  role_arn: z.string().nullable(),
  external_id: z.string().nullable(),
  via: z.string().nullable(),
  regions: z.array(z.string()),
  is_default: z.boolean(),
  builtin: z.boolean(),
  concurrent_builds: z.number().int().nullable(),
  account_id: z.string().nullable().describe('As the last check saw it'),
  checked_at: Instant.nullable(),
  created_at: Instant,
});
export type CloudAccountView = z.infer<typeof CloudAccountView>;
/** `POST /api/v1/cloud-accounts/{id}/check` */
export const AccountCheckView = z.object({
  ok: z.boolean(),
  account_id: z.string().nullable(),
  arn: z.string().nullable(),
  message: z.string(),
  permissions: z.array(
    z.object({
      action: z.string(),
      purpose: z.string(),
      allowed: z.boolean().nullable().describe('null: could not be found out'),
      detail: z.string().nullable(),
    }),
  ),
  missing: z.array(z.string()),
  least_policy: z.unknown().describe('IAM policy document that grants exactly what the platform uses'),
});
export type AccountCheckView = z.infer<typeof AccountCheckView>;

/** `POST /internal/v1/cloud-accounts/{name}/credentials`: who asks says for what; it is recorded as a secret read. */
export const AccountCredentialsBody = z.strictObject({
  region: AwsRegion.nullable(),
  purpose: z.string().min(1).max(200),
});
/** Keys for one process: never kept, logged or put into an argument; those that expire may lie in a file for the owner alone while it runs. */
export const AccountCredentialsView = z.object({
  account: z.string(),
  region: z.string(),
  access_key: z.string(),
  secret_key: z.string(),
  session_token: z.string().nullable(),
  expires_at: Instant.nullable().describe('null: keys that do not expire by themselves'),
});
export type AccountCredentialsView = z.infer<typeof AccountCredentialsView>;
