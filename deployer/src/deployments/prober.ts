/**
 * Asks an application ten times a second while it is changed, and counts what a user would have seen.
 *
 * Counting begins with the first answer: before an application's first release nobody could have been disappointed. Failed is no
 * answer in time, a broken one, or a status of 500 and above.
 */
import type { ApplicationClient } from './application-http.js';
import { NoAnswer } from './application-http.js';
import type { RolloutCounts } from './deployment.js';

export interface ProberOptions {
  readonly client: ApplicationClient;
  /** `/health`, or `/`. */
  readonly path: string;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  /** What an earlier process counted for the same deployment. */
  readonly from?: RolloutCounts;
}
export interface Prober {
  /** `longestGapMs`: from the beginning of a failed request to the end of the next good one; 0 when none failed. */
  counts(): RolloutCounts;
  /** The failed request of the latest beginning, in a line: `GET /health answered 500`. Undefined: none failed. */
  lastFailure(): string | undefined;
  /** The application answers elsewhere from now on. What is still asked of the old address counts for neither side. */
  moveTo(client: ApplicationClient): void;
  /** Ends it and its clients; resolves to the final counts when nothing is under way any more. */
  stop(): Promise<RolloutCounts>;
}

const INTERVAL_MS = 100;
const TIMEOUT_MS = 5_000;
/** When every request hangs, no more than these wait at once: the prober must not become the load. */
const MOST_AT_ONCE = 60;

export const startProber = ({
  client: first,
  path,
  intervalMs = INTERVAL_MS,
  timeoutMs = TIMEOUT_MS,
  from,
}: ProberOptions): Prober => {
  let requests = from?.requests ?? 0;
  let failed = from?.failed ?? 0;
  let longestGapMs = from?.longestGapMs ?? 0;
  let counting = requests > 0;
  /** Since when nothing was answered. */
  let gapSince: number | undefined;
  let lastFailure: { readonly began: number; readonly said: string } | undefined;
  /** The latest request that was answered well began then: an older failure that arrives late opens no gap. */
  let goodBegan = 0;
  let client = first;
  const clients = [first];
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();

  /** `failure`: what went wrong; undefined when it was answered well. */
  const count = (began: number, failure: string | undefined): void => {
    if (failure === undefined) {
      counting = true;
      goodBegan = Math.max(goodBegan, began);
      if (gapSince !== undefined) longestGapMs = Math.max(longestGapMs, Date.now() - gapSince);
      gapSince = undefined;
    }
    if (!counting) return;
    requests += 1;
    if (failure === undefined) return;
    failed += 1;
    if (began >= (lastFailure?.began ?? 0)) lastFailure = { began, said: `GET ${path} ${failure}` };
    longestGapMs = Math.max(longestGapMs, 1); // it failed: never print a gap of none beside it
    if (began > goodBegan) gapSince ??= began;
  };
  const ask = async (): Promise<void> => {
    const began = Date.now();
    const asked = client;
    try {
      const { status } = await asked.get(path, timeoutMs, stopping.signal);
      if (asked !== client) return;
      count(began, status < 500 ? undefined : `answered ${String(status)}`);
    } catch (error) {
      if (stopping.signal.aborted || asked !== client) return; // we ended it: it counts for neither side
      if (!(error instanceof NoAnswer)) throw error;
      count(began, `got no answer: ${error.message}`);
    }
  };
  let broken: unknown;
  const fire = (): void => {
    if (underWay.size >= MOST_AT_ONCE) return;
    const asked: Promise<void> = ask()
      .catch((error: unknown) => {
        broken ??= error;
        clearInterval(timer);
      })
      .finally(() => underWay.delete(asked));
    underWay.add(asked);
  };
  const timer = setInterval(fire, intervalMs);
  fire();

  const counts = (): RolloutCounts => ({
    requests,
    failed,
    longestGapMs: gapSince === undefined ? longestGapMs : Math.max(longestGapMs, Date.now() - gapSince),
  });
  return {
    counts,
    lastFailure: () => lastFailure?.said,
    moveTo: (next) => {
      clients.push(next);
      client = next;
    },
    async stop() {
      clearInterval(timer);
      const last = counts();
      stopping.abort();
      await Promise.all(underWay);
      await Promise.all(clients.map((one) => one.close()));
      if (broken !== undefined) throw broken as Error;
      return last;
    },
  };
};
