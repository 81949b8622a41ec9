/**
 * Credentials of a cloud account for another service's process. A role gives keys for an hour, made anew for each asker; keys
 * that were kept are given as they are. Who asked, and for what, is recorded before they leave.
 */
import type { AccountCredentialsBody, AccountCredentialsView } from '@aws-deployer/platform/contracts/cloud-accounts';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { z } from 'zod';
import type { TemporaryKeyIssuer } from '../ports/temporary-keys.js';
import type { CodebuildSchema } from '../schema.js';
import type { CloudAccounts } from './cloud-accounts.js';

export class AccountCredentials {
  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly accounts: CloudAccounts,
    private readonly keys: TemporaryKeyIssuer,
  ) {}

  /** Throws invalid on `account` or `region`, and as every call to AWS. */
  async issue(
    account: string,
    { region, purpose }: z.output<typeof AccountCredentialsBody>,
    origin: Origin,
  ): Promise<AccountCredentialsView> {
    const session = await this.accounts.session(account, region ?? undefined);
    if (session === null || session.credential.type === 'environment')
      throw invalidField(
        'account',
        `the cloud account ${account} has no credentials that could be handed out`,
        session === null ? 'name an account at AWS' : 'let the asking service use its own identity',
        'account_no_credentials',
      );
    const { credential } = session;
    const issued =
      credential.type === 'keys' ? { ...credential, expiration: undefined } : await this.keys.temporaryKeys(session);
    await recordAction(this.database.db, origin, {
      type: 'secret.read',
      targetType: 'cloud_account',
      target: account,
      after: { region: session.region, expires_at: issued.expiration?.toISOString() ?? null },
      summary: purpose,
    });
    return {
      account,
      region: session.region,
      access_key: issued.accessKeyId,
      secret_key: issued.secretAccessKey,
      session_token: issued.sessionToken ?? null,
      expires_at: issued.expiration?.toISOString() ?? null,
    };
  }
}
