/** Secrets Manager: what secrets there are, and the value of one. The value goes into the answer and nowhere else. */
import * as declared from '../../aws-operations/catalogue/secretsmanager.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-secrets-manager');

export const secretsmanagerCalls = [
  carriedOut(declared.listSecrets, async (call, { name_prefix }) => {
    const { ListSecretsCommand } = await sdk();
    const from = await call.send('secretsmanager', (secrets, options) =>
      secrets.send(
        new ListSecretsCommand({
          MaxResults: call.pageSize(1, 100),
          NextToken: call.token,
          ...(name_prefix === undefined ? {} : { Filters: [{ Key: 'name', Values: [name_prefix] }] }),
        }),
        options,
      ),
    );
    const rows = (from.SecretList ?? []).map((secret) => ({
      name: secret.Name,
      description: secret.Description,
      rotation: secret.RotationEnabled ?? false,
      changed_at: secret.LastChangedDate,
      read_at: secret.LastAccessedDate,
      rotated_at: secret.LastRotatedDate,
      arn: secret.ARN,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeSecret, async (call, { secret_id }) => {
    const { DescribeSecretCommand } = await sdk();
    const from = await call.send('secretsmanager', (secrets, options) =>
      secrets.send(new DescribeSecretCommand({ SecretId: secret_id }), options),
    );
    const row = {
      name: from.Name,
      description: from.Description,
      rotation: from.RotationEnabled ?? false,
      rotation_days: from.RotationRules?.AutomaticallyAfterDays,
      versions: Object.entries(from.VersionIdsToStages ?? {}).map(
        ([version, stages]) => `${version}: ${stages.join(', ')}`,
      ),
      changed_at: from.LastChangedDate,
      read_at: from.LastAccessedDate,
      rotated_at: from.LastRotatedDate,
      deleted_at: from.DeletedDate,
      arn: from.ARN,
    };
    return { rows: [row], from };
  }),
  carriedOut(declared.getSecretValue, async (call, { secret_id }) => {
    const { GetSecretValueCommand } = await sdk();
    const from = await call.send('secretsmanager', (secrets, options) =>
      secrets.send(new GetSecretValueCommand({ SecretId: secret_id }), options),
    );
    const binary = from.SecretBinary === undefined ? null : Buffer.from(from.SecretBinary).toString('base64');
    const row = {
      name: from.Name,
      value: from.SecretString ?? binary,
      version_id: from.VersionId,
      created_at: from.CreatedDate,
    };
    return { rows: [row], from };
  }),
];
