/**
 * The queue played forward: in which order the waiting builds start, and when, if each runs as long as it is estimated to.
 * Pure; times are milliseconds of the epoch.
 */
import { FairQueue, UNKNOWN_SECONDS, type QueueInput, type RunningBuild, type WaitingBuild } from './fair-queue.js';

export interface RunningForecast extends RunningBuild {
  /** What is left of it by the estimate; null: nothing is known. */
  readonly secondsLeft: number | null;
}
export interface Forecast {
  /** 1: the next to start. */
  readonly position: number;
  readonly reason: string;
  /** null: somewhere ahead stands a build of which nothing is known. */
  readonly startsAt: number | null;
}
export type ForecastInput = Omit<QueueInput, 'running'> & { readonly running: readonly RunningForecast[] };

interface End {
  readonly at: number;
  readonly known: boolean;
  readonly build: RunningBuild;
}

/** By id of the waiting builds. */
export function forecast(input: ForecastInput, now: number): Map<string, Forecast> {
  const queue = new FairQueue(input);
  const reasons = new Map(input.waiting.map((build) => [build.id, queue.reasonOf(build, now)]));
  const ends = new Ends(
    input.running.map((build) => ({
      at: now + (build.secondsLeft ?? UNKNOWN_SECONDS) * 1000,
      known: build.secondsLeft !== null,
      build,
    })),
  );
  const retries = [...new Set(input.waiting.flatMap(({ notBefore }) => (notBefore === null ? [] : [notBefore])))].sort(
    (a, b) => a - b,
  );
  const forecasts = new Map<string, Forecast>();
  let at = now;
  let known = true;
  for (;;) {
    for (let build = queue.next(at); build !== undefined; build = queue.next(at)) {
      forecasts.set(build.id, {
        position: forecasts.size + 1,
        reason: reasons.get(build.id) ?? '',
        startsAt: known ? at : null,
      });
      ends.add(endOf(build, at));
    }
    if (queue.waiting === 0) break;
    const retry = retries.find((instant) => instant > at);
    const end = ends.first();
    if (end !== undefined && (retry === undefined || end.at <= retry)) {
      ends.takeFirst();
      queue.ended(end.build);
      at = Math.max(at, end.at);
      known &&= end.known;
    } else if (retry !== undefined) at = retry;
    else break; // a limit of 0, or builds that wait for one another
  }
  for (const { id } of input.waiting)
    if (!forecasts.has(id))
      forecasts.set(id, { position: forecasts.size + 1, reason: reasons.get(id) ?? '', startsAt: null });
  return forecasts;
}

const endOf = (build: WaitingBuild, at: number): End => ({
  at: at + (build.seconds ?? UNKNOWN_SECONDS) * 1000,
  known: build.seconds !== null,
  build,
});

/** The ends to come, soonest first: a binary heap, for a queue may hold thousands. */
class Ends {
  readonly #heap: End[] = [];

  constructor(ends: readonly End[]) {
    for (const end of ends) this.add(end);
  }

  first(): End | undefined {
    return this.#heap[0];
  }

  add(end: End): void {
    const heap = this.#heap;
    let at = heap.push(end) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= this.#at(at)) break;
      this.#swap(parent, at);
      at = parent;
    }
  }

  takeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const least = [at, left, left + 1].reduce((a, b) => (this.#at(b) < this.#at(a) ? b : a));
      if (least === at) return;
      this.#swap(least, at);
      at = least;
    }
  }

  #at(index: number): number {
    return this.#heap[index]?.at ?? Infinity;
  }
  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}
