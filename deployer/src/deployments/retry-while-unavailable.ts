/** Repeats a harmless piece of work while the other side does not answer: a cluster that restarts is no fault of a release. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';

export interface RetryOptions {
  /** Milliseconds after which the last error is thrown. */
  readonly forMs: number;
  readonly onTry: (error: AppError) => void;
  readonly signal: AbortSignal;
  readonly pauseMs?: number;
}

export async function retryWhileUnavailable<T>(
  work: () => Promise<T>,
  { forMs, onTry, signal, pauseMs = 2_000 }: RetryOptions,
): Promise<T> {
  const until = Date.now() + forMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
      // Who says when to come back is not asked before.
      const pause = Math.max(pauseMs, (error.retryAfterSeconds ?? 0) * 1000);
      if (Date.now() + pause >= until) throw error;
      onTry(error);
      await delay(pause, signal);
    }
  }
}
