/**
 * How many builds may run at once in an account: its own setting, else what Service Quotas say (asked once an hour), else
 * a careful guess; each with the sentence that tells where it comes from.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { AwsSession } from '../ports/aws-session.js';
import type { BuildQuota } from '../ports/build-quota.js';

export interface BuildLimit {
  readonly limit: number;
  readonly reason: string;
}
const KEPT_MS = 3_600_000;
/** A lookup that failed is tried again sooner. */
const FAILURE_KEPT_MS = 300_000;
const LOOKUP_MS = 10_000;
const GUESS = 10;

export class BuildLimits {
  readonly #known = new Map<string, { readonly until: number; readonly answer: Promise<BuildLimit> }>();

  constructor(
    private readonly quota: BuildQuota,
    private readonly clock: Clock,
  ) {}

  /** By the service quota of the account in its region. Never throws: an account that cannot be asked has the guess. */
  ofAccount(session: AwsSession): Promise<BuildLimit> {
    const key = `${session.account ?? ''}/${session.region}`;
    const now = this.clock.now().getTime();
    const known = this.#known.get(key);
    if (known && known.until > now) return known.answer;
    const answer = this.#ask(session).catch((error: unknown): BuildLimit => {
      if (!(error instanceof AppError)) throw error;
      this.#known.set(key, { until: this.clock.now().getTime() + FAILURE_KEPT_MS, answer });
      return { limit: GUESS, reason: `${GUESS} are assumed: the service quota could not be read (${error.message})` };
    });
    this.#known.set(key, { until: now + KEPT_MS, answer });
    answer.catch(() => this.#known.delete(key)); // a fault of ours is not kept
    return answer;
  }

  /** The account's credential or settings changed: what was known of it may be another account's. */
  forget(account: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${account}/`)) this.#known.delete(key);
  }

  async #ask(session: AwsSession): Promise<BuildLimit> {
    const limit = await this.quota.concurrentBuilds(session, AbortSignal.timeout(LOOKUP_MS));
    if (limit === null)
      return {
        limit: GUESS,
        reason: `${GUESS} are assumed: AWS names no quota of concurrent builds in ${session.region}`,
      };
    return {
      limit: Math.max(limit, 1),
      reason: `the service quota of the account for small Linux builds in ${session.region}`,
    };
  }
}
