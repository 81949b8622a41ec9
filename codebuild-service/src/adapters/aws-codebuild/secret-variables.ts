/**
 * Variables of one build that must be seen nowhere (a registry's password). CodeBuild shows plain overrides to everybody who may
 * look at the build, in its console and its API, for as long as the build is kept; so each build has a secret of its own in
 * Secrets Manager, `aws-deployer/builds/<build>/<attempt>`, with all its variables as JSON keys, and the build is told only
 * their names. CodeBuild then also hides the values in the log. The secret is deleted when the build has ended, at once and
 * without a way back. The price is some cents a month for each secret, by the hour.
 *
 * The role that the platform keeps may read them. A role of the project's own needs secretsmanager:GetSecretValue on
 * `aws-deployer/builds/*`, or the build fails at its start and says so.
 */
import type { Build, EnvironmentVariable } from '@aws-sdk/client-codebuild';
import type { AwsSession } from '../../ports/aws-session.js';
import type { EngineBuild } from '../../ports/build-engine.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { awsErrorName } from './codebuild-errors.js';
import { BUILD_SECRETS_PREFIX } from './role-policy.js';

export class SecretVariables {
  constructor(private readonly aws: AwsCaller) {}

  /** Keeping the same build's again takes the place of what is there. */
  async keep(session: AwsSession, build: EngineBuild, signal: AbortSignal): Promise<EnvironmentVariable[]> {
    const names = Object.keys(build.secretVariables);
    if (names.length === 0) return [];
    const { CreateSecretCommand, PutSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const id = secretOf(build);
    const text = JSON.stringify(build.secretVariables);
    const make = new CreateSecretCommand({
      Name: id,
      SecretString: text,
      Description: 'Variables of one build of AWS Deployer; deleted at its end',
    });
    const replace = new PutSecretValueCommand({ SecretId: id, SecretString: text });
    try {
      await this.aws.call(session, 'secretsmanager', (client, abortSignal) => client.send(make, { abortSignal }), {
        signal,
      });
    } catch (error) {
      if (awsErrorName(error) !== 'ResourceExistsException') throw error;
      await this.aws.call(session, 'secretsmanager', (client, abortSignal) => client.send(replace, { abortSignal }), {
        signal,
      });
    }
    return names.map((name) => ({ name, value: `${id}:${name}`, type: 'SECRETS_MANAGER' }));
  }

  /** Harmless where there is none. */
  async forget(session: AwsSession, secretId: string, signal: AbortSignal): Promise<void> {
    const { DeleteSecretCommand } = await import('@aws-sdk/client-secrets-manager');
    const command = new DeleteSecretCommand({ SecretId: secretId, ForceDeleteWithoutRecovery: true });
    try {
      await this.aws.call(session, 'secretsmanager', (client, abortSignal) => client.send(command, { abortSignal }), {
        signal,
      });
    } catch (error) {
      if (awsErrorName(error) !== 'ResourceNotFoundException') throw error;
    }
  }
}

export const secretOf = ({ id, attempt }: Pick<EngineBuild, 'id' | 'attempt'>): string =>
  `${BUILD_SECRETS_PREFIX}${id}/${attempt}`;

/** The secret that a started build was given; null where it was given none. */
export function secretGivenTo({ environment }: Build): string | null {
  const given = environment?.environmentVariables?.find(
    ({ type, value }) => type === 'SECRETS_MANAGER' && value?.startsWith(BUILD_SECRETS_PREFIX),
  );
  return given?.value?.split(':')[0] ?? null;
}
