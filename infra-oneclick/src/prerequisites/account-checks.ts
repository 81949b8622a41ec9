/** What of an environment's prerequisites its cloud account tells. What cannot be found out is `unknown`, with the reason. */
import type { PlanSummaryView, PrerequisitesView } from '@aws-deployer/platform/contracts/infra';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { AccountFacts, QuotaKind } from '../ports/account-facts.js';
import type { Identity } from '../ports/cloud-inventory.js';
import { overlap, parseCidr } from './cidr.js';
import { addedInstances, neededActions, neededOf, type AddedInstances } from './plan-needs.js';

export type Check = PrerequisitesView['checks'][number];
type Detail = Check['details'][number];

export const check = (
  name: Check['name'],
  state: Check['state'],
  message: string,
  mend: string | null = null,
  details: Detail[] = [],
): Check => ({ name, state, message, mend, details });

export interface AskedAccount {
  readonly identity: Identity;
  readonly region: string;
  /** Of the newest plan; null: there is none yet. */
  readonly summary: PlanSummaryView | null;
  readonly signal: AbortSignal;
}

export async function credentialsCheck(
  facts: AccountFacts,
  asked: AskedAccount,
): Promise<{ check: Check; arn: string | null }> {
  try {
    const { account, arn } = await facts.who(asked.identity, asked.region, asked.signal);
    return { check: check('credentials', 'ok', `AWS knows it as ${arn} of the account ${account}`), arn };
  } catch (error) {
    const refused = error instanceof AppError && error.kind === 'forbidden';
    const mend = refused ? 'renew the credential of the account' : 'make sure that AWS can be reached from here';
    return { check: check('credentials', 'fail', messageOf(error), mend), arn: null };
  }
}

const KINDS: readonly QuotaKind[] = ['vcpus', 'addresses', 'vpcs'];

export async function quotasCheck(facts: AccountFacts, asked: AskedAccount): Promise<Check> {
  const { identity, region, summary, signal } = asked;
  const details: Detail[] = [];
  for (const kind of KINDS) {
    let needed: number | null = null;
    try {
      const needs = kind === 'vcpus' ? await neededVcpus(facts, asked) : plainNeed(neededOf(kind, summary));
      needed = needs.count;
      const { name, limit, used } = await facts.quota(identity, region, kind, signal);
      const left = limit - used;
      const state =
        needed === null ? (left > 0 ? 'ok' : 'warn') : left < needed ? 'fail' : left < needs.most ? 'warn' : 'ok';
      const wants = needed === null ? 'the plan does not tell how many it needs' : `the plan needs ${needs.words}`;
      details.push({ name, state, message: `${used} of ${limit} are used; ${wants}`, limit, used, needed });
    } catch (error) {
      details.push({ name: kind, state: 'unknown', message: messageOf(error), limit: null, used: null, needed });
    }
  }
  const short = details.filter(({ state }) => state === 'fail' || state === 'warn');
  if (short.length > 0)
    return check(
      'quotas',
      short.some(({ state }) => state === 'fail') ? 'fail' : 'warn',
      `Not enough: ${short.map(({ name }) => name).join(', ')}`,
      'ask for more in Service Quotas, or take away what is not needed',
      details,
    );
  const unknown = details.filter(({ state }) => state === 'unknown');
  return unknown.length === 0
    ? check('quotas', 'ok', 'There is room', null, details)
    : check(
        'quotas',
        'unknown',
        `Could not be found out: ${unknown.map(({ name }) => name).join(', ')}`,
        'allow servicequotas:GetServiceQuota',
        details,
      );
}

interface Need {
  /** null: the plan does not tell. */
  readonly count: number | null;
  /** Once what grows by itself is at its largest. */
  readonly most: number;
  readonly words: string;
}
const plainNeed = (count: number | null): Need => ({ count, most: count ?? 0, words: String(count ?? '') });

/** Of the types and numbers that the newest plan names, by what AWS says of each type. */
async function neededVcpus(facts: AccountFacts, { identity, region, summary, signal }: AskedAccount): Promise<Need> {
  const added = addedInstances(summary);
  if (added === null || added.length === 0) return plainNeed(added === null ? null : 0);
  const each = await facts.vcpus(identity, region, [...new Set(added.map(({ type }) => type))], signal);
  if (added.some(({ type }) => !each.has(type))) return plainNeed(null);
  const sum = (of: (one: AddedInstances) => number): number =>
    added.reduce((total, one) => total + of(one) * (each.get(one.type) ?? 0), 0);
  const [count, most] = [sum((one) => one.count), sum((one) => one.most)];
  const parts = added.map((one) => `${one.count} × ${one.type}`).join(', ');
  const grown = most > count ? `, and ${most} with its node groups at their largest` : '';
  return { count, most, words: `${count} for ${parts}${grown}` };
}

export async function permissionsCheck(
  facts: AccountFacts,
  arn: string | null,
  { identity, region, summary, signal }: AskedAccount,
): Promise<Check> {
  if (arn === null) return check('permissions', 'unknown', 'Nobody is signed in at AWS');
  if (arn.endsWith(':root')) return check('permissions', 'warn', 'The root user may do all', 'use a role instead');
  try {
    const allowed = await facts.allows(identity, region, arn, neededActions(summary), signal);
    const nothing = { limit: null, used: null, needed: null };
    const details = [...allowed].map(([name, may]): Detail => ({
      name,
      state: may ? 'ok' : 'fail',
      message: may ? 'is allowed' : 'is not allowed',
      ...nothing,
    }));
    const lacks = details.filter(({ state }) => state === 'fail').map(({ name }) => name);
    return lacks.length === 0
      ? check('permissions', 'ok', `${details.length} actions are allowed`, null, details)
      : check(
          'permissions',
          'fail',
          `Not allowed: ${lacks.join(', ')}`,
          'add them to the policy of the identity',
          details,
        );
  } catch (error) {
    return check('permissions', 'unknown', messageOf(error), 'allow iam:SimulatePrincipalPolicy on itself');
  }
}

/** Ranges of VPCs that are there and overlap with those of the environment's variables. */
export async function overlapsInAccount(
  facts: AccountFacts,
  ranges: readonly string[],
  { identity, region, signal }: AskedAccount,
): Promise<string[]> {
  const there = await facts.ranges(identity, region, signal);
  return ranges.flatMap((text) => {
    const own = parseCidr(text);
    return there.flatMap(({ id, cidr }) => {
      const other = parseCidr(cidr);
      return own !== undefined && other !== undefined && overlap(own, other) ? [`${text} and ${cidr} of ${id}`] : [];
    });
  });
}

export async function stateCheck(
  facts: AccountFacts,
  bucket: string | undefined,
  { identity, region, signal }: AskedAccount,
): Promise<Check> {
  if (bucket === undefined)
    return check(
      'state',
      'unknown',
      'The settings of the backend name no bucket',
      'set bucket, key and region of the backend',
    );
  try {
    const { exists, versioned } = await facts.bucket(identity, region, bucket, signal);
    if (!exists)
      return check(
        'state',
        'fail',
        `There is no bucket ${bucket}`,
        'make it with terraform/bootstrap, or name another one',
      );
    return versioned
      ? check('state', 'ok', `The bucket ${bucket} is there and keeps versions`)
      : check(
          'state',
          'warn',
          `The bucket ${bucket} keeps no versions`,
          'switch its versioning on: a state that is lost is lost',
        );
  } catch (error) {
    return check('state', 'unknown', messageOf(error));
  }
}
