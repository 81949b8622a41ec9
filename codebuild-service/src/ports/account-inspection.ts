/** Who an account's credential is at AWS, and what it may do. Throws AppError as every call to AWS. */
import type { AwsSession } from './aws-session.js';

export interface AwsIdentity {
  readonly accountId: string;
  readonly arn: string;
}
export interface SimulatedGroup {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly passedTo?: string | undefined;
}
export interface Allowance {
  readonly allowed: boolean;
  readonly detail: string | null;
}

export interface AccountInspection {
  identity(session: AwsSession, signal: AbortSignal): Promise<AwsIdentity>;
  /** IAM's own simulation of the identity's policies, by action. Throws forbidden where the identity may not ask for it. */
  simulate(
    session: AwsSession,
    identity: AwsIdentity,
    groups: readonly SimulatedGroup[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Allowance>>;
  /**
   * Tries the action in a way that changes nothing: it reads, or names a thing that does not exist. null: there is no such
   * way, or the answer says neither yes nor no.
   */
  probe(session: AwsSession, action: string, place: ProbePlace, signal: AbortSignal): Promise<Allowance | null>;
}
export interface ProbePlace {
  /** Of a project and a repository that nobody has. */
  readonly absentName: string;
  readonly bucket: string | null;
}
