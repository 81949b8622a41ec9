import type { Database } from '../database/open-database.js';
import type { AppError } from '../errors/app-error.js';
import { STATUS } from '../errors/status.js';
import type { Logger } from '../observability/logger.js';
import { recordAction, type Origin, type OutboxSchema } from '../outbox/outbox.js';

const WINDOW_MS = 60_000;
const KEPT_AT_MOST = 5_000;

interface Repeated {
  count: number;
  readonly origin: Origin;
  readonly action: string;
  readonly targetType: string | undefined;
  readonly error: AppError;
  readonly until: number;
}

/**
 * Puts on the log what a handler does not: requests that were refused, failed or changed nothing. The first refusal of an
 * address is a row at once; what the same address repeats within the minute is counted and becomes one more row, so that
 * a script that hammers cannot flood the books.
 */
export class RequestLog {
  readonly #repeated = new Map<string, Repeated>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly database: Database<OutboxSchema>,
    private readonly log: Logger,
  ) {
    this.#timer = setInterval(() => void this.flush(Date.now()), 5_000);
    this.#timer.unref();
  }

  async refused(
    origin: Origin,
    action: { type: string; targetType?: string | undefined; target?: string | undefined },
    error: AppError,
    request: unknown,
  ): Promise<void> {
    const denied = error.kind === 'unauthenticated' || error.kind === 'forbidden' || error.kind === 'rate_limited';
    if (denied) {
      const key = [origin.ip, origin.endpoint, error.code, origin.principal?.userId, error.account].join(' ');
      const seen = this.#repeated.get(key);
      if (seen && seen.until > Date.now()) {
        seen.count += 1;
        return;
      }
      if (this.#repeated.size >= KEPT_AT_MOST) await this.flush(Number.POSITIVE_INFINITY);
      this.#repeated.set(key, {
        count: 0,
        origin,
        action: action.type,
        targetType: action.targetType,
        error,
        until: Date.now() + WINDOW_MS,
      });
    }
    await recordAction(this.database.db, origin, {
      type: action.type,
      ...(action.targetType === undefined ? {} : { targetType: action.targetType }),
      ...(action.target === undefined ? {} : { target: action.target }),
      outcome: denied ? 'denied' : 'failed',
      ...about(error),
      request,
      summary: `${STATUS[error.kind]} ${error.code}: ${error.message}`,
    });
  }

  /** A state-changing request that found nothing to change (a second cancel) is on the log as well. */
  async unchanged(
    origin: Origin,
    action: { type: string; targetType?: string | undefined; target?: string | undefined },
    request: unknown,
  ): Promise<void> {
    await recordAction(this.database.db, origin, {
      type: action.type,
      ...(action.targetType === undefined ? {} : { targetType: action.targetType }),
      ...(action.target === undefined ? {} : { target: action.target }),
      request,
      summary: 'nothing to change',
    });
  }

  /** Writes the rows of those whose minute is over. */
  async flush(now: number): Promise<void> {
    for (const [key, { count, origin, action, targetType, error, until }] of this.#repeated) {
      if (until > now) continue;
      this.#repeated.delete(key);
      if (count === 0) continue;
      await recordAction(this.database.db, origin, {
        type: action,
        ...(targetType === undefined ? {} : { targetType }),
        outcome: 'denied',
        ...about(error),
        summary: `${STATUS[error.kind]} ${error.code}, ${count} more times within a minute`,
      }).catch((problem: unknown) => this.log.error('refusals could not be recorded', { problem, count, action }));
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush(Number.POSITIVE_INFINITY);
  }
}

/** A refused login has no principal: it is the tried account's. */
const about = ({ account }: AppError): { userId?: string; target?: string } =>
  account === undefined ? {} : { userId: account, target: account };
