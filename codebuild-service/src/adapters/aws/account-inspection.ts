/** Who a credential is (STS), what IAM says it may do, and what trying says where IAM may not be asked. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AccountInspection, Allowance, AwsIdentity, SimulatedGroup } from '../../ports/account-inspection.js';
import type { AwsSession } from '../../ports/aws-session.js';
import type { AwsCaller } from './aws-caller.js';
import { PROBES } from './permission-probes.js';

export class AwsAccountInspection implements AccountInspection {
  constructor(private readonly aws: AwsCaller) {}

  async identity(session: AwsSession, signal: AbortSignal): Promise<AwsIdentity> {
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const { Account, Arn } = await this.aws.call(
      session,
      'sts',
      (sts, abortSignal) => sts.send(new GetCallerIdentityCommand({}), { abortSignal }),
      { signal },
    );
    if (Account === undefined || Arn === undefined)
      throw new AppError('unavailable', 'aws_failed', 'AWS STS did not say who this credential is');
    return { accountId: Account, arn: Arn };
  }

  async simulate(
    session: AwsSession,
    identity: AwsIdentity,
    groups: readonly SimulatedGroup[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Allowance>> {
    if (/:root$/.test(identity.arn)) return rootMayAll(groups);
    const { paginateSimulatePrincipalPolicy } = await import('@aws-sdk/client-iam');
    const source = await this.#policySource(session, identity, signal);
    const found = new Map<string, Allowance>();
    for (const { actions, resources, passedTo } of groups)
      await this.aws.call(
        session,
        'iam',
        async (client, abortSignal) => {
          const pages = paginateSimulatePrincipalPolicy(
            { client },
            {
              PolicySourceArn: source,
              ActionNames: [...actions],
              ResourceArns: [...resources],
              ...(passedTo === undefined
                ? {}
                : {
                    ContextEntries: [
                      {
                        ContextKeyName: 'iam:PassedToService',
                        ContextKeyType: 'string',
                        ContextKeyValues: [passedTo],
                      },
                    ],
                  }),
            },
            { abortSignal },
          );
          for await (const page of pages)
            for (const {
              EvalActionName: action,
              EvalDecision: decision,
              EvalResourceName: on,
            } of page.EvaluationResults ?? [])
              if (action !== undefined && found.get(action)?.allowed !== false)
                // denied on one of many is denied
                found.set(action, allowanceOf(decision, on));
        },
        { signal },
      );
    return found;
  }

  async probe(
    session: AwsSession,
    action: string,
    place: Parameters<AccountInspection['probe']>[2],
    signal: AbortSignal,
  ): Promise<Allowance | null> {
    const probe = PROBES[action];
    if (probe === undefined) return null;
    try {
      if ((await probe(this.aws, session, place, signal)) === 'untried') return null;
      return { allowed: true, detail: null };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code === 'aws_access_denied') return { allowed: false, detail: error.message };
      // AWS looks at the permission first: who is told that the thing is not there was let through.
      if (error.code === 'aws_not_found') return { allowed: true, detail: null };
      return null;
    }
  }

  /** IAM knows roles, not their sessions; the session's ARN has lost the role's path. */
  async #policySource(session: AwsSession, { arn, accountId }: AwsIdentity, signal: AbortSignal): Promise<string> {
    const [, partition, role] = /^arn:([^:]+):sts::\d+:assumed-role\/([^/]+)\//.exec(arn) ?? [];
    if (partition === undefined || role === undefined) return arn;
    const { GetRoleCommand } = await import('@aws-sdk/client-iam');
    try {
      const { Role } = await this.aws.call(
        session,
        'iam',
        (iam, abortSignal) => iam.send(new GetRoleCommand({ RoleName: role }), { abortSignal }),
        { signal },
      );
      if (Role?.Arn !== undefined) return Role.Arn;
    } catch (error) {
      if (!(error instanceof AppError)) throw error; // it may not read itself: most roles have no path
    }
    return `arn:${partition}:iam::${accountId}:role/${role}`;
  }
}

function allowanceOf(decision: string | undefined, resource: string | undefined): Allowance {
  if (decision === 'allowed') return { allowed: true, detail: null };
  const on = resource === undefined || resource === '*' ? '' : ` on ${resource}`;
  return {
    allowed: false,
    detail: decision === 'explicitDeny' ? `a policy denies it by name${on}` : `no policy allows it${on}`,
  };
}

const rootMayAll = (groups: readonly SimulatedGroup[]): Map<string, Allowance> =>
  new Map(
    groups.flatMap(({ actions }) =>
      actions.map((action) => [
        action,
        {
          allowed: true,
          detail: 'the account’s root user: may everything; use a user or a role with the least policy',
        },
      ]),
    ),
  );
