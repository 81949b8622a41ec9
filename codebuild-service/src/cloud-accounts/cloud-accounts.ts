/**
 * What the other slices ask of the cloud accounts: who is meant, how to sign in there, how many builds may run at once.
 *
 * Throws invalid/`account_unknown` on `account`, invalid/`region_unknown` on `region`. A session carries secrets: it is made
 * for the call at hand and kept nowhere.
 */
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { AwsRegion } from '@aws-deployer/platform/contracts/cloud-accounts';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { AccountAccess, AccountFacts } from '../ports/account-access.js';
import type { AwsCredential, AwsSession } from '../ports/aws-session.js';
import type { CodebuildSchema } from '../schema.js';
import type { BuildLimit, BuildLimits } from './build-limits.js';
import { LOCAL_REGION, regionsOf, type CloudAccountRow } from './cloud-account.js';
import { accountNamed, credentialOf, defaultAccount } from './cloud-account-store.js';

export interface CloudAccountsParts {
  readonly database: Database<CodebuildSchema>;
  readonly box: SecretBox;
  readonly limits: BuildLimits;
  /** Builds that this machine runs at once. */
  readonly localConcurrentBuilds: number;
}

export class CloudAccounts implements AccountAccess {
  constructor(private readonly parts: CloudAccountsParts) {}

  async facts(account: string | undefined): Promise<AccountFacts> {
    return factsOf(await this.#row(account));
  }

  async session(account: string | undefined, region: string | undefined): Promise<AwsSession | null> {
    return this.sessionOf(await this.#row(account), region);
  }

  /** As `session`, of a row that is at hand. */
  async sessionOf(row: CloudAccountRow, region: string | undefined): Promise<AwsSession | null> {
    const place = regionIn(row, region);
    if (row.kind === 'local') return null;
    return { account: row.name, region: place, credential: await this.#credential(row, [row.name]) };
  }

  async buildLimit(account: string, region: string): Promise<BuildLimit> {
    const row = await this.#row(account);
    if (row.concurrent_builds !== null)
      return { limit: row.concurrent_builds, reason: `set for the cloud account ${row.name}` };
    if (row.kind === 'local')
      return { limit: this.parts.localConcurrentBuilds, reason: 'set for this machine by LOCAL_CONCURRENT_BUILDS' };
    const session = await this.sessionOf(row, region);
    if (session === null) throw new Error('an account at AWS always has a session');
    return this.parts.limits.ofAccount(session);
  }

  async #row(name: string | undefined): Promise<CloudAccountRow> {
    const { db } = this.parts.database;
    const row = await (name === undefined ? defaultAccount(db) : accountNamed(db, name));
    if (row !== undefined) return row;
    throw invalidField(
      'account',
      name === undefined ? 'there is no cloud account' : `there is no cloud account ${name}`,
      'name one of /api/v1/cloud-accounts, or add it there',
      'account_unknown',
    );
  }

  async #credential(row: CloudAccountRow, seen: readonly string[]): Promise<AwsCredential> {
    const credential = credentialOf(row, this.parts.box);
    switch (credential.type) {
      case 'environment':
        return { type: 'environment' };
      case 'static_keys':
        return {
          type: 'keys',
          accessKeyId: credential.access_key,
          secretAccessKey: credential.secret_key,
          ...(credential.session_token === undefined ? {} : { sessionToken: credential.session_token }),
        };
      case 'assume_role': {
        const via = await accountNamed(this.parts.database.db, credential.via);
        if (via === undefined || via.kind === 'local' || seen.includes(via.name))
          throw new AppError(
            'conflict',
            'account_via_missing',
            `The cloud account ${row.name} assumes its role as ${credential.via}, which ${via === undefined ? 'does not exist here' : 'cannot be used for that'}`,
          );
        return {
          type: 'role',
          roleArn: credential.role_arn,
          ...(credential.external_id === undefined ? {} : { externalId: credential.external_id }),
          via: await this.#credential(via, [...seen, via.name]),
        };
      }
    }
  }
}

const factsOf = (row: CloudAccountRow): AccountFacts => ({
  name: row.name,
  engine: row.kind === 'local' ? 'local' : 'codebuild',
  regions: regionsOf(row),
});

/** The account of the environment is not bound to its list: whoever runs the process may name any region. */
function regionIn(row: CloudAccountRow, asked: string | undefined): string {
  const regions = regionsOf(row);
  if (asked === undefined) return regions[0] ?? LOCAL_REGION;
  const anywhere = row.builtin === 1 && row.kind === 'environment' && AwsRegion.safeParse(asked).success;
  if (regions.includes(asked) || anywhere) return asked;
  throw invalidField(
    'region',
    `the cloud account ${row.name} is not used in ${asked}`,
    row.kind === 'local'
      ? 'leave it out: builds of this account run on this machine'
      : `use ${regions.join(' or ')}, or add it to the account`,
    'region_unknown',
  );
}
