/**
 * The role that CodeBuild works under: the one that a project or the configuration names, else `aws-deployer-codebuild`, made
 * in the caller's account on first use. Making it twice, or from two replicas at once, makes one.
 *
 * A new role is not known everywhere at once: CodeBuild refuses it for some seconds (`withPropagation`).
 */
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import type { AwsSession } from '../../ports/aws-session.js';
import type { ProjectSettings } from '../../ports/project-mirror.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { awsErrorName } from './codebuild-errors.js';
import {
  BASE_POLICY,
  basePolicy,
  projectPolicy,
  projectPolicyName,
  trustPolicy,
  type AccountPlace,
} from './role-policy.js';

export const KEPT_ROLE = 'aws-deployer-codebuild';
const PROPAGATION_MS = 20_000;
const RETRY_AFTER_MS = 1_000;

export interface ServiceRole {
  readonly arn: string;
  /** The platform's own: a refusal of it may pass. */
  readonly kept: boolean;
}
export interface ServiceRolesOptions {
  readonly aws: AwsCaller;
  readonly configuredArn: string | undefined;
  readonly bucket: string | undefined;
  /** Milliseconds between two tries with a role that is not known everywhere yet, and for how long; for tests. */
  readonly retryAfterMs?: number;
  readonly propagationMs?: number;
}

export class ServiceRoles {
  constructor(private readonly options: ServiceRolesOptions) {}

  /** `present`: what the project has now; IAM is asked only where it is allowed something else from now on. */
  async roleFor(
    session: AwsSession,
    settings: ProjectSettings,
    signal: AbortSignal,
    present?: { readonly arn: string | undefined; readonly settings: ProjectSettings },
  ): Promise<ServiceRole> {
    const named = settings.service_role ?? this.options.configuredArn;
    if (named !== undefined) return { arn: named, kept: isKept(named) };
    if (present?.arn !== undefined && isKept(present.arn) && needsTheSame(settings, present.settings))
      return { arn: present.arn, kept: true };
    try {
      return { arn: await this.keepRole(session, settings, signal), kept: true };
    } catch (error) {
      throw error instanceof AppError && error.kind === 'forbidden' ? roleRefused(error) : error;
    }
  }

  /** The role, allowed what every build and this project need. Answers its ARN. */
  private async keepRole(session: AwsSession, settings: ProjectSettings, signal: AbortSignal): Promise<string> {
    const place = await this.place(session, signal);
    const arn = (await this.findRole(session, signal)) ?? (await this.makeRole(session, place, signal));
    await this.putPolicy(session, BASE_POLICY, basePolicy(place, this.options.bucket), signal);
    const own = projectPolicy(settings, place);
    if (own === null) await this.forgetProject(session, settings.name, signal);
    else await this.putPolicy(session, projectPolicyName(settings.name), own, signal);
    return arn;
  }

  /** Takes away what the role was allowed for this project; harmless where there is nothing. */
  async forgetProject(session: AwsSession, project: string, signal: AbortSignal): Promise<void> {
    const { DeleteRolePolicyCommand } = await import('@aws-sdk/client-iam');
    const command = new DeleteRolePolicyCommand({ RoleName: KEPT_ROLE, PolicyName: projectPolicyName(project) });
    await unless('NoSuchEntityException', () =>
      this.options.aws.call(session, 'iam', (iam, abortSignal) => iam.send(command, { abortSignal }), { signal }),
    );
  }

  /** Tries again while AWS does not know the new role yet. */
  async withPropagation<Output>(role: ServiceRole, work: () => Promise<Output>, signal: AbortSignal): Promise<Output> {
    const { retryAfterMs = RETRY_AFTER_MS, propagationMs = PROPAGATION_MS } = this.options;
    for (let waited = 0; ; waited += retryAfterMs) {
      try {
        return await work();
      } catch (error) {
        const mayPass = role.kept && waited < propagationMs && isUnknownRole(error);
        if (!mayPass) throw error;
      }
      await delay(retryAfterMs, signal);
    }
  }

  private async place(session: AwsSession, signal: AbortSignal): Promise<AccountPlace> {
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const caller = await this.options.aws.call(
      session,
      'sts',
      (sts, abortSignal) => sts.send(new GetCallerIdentityCommand({}), { abortSignal }),
      { signal },
    );
    return { accountId: caller.Account ?? '', partition: caller.Arn?.split(':')[1] ?? 'aws' };
  }

  private async findRole(session: AwsSession, signal: AbortSignal): Promise<string | undefined> {
    const { GetRoleCommand } = await import('@aws-sdk/client-iam');
    const found = await unless('NoSuchEntityException', () =>
      this.options.aws.call(
        session,
        'iam',
        (iam, abortSignal) => iam.send(new GetRoleCommand({ RoleName: KEPT_ROLE }), { abortSignal }),
        { signal },
      ),
    );
    return found?.Role?.Arn;
  }

  private async makeRole(session: AwsSession, place: AccountPlace, signal: AbortSignal): Promise<string> {
    const { CreateRoleCommand } = await import('@aws-sdk/client-iam');
    const command = new CreateRoleCommand({
      RoleName: KEPT_ROLE,
      Description: 'CodeBuild works under it for the projects of AWS Deployer',
      AssumeRolePolicyDocument: JSON.stringify(trustPolicy(place)),
    });
    const made = await unless('EntityAlreadyExistsException', () =>
      this.options.aws.call(session, 'iam', (iam, abortSignal) => iam.send(command, { abortSignal }), { signal }),
    );
    return made?.Role?.Arn ?? `arn:${place.partition}:iam::${place.accountId}:role/${KEPT_ROLE}`;
  }

  private async putPolicy(session: AwsSession, name: string, policy: object, signal: AbortSignal): Promise<void> {
    const { PutRolePolicyCommand } = await import('@aws-sdk/client-iam');
    const command = new PutRolePolicyCommand({
      RoleName: KEPT_ROLE,
      PolicyName: name,
      PolicyDocument: JSON.stringify(policy),
    });
    try {
      await this.options.aws.call(session, 'iam', (iam, abortSignal) => iam.send(command, { abortSignal }), { signal });
    } catch (error) {
      if (awsErrorName(error) !== 'LimitExceededException') throw error;
      throw new AppError('invalid', 'service_role_full', `The role ${KEPT_ROLE} has no room for another policy`, {
        cause: error,
        fields: [
          {
            field: 'service_role',
            message: 'the shared role cannot be allowed what this project names as well',
            mend: 'Give this project a role of its own',
          },
        ],
      });
    }
  }
}

const roleRefused = (error: AppError): AppError =>
  new AppError('forbidden', 'service_role_missing', `The role for builds cannot be kept: ${error.message}`, {
    cause: error,
    fields: [
      ...error.fields,
      {
        field: 'service_role',
        message: `these credentials may not keep the role ${KEPT_ROLE}`,
        mend: 'Give the ARN of a role that trusts codebuild.amazonaws.com, or set CODEBUILD_SERVICE_ROLE_ARN',
      },
    ],
  });
const isKept = (arn: string): boolean => arn.endsWith(`:role/${KEPT_ROLE}`);
const ANYWHERE: AccountPlace = { partition: 'aws', accountId: '' };
const needsTheSame = (a: ProjectSettings, b: ProjectSettings): boolean =>
  JSON.stringify(projectPolicy(a, ANYWHERE)) === JSON.stringify(projectPolicy(b, ANYWHERE));
const isUnknownRole = (error: unknown): boolean =>
  awsErrorName(error) === 'InvalidInputException' && /not authorized to perform|AssumeRole/i.test(messageOf(error));

/** undefined where AWS answers with this error. */
async function unless<Output>(name: string, work: () => Promise<Output>): Promise<Output | undefined> {
  try {
    return await work();
  } catch (error) {
    if (awsErrorName(error) === name) return undefined;
    throw error;
  }
}
