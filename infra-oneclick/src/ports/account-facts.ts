/**
 * What an account says of itself before anything is made in it. Asks, and changes nothing.
 *
 * Throws AppError forbidden/`aws_refused` or unavailable/`aws_failed`: what could not be found out is for the caller to say.
 */
import type { Identity } from './cloud-inventory.js';

export interface Quota {
  /** `vCPUs of standard instances on demand` */
  readonly name: string;
  readonly limit: number;
  readonly used: number;
}
export type QuotaKind = 'vcpus' | 'addresses' | 'vpcs';

export interface AccountFacts {
  who(
    identity: Identity,
    region: string,
    signal: AbortSignal,
  ): Promise<{ readonly account: string; readonly arn: string }>;
  quota(identity: Identity, region: string, kind: QuotaKind, signal: AbortSignal): Promise<Quota>;
  /** By type, how many vCPUs one instance of it takes of the quota `vcpus`: 0 for what counts by another one. */
  vcpus(
    identity: Identity,
    region: string,
    types: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, number>>;
  /** By action, whether the policies of this identity allow it, as IAM simulates them. */
  allows(
    identity: Identity,
    region: string,
    arn: string,
    actions: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, boolean>>;
  /** Ranges of the VPCs that are there, by their ids. */
  ranges(identity: Identity, region: string, signal: AbortSignal): Promise<readonly { id: string; cidr: string }[]>;
  /** Whether the bucket is there, and keeps versions. */
  bucket(
    identity: Identity,
    region: string,
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly exists: boolean; readonly versioned: boolean }>;
}
