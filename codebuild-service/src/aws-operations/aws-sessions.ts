/** As whom and where an operation runs: a cloud account of the platform, never the local one. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AccountAccess } from '../ports/account-access.js';
import type { AwsSession } from '../ports/aws-session.js';

/** Throws as AccountAccess does, and conflict/`account_is_local` where the account is this machine. */
export async function awsSession(
  accounts: AccountAccess,
  account: string | undefined,
  region: string | undefined,
): Promise<AwsSession> {
  const session = await accounts.session(account, region);
  if (session !== null) return session;
  throw new AppError(
    'conflict',
    'account_is_local',
    `${account === undefined ? 'The default account' : `The account ${account}`} is this machine, where there is no AWS to ask: name a cloud account of AWS`,
    {
      fields: [
        {
          field: 'account',
          message: 'is the local one',
          mend: 'add an account under /api/v1/cloud-accounts and name it, or start the service with AWS_* variables',
        },
      ],
    },
  );
}
