/**
 * As whom Terraform asks the cloud: variables for its process alone. They are in no log, no argument and no row. The account
 * `environment` is this service's own identity; any other one's credentials are asked of codebuild-service, which keeps the
 * accounts and records who read them for what.
 */
import { AccountCredentialsView } from '@aws-deployer/platform/contracts/cloud-accounts';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { can, type Principal } from '@aws-deployer/platform/auth/principal';
import type { ServiceClient } from '@aws-deployer/platform/http-client/service-client';
import { AWS_VARIABLES, type InfraConfig } from '../config.js';

export const ENVIRONMENT_ACCOUNT = 'environment';
/** A role may be assumed through several others. */
const WITHIN_MS = 60_000;

export interface AskedFor {
  readonly purpose: string;
  /** Whom the keys are for; undefined: the platform itself. */
  readonly actingUser: string | undefined;
  readonly signal: AbortSignal;
}

/** Variables, and when their keys are over; null: never by themselves. */
export interface IssuedIdentity {
  readonly variables: Readonly<Record<string, string>>;
  readonly expiresAt: Date | null;
}

export class CloudIdentity {
  constructor(
    private readonly config: InfraConfig,
    private readonly codebuild: ServiceClient,
  ) {}

  /** Throws as codebuild-service: invalid/`account_unknown`, unavailable/`codebuild_unreachable`, what AWS says of a role. */
  async variables(account: string | null, region: string | null, asked: AskedFor): Promise<Record<string, string>> {
    return { ...(await this.issued(account, region, asked)).variables };
  }

  /** The same, with the end of its keys. */
  async issued(account: string | null, region: string | null, asked: AskedFor): Promise<IssuedIdentity> {
    if (account === null) return { variables: {}, expiresAt: null };
    if (account === ENVIRONMENT_ACCOUNT)
      return { variables: { ...this.#own(AWS_VARIABLES), ...regionVariables(region) }, expiresAt: null };
    const keys = await this.codebuild.call(`/internal/v1/cloud-accounts/${encodeURIComponent(account)}/credentials`, {
      method: 'POST',
      body: { region, purpose: asked.purpose },
      answer: AccountCredentialsView,
      idempotent: true,
      timeoutMs: WITHIN_MS,
      signal: asked.signal,
      ...(asked.actingUser === undefined ? {} : { actingUser: asked.actingUser }),
    });
    return {
      variables: {
        ...this.#own(['AWS_ENDPOINT_URL']),
        AWS_ACCESS_KEY_ID: keys.access_key,
        AWS_SECRET_ACCESS_KEY: keys.secret_key,
        ...(keys.session_token === null ? {} : { AWS_SESSION_TOKEN: keys.session_token }),
        ...regionVariables(keys.region),
      },
      expiresAt: keys.expires_at === null ? null : new Date(keys.expires_at),
    };
  }

  /** Values of those variables that are secrets. */
  secrets(variables: Readonly<Record<string, string>>): string[] {
    return ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID'].flatMap((name) => variables[name] ?? []);
  }

  #own(names: readonly (typeof AWS_VARIABLES)[number][]): Record<string, string> {
    return Object.fromEntries(
      names.flatMap((name) => {
        const value = this.config[name];
        return value === undefined ? [] : [[name, value] as const];
      }),
    );
  }
}

const regionVariables = (region: string | null): Record<string, string> =>
  region === null ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region };

/** Who has Terraform work as a cloud account must be permitted to use those. */
export function refuseAccountUse(principal: Principal, account: string | null): void {
  if (account === null || account === ENVIRONMENT_ACCOUNT || can(principal, 'aws:write')) return;
  throw new AppError(
    'forbidden',
    'not_permitted',
    `${principal.username} may not use the cloud account ${account}: that takes the permission aws:write`,
  );
}
