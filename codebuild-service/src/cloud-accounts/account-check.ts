/**
 * The check of a cloud account: who its credential is at AWS, which permissions it lacks, and the least policy that has them
 * all. What could not be found out without changing anything is said to be so.
 */
import { randomUUID } from 'node:crypto';
import type { AccountCheckView } from '@aws-deployer/platform/contracts/cloud-accounts';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import type { AccountInspection, Allowance, AwsIdentity } from '../ports/account-inspection.js';
import type { AwsSession } from '../ports/aws-session.js';
import type { CodebuildSchema } from '../schema.js';
import { regionsOf, type CloudAccountRow } from './cloud-account.js';
import type { CloudAccountService } from './cloud-account-service.js';
import { findAccount } from './cloud-account-store.js';
import type { CloudAccounts } from './cloud-accounts.js';
import { leastPolicy, partitionOf, PERMISSIONS, type PermissionPlace } from './permissions.js';

export interface AccountCheckParts {
  readonly database: Database<CodebuildSchema>;
  readonly accounts: CloudAccounts;
  readonly service: CloudAccountService;
  readonly inspection: AccountInspection;
  readonly bucket: string | null;
  readonly serviceRole: string | null;
  /** What runs the builds of the local account, as a sentence. */
  readonly localEngine: string;
}
const LIMIT_MS = 60_000;
const NOT_FOUND_OUT = 'cannot be tried without changing anything';
type Permission = AccountCheckView['permissions'][number];
type Findings = ReadonlyMap<string, Allowance | null>;

export class AccountCheck {
  constructor(private readonly parts: AccountCheckParts) {}

  /** Throws not_found, and unavailable when time runs out; what is wrong with the account is the answer, not an error. */
  async run(idOrName: string, origin: Origin, asked: AbortSignal): Promise<AccountCheckView> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    try {
      return await this.#check(idOrName, origin, AbortSignal.any([asked, limit]));
    } catch (error) {
      if (!limit.aborted || asked.aborted) throw error;
      throw new AppError('unavailable', 'aws_unreachable', `AWS did not answer the check within ${LIMIT_MS / 1000} s`);
    }
  }

  async #check(idOrName: string, origin: Origin, signal: AbortSignal): Promise<AccountCheckView> {
    const { accounts, database, inspection, service, localEngine } = this.parts;
    const row = await findAccount(database.db, idOrName);
    if (row.kind === 'local') return nothingAtAws(localEngine);
    let session: AwsSession | null;
    let identity: AwsIdentity;
    try {
      session = await accounts.sessionOf(row, undefined);
      if (session === null) return nothingAtAws(localEngine);
      identity = await inspection.identity(session, signal);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'internal') throw error;
      const place = this.#place(row, null);
      return {
        ...answer(new Map(), place, error.message),
        ok: false,
        account_id: null,
        arn: null,
        permissions: permissionsOf(new Map(), 'the account could not be asked'),
      };
    }
    const place = this.#place(row, identity);
    const { findings, by } = await this.#findings(session, identity, place, signal);
    await service.remember(row.id, identity.accountId, origin);
    const view = answer(findings, place, '');
    const unknown = view.permissions.filter(({ allowed }) => allowed === null).length;
    const message =
      `Signed in as ${identity.arn}. ` +
      (view.missing.length === 0 ? 'Nothing that the platform uses is denied' : `Missing: ${view.missing.join(', ')}`) +
      (unknown === 0 ? ` (${by}).` : `; ${unknown} permissions could not be found out (${by}).`);
    return { ...view, ok: view.missing.length === 0, account_id: identity.accountId, arn: identity.arn, message };
  }

  async #findings(
    session: AwsSession,
    identity: AwsIdentity,
    place: PermissionPlace,
    signal: AbortSignal,
  ): Promise<{ findings: Findings; by: string }> {
    const { inspection, bucket } = this.parts;
    const groups = PERMISSIONS.map(({ actions, scope, passedTo }) => ({ actions, resources: scope(place), passedTo }));
    try {
      const findings = await inspection.simulate(session, identity, groups, signal);
      return { findings, by: 'by the simulation of IAM' };
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === 'internal') throw error; // not allowed to, or not there: try
    }
    const absent = { absentName: `${place.prefix}aws-deployer-check-${randomUUID().slice(0, 8)}`, bucket };
    const actions = PERMISSIONS.flatMap((group) => group.actions);
    const tried = await Promise.all(
      actions.map(
        async (action) => [action, await inspection.probe(session, action, absent, signal).catch(neither)] as const,
      ),
    );
    return { findings: new Map(tried), by: 'by trying; iam:SimulatePrincipalPolicy would tell all' };
  }

  #place(row: CloudAccountRow, identity: AwsIdentity | null): PermissionPlace {
    const regions = regionsOf(row);
    return {
      partition: identity?.arn.split(':')[1] ?? partitionOf(regions[0] ?? ''),
      accountId: identity?.accountId ?? row.account_id ?? '*',
      regions,
      prefix: '',
      bucket: this.parts.bucket,
      serviceRole: this.parts.serviceRole,
    };
  }
}

const neither = (error: unknown): null => {
  if (error instanceof AppError) return null; // throttled, unreachable: nothing is known
  throw error;
};

const nothingAtAws = (message: string): AccountCheckView => ({
  ok: true,
  account_id: null,
  arn: null,
  message,
  permissions: [],
  missing: [],
  least_policy: null,
});

const permissionsOf = (findings: Findings, unknown: string): Permission[] =>
  PERMISSIONS.flatMap(({ actions, purpose }) =>
    actions.map((action) => {
      const found = findings.get(action) ?? null;
      return { action, purpose, allowed: found?.allowed ?? null, detail: found === null ? unknown : found.detail };
    }),
  );

function answer(findings: Findings, place: PermissionPlace, message: string): AccountCheckView {
  const permissions = permissionsOf(findings, NOT_FOUND_OUT);
  return {
    ok: false,
    account_id: null,
    arn: null,
    message,
    permissions,
    missing: permissions.filter(({ allowed }) => allowed === false).map(({ action }) => action),
    least_policy: leastPolicy(place),
  };
}
