/** Secrets Manager: what secrets there are, and handing out the value of one to whom it is confirmed. */
import { z } from 'zod';
import { page, part } from '../console-link.js';
import { operation } from '../operation.js';
import { SecretId } from '../parameters.js';

const ofSecret = z.strictObject({ secret_id: SecretId });
const secretPage = ({ parameters: { secret_id } }: { parameters: { secret_id: string } }) =>
  page(`secretsmanager/secret?name=${part(secret_id)}`);

export const listSecrets = operation({
  name: 'secretsmanager.list_secrets',
  title: 'List secrets',
  description: 'Names of secrets, and when each was last changed, read and rotated; never their values.',
  effect: 'read',
  parameters: z.strictObject({ name_prefix: z.string().max(512).optional().describe('Only names that begin so') }),
  permissions: ['secretsmanager:ListSecrets'],
  columns: ['name', 'description', 'rotation', 'changed_at', 'read_at', 'rotated_at', 'arn'],
  paged: true,
  console: () => page('secretsmanager/listsecrets'),
  phrases: ['list secrets', 'show names of secrets', 'which secrets are in secrets manager', 'all secrets'],
});
export const describeSecret = operation({
  name: 'secretsmanager.describe_secret',
  title: 'Describe a secret',
  description: 'Rotation, versions and times of one secret; never its value.',
  effect: 'read',
  parameters: ofSecret,
  permissions: ['secretsmanager:DescribeSecret'],
  columns: [
    'name',
    'description',
    'rotation',
    'rotation_days',
    'versions',
    'changed_at',
    'read_at',
    'rotated_at',
    'deleted_at',
    'arn',
  ],
  paged: false,
  console: secretPage,
  phrases: [
    'describe secret',
    'rotation of secret',
    'details of the secret',
    'when was the secret changed',
    'metadata of secret',
  ],
});
export const getSecretValue = operation({
  name: 'secretsmanager.get_secret_value',
  title: 'Reveal the value of a secret',
  description: 'Hands the current value out, in the answer alone. Who read which secret is recorded.',
  effect: 'reveal',
  parameters: ofSecret,
  permissions: ['secretsmanager:GetSecretValue'],
  columns: ['name', 'value', 'version_id', 'created_at'],
  paged: false,
  console: secretPage,
  phrases: [
    'reveal secret value',
    'read the value of secret',
    'get secret value',
    'show me the password in the secret',
  ],
  summary: ({ secret_id }) => `Reveal the value of the secret ${secret_id} to you`,
});

export const secretsmanagerOperations = [listSecrets, describeSecret, getSecretValue];
