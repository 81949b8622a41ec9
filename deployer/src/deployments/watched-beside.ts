/**
 * Watches a release beside other work, such as its smoke tests: when that fails, the cause is known (a test that nobody answers
 * is an effect), and when the release is doomed or taken over meanwhile, nobody waits for the work.
 */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import { holdRollout, type RolloutRequest } from './rollout.js';
import type { RolloutOutcome } from './rollout-watch.js';

/** How long the cluster may take to tell what the work has met already, in milliseconds: a kubelet looks once a second. */
export const CAUSE_MS = 3_000;

export interface Beside<T> {
  readonly request: Omit<RolloutRequest, 'secrets'>;
  readonly work: (signal: AbortSignal) => Promise<T>;
  /** Whether the work's result asks for a cause. */
  readonly failed: (value: T) => boolean;
  /** Milliseconds that the work lasts at most. */
  readonly mostMs: number;
}
export type BesideEnd<T> =
  | { readonly kind: 'worked'; readonly value: T; readonly cause: VerdictView | undefined }
  | { readonly kind: 'ended'; readonly outcome: RolloutOutcome };

/** Throws what the work throws, and the signal's reason when it aborts. A cluster that cannot be asked tells no cause. */
export async function watchedBeside<T>(beside: Beside<T>, signal: AbortSignal): Promise<BesideEnd<T>> {
  const { request, work, failed, mostMs } = beside;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  let said: VerdictView | null = null;
  const cause = Promise.withResolvers<void>();
  const watching = holdRollout(
    {
      ...request,
      holdMs: mostMs + CAUSE_MS,
      onVerdict: (verdict) => {
        said = verdict;
        if (isCause(said)) cause.resolve();
        request.onVerdict(verdict);
      },
    },
    both,
  );
  const working = work(both);
  const outcome = Promise.withResolvers<BesideEnd<T>>();
  watching.then(
    (ended) => {
      if (ended.kind !== 'complete') outcome.resolve({ kind: 'ended', outcome: ended }); // well so far: the work decides
    },
    (error: unknown) => {
      if (!(error instanceof AppError)) outcome.reject(error);
    },
  );
  try {
    const first = await Promise.race([outcome.promise, working.then((value) => ({ kind: 'worked' as const, value }))]);
    if (first.kind === 'ended') return first;
    if (failed(first.value)) await Promise.race([cause.promise, delay(CAUSE_MS, both).catch(() => undefined)]); // aborted: told below
    return { ...first, cause: isCause(said) ? said : undefined };
  } finally {
    stop.abort();
    await Promise.allSettled([watching, working]);
    signal.throwIfAborted();
  }
}

/** Whether a verdict says what went wrong with the release, or with what it runs on. */
export const isCause = (verdict: VerdictView | null): verdict is VerdictView =>
  verdict !== null && verdict.fault !== 'none' && verdict.fault !== 'unknown';
