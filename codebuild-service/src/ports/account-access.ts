/** What the slices ask of the cloud accounts: who is the default, how to sign in, how many builds may run at once. */
import type { AwsSession } from './aws-session.js';

export interface AccountFacts {
  readonly name: string;
  /** `local`: builds run on this machine, nothing goes to AWS. */
  readonly engine: 'local' | 'codebuild';
  /** The first is the default one; the local account has `local`. */
  readonly regions: readonly string[];
}
export interface AccountAccess {
  /** Absent: the default account. Throws invalid/`account_unknown` on `account`. */
  facts(account: string | undefined): Promise<AccountFacts>;
  /** null for the local account. Throws as `facts`, and invalid/`region_unknown` on `region`. */
  session(account: string | undefined, region: string | undefined): Promise<AwsSession | null>;
  /** How many builds may run at once there, and a sentence where the figure comes from. */
  buildLimit(account: string, region: string): Promise<{ readonly limit: number; readonly reason: string }>;
}
