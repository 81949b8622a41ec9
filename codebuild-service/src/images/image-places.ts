/** Which account and region images are meant to lie in, and which account signs in to a registry. */
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { CloudAccounts } from '../cloud-accounts/cloud-accounts.js';
import type { CloudAccountRow } from '../cloud-accounts/cloud-account.js';
import type { AccountInspection } from '../ports/account-inspection.js';
import type { AwsSession } from '../ports/aws-session.js';
import type { CodebuildSchema } from '../schema.js';
import type { EcrRegistry } from './registry-host.js';

export interface ImagePlaceAsked {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
export type NamedSession = AwsSession & { readonly account: string };

export class ImagePlaces {
  /** Numbers of accounts that nobody has checked yet, by name. */
  readonly #numbers = new Map<string, string>();

  constructor(
    private readonly database: Database<CodebuildSchema>,
    private readonly accounts: CloudAccounts,
    private readonly inspection: AccountInspection,
  ) {}

  /** Throws invalid on `account` and `region`. */
  async session({ account, region }: ImagePlaceAsked): Promise<NamedSession> {
    const { name } = await this.accounts.facts(account);
    const session = await this.accounts.session(name, region);
    if (session !== null) return { ...session, account: name };
    throw invalidField(
      'account',
      `the account ${name} is this machine and has no repositories in ECR`,
      'name an account at AWS; images of this machine lie in the registry that comes with the platform',
      'account_without_images',
    );
  }

  /**
   * The account whose number the registry has; where none has it, the default one, for a registry may let others in.
   * Throws not_found/`registry_account_unknown` where no account is at AWS.
   */
  async sessionFor({ registryId, region }: EcrRegistry, signal: AbortSignal): Promise<NamedSession> {
    const rows = await this.database.db
      .selectFrom('cloud_accounts')
      .selectAll()
      .where('kind', '!=', 'local')
      .orderBy('is_default', 'desc')
      .orderBy('name')
      .execute();
    const known = rows.find((row) => (row.account_id ?? this.#numbers.get(row.name)) === registryId);
    const owner = known ?? (await this.#ownerAmong(rows, registryId, signal)) ?? rows[0];
    const session = owner === undefined ? null : await this.accounts.sessionOf(owner, region);
    if (owner !== undefined && session !== null) return { ...session, account: owner.name };
    throw new AppError(
      'not_found',
      'registry_account_unknown',
      `No cloud account signs in to the registry of AWS account ${registryId}: add one under /api/v1/cloud-accounts, or enter a login for the registry`,
    );
  }

  forget(account: string): void {
    this.#numbers.delete(account);
  }

  async #ownerAmong(
    rows: readonly CloudAccountRow[],
    registryId: string,
    signal: AbortSignal,
  ): Promise<CloudAccountRow | undefined> {
    for (const row of rows) {
      if (row.account_id !== null || this.#numbers.has(row.name)) continue;
      try {
        const session = await this.accounts.sessionOf(row, undefined);
        if (session === null) continue;
        const { accountId } = await this.inspection.identity(session, signal);
        this.#numbers.set(row.name, accountId);
        if (accountId === registryId) return row;
      } catch (error) {
        if (!(error instanceof AppError)) throw error; // an account that cannot be asked is not the one
      }
    }
    return undefined;
  }
}
