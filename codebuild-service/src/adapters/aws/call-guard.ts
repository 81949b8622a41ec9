/**
 * What stands between the calls of one account and one service: attempts with pauses that differ, a budget of retries that
 * all calls share, and a circuit that opens when the service fails again and again.
 */
import {
  BrokenCircuitError,
  circuitBreaker,
  ConsecutiveBreaker,
  decorrelatedJitterGenerator,
  ExponentialBackoff,
  handleAll,
  handleWhen,
  retry,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import type { AwsFailure } from './aws-failure.js';
import { isOutage, isTransient } from './aws-failure.js';

export interface GuardSettings {
  /** Attempts beyond the first. */
  readonly retries: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** Retries that are there at once, and how many come back a second. */
  readonly budget: number;
  readonly budgetPerSecond: number;
  /** Failures in a row that open the circuit, and how long it stays open at first. */
  readonly failuresToOpen: number;
  readonly openMs: number;
}
export const GUARD_SETTINGS: GuardSettings = {
  retries: 3,
  firstPauseMs: 200,
  longestPauseMs: 5_000,
  budget: 20,
  budgetPerSecond: 0.5,
  failuresToOpen: 8,
  openMs: 5_000,
};
const LONGEST_OPEN_MS = 60_000;

/** What one attempt came to. A refusal is an answer: the service is there. */
export type Attempt<Output> = { readonly output: Output } | { readonly failure: AwsFailure; readonly error: unknown };

export interface GuardEvents {
  readonly throttled: () => void;
  readonly retried: () => void;
  readonly circuit: (open: boolean) => void;
}
class FailedAttempt extends Error {
  constructor(readonly attempt: { readonly failure: AwsFailure; readonly error: unknown }) {
    super('an attempt failed');
  }
}

export class CallGuard {
  readonly #circuit: CircuitBreakerPolicy;
  readonly #budget: RetryBudget;

  constructor(
    private readonly settings: GuardSettings,
    private readonly events: GuardEvents,
    now: () => number,
  ) {
    this.#budget = new RetryBudget(settings.budget, settings.budgetPerSecond, now);
    this.#circuit = circuitBreaker(handleAll, {
      halfOpenAfter: new ExponentialBackoff({ initialDelay: settings.openMs, maxDelay: LONGEST_OPEN_MS }),
      breaker: new ConsecutiveBreaker(settings.failuresToOpen),
    });
    this.#circuit.onBreak(() => events.circuit(true));
    this.#circuit.onReset(() => events.circuit(false));
  }

  /** Throws BrokenCircuitError when nothing is sent, and what `attempt` throws. */
  async run<Output>(attempt: () => Promise<Attempt<Output>>, signal: AbortSignal): Promise<Attempt<Output>> {
    const { retries, firstPauseMs, longestPauseMs } = this.settings;
    let left = retries;
    let last: Attempt<Output> | undefined;
    const again = retry(
      handleWhen(
        (error) =>
          error instanceof FailedAttempt &&
          isTransient(error.attempt.failure) &&
          !signal.aborted &&
          left-- > 0 &&
          this.#budget.take(),
      ),
      {
        maxAttempts: retries,
        backoff: new ExponentialBackoff({
          generator: decorrelatedJitterGenerator,
          initialDelay: firstPauseMs,
          maxDelay: longestPauseMs,
        }),
      },
    ).dangerouslyUnref();
    again.onRetry(() => this.events.retried());
    const work = again.execute(async () => {
      signal.throwIfAborted();
      const made = await this.#throughCircuit(attempt, signal);
      if ('output' in made) return made;
      last = made;
      if (made.failure.class === 'throttled') this.events.throttled();
      throw new FailedAttempt(made);
    });
    try {
      return await untilAborted(work, signal); // neither a pause nor a circuit that is being tried heeds the signal
    } catch (error) {
      if (error instanceof FailedAttempt) return error.attempt;
      if (isCircuitOpen(error) && last !== undefined) return last; // it opened between our attempts: say what happened
      throw error;
    }
  }

  /** The circuit sees an error only where the service is down: refusals and a caller who leaves say nothing against it. */
  async #throughCircuit<Output>(
    attempt: () => Promise<Attempt<Output>>,
    signal: AbortSignal,
  ): Promise<Attempt<Output>> {
    try {
      const made = await this.#circuit.execute(async () => {
        const one = await attempt().catch((error: unknown) => ({ thrown: error }));
        if ('failure' in one && isOutage(one.failure) && !signal.aborted) throw new FailedAttempt(one);
        return one;
      });
      if ('thrown' in made) throw made.thrown;
      return made;
    } catch (error) {
      if (error instanceof FailedAttempt) return error.attempt;
      throw error;
    }
  }
}

export const isCircuitOpen = (error: unknown): boolean => error instanceof BrokenCircuitError;

/** A bucket of tokens: each retry takes one, time brings them back. When it is empty, failures are told at once. */
class RetryBudget {
  #tokens: number;
  #at: number;

  constructor(
    private readonly capacity: number,
    private readonly perSecond: number,
    private readonly now: () => number,
  ) {
    this.#tokens = capacity;
    this.#at = now();
  }

  take(): boolean {
    const now = this.now();
    this.#tokens = Math.min(this.capacity, this.#tokens + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** `work`, or the signal's reason as soon as it is aborted; what `work` comes to then is of no interest. */
export function untilAborted<Output>(work: Promise<Output>, signal: AbortSignal): Promise<Output> {
  return new Promise<Output>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
