import type { EventStream } from '@aws-deployer/platform/http/event-stream';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { toActivityItem, type ActivityRow } from './activity.js';
import { matches, type ActivityFilter } from './activity-filter.js';
import type { ActivityReadModel } from './activity-read-model.js';

/** Rows that other replicas write are looked for this often while somebody watches. */
const POLL_MS = 1_000;
/** A burst of commits is read together. */
const SHORTEST_MS = 50;
const BATCH = 1_000;
/** What a client has missed is read so many rows at a time, whatever its filter. */
const PAST_WINDOW = 2_000;
/** A number that is missing belongs to a transaction still under way, or to one that failed: it is waited for this long. */
const GAP_MS = 10_000;
const GAPS_AT_MOST = 1_000;
/** A client that is so far behind begins again where it is. */
const BEHIND_AT_MOST = 5_000;

/** After which row a client goes on. `lateSince`: rows below it that came late, before this instant (ms), are not for it. */
export interface Beginning {
  readonly after: number;
  readonly lateSince?: number;
}

class Watcher {
  readonly rows: ActivityRow[] = [];
  behind = false;
  #wake: () => void = () => undefined;

  push(rows: readonly ActivityRow[]): void {
    this.rows.push(...rows);
    if (this.rows.length > BEHIND_AT_MOST) this.behind = true;
    this.#wake();
  }
  /** Resolves when there is something, or the signal is aborted. */
  next(signal: AbortSignal): Promise<void> {
    if (this.rows.length > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/**
 * The live stream: one reader of the table for all who watch, so that five hundred of them cost one query.
 *
 * Numbers of concurrent transactions do not become visible in their order, so the reader does not trust `seq > last`
 * alone: it looks again for the numbers that were missing, for ten seconds.
 */
export class ActivityFeed {
  readonly #watchers = new Set<Watcher>();
  #last: number | undefined;
  readonly #gaps = new Map<number, number>();
  /** Numbers that came late: who comes back with a higher one has not had them. */
  #late: { readonly row: ActivityRow; readonly at: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #readAt = 0;
  #again = false;

  constructor(
    private readonly activity: ActivityReadModel,
    private readonly log: Logger,
    private readonly watching: (count: number) => void,
  ) {}

  /** Rows were committed here. */
  wake(): void {
    if (this.#watchers.size === 0) return;
    this.#again = true;
    this.#schedule(Math.max(0, SHORTEST_MS - (Date.now() - this.#readAt)));
  }

  /** Where one begins who has seen nothing yet. Asked before the stream is open: nothing that comes from then on is missed. */
  async now(): Promise<Beginning> {
    const at = Date.now();
    return { after: await this.activity.lastSeq(), lateSince: at };
  }

  /** Sends what matches: first what came since `beginning`, then what comes, until the client leaves. */
  async stream(events: EventStream, filter: ActivityFilter, beginning: Beginning): Promise<void> {
    if (this.#watchers.size === 0) await this.#begin();
    else await this.#read();
    const watcher = new Watcher();
    this.#watchers.add(watcher);
    this.watching(this.#watchers.size);
    const joined = this.#last ?? 0;
    this.#schedule(POLL_MS);
    try {
      await this.#past(events, filter, beginning, joined);
      while (!events.signal.aborted && !watcher.behind) {
        for (const row of watcher.rows.splice(0)) if (matches(row, filter)) await send(events, row);
        await watcher.next(events.signal);
      }
    } finally {
      this.#watchers.delete(watcher);
      this.watching(this.#watchers.size);
      if (this.#watchers.size === 0) clearTimeout(this.#timer);
    }
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#reading;
  }

  async #past(
    events: EventStream,
    filter: ActivityFilter,
    { after, lateSince = 0 }: Beginning,
    joined: number,
  ): Promise<void> {
    for (const { row, at } of this.#late)
      if (row.seq <= after && at >= lateSince && matches(row, filter)) await send(events, row);
    for (let from = after; from < joined && !events.signal.aborted; from += PAST_WINDOW)
      for (const row of await this.activity.between(from, Math.min(joined, from + PAST_WINDOW), filter))
        await send(events, row);
  }

  async #begin(): Promise<void> {
    const last = await this.activity.lastSeq();
    if (this.#watchers.size > 0) return; // another was first, and its reader has its own place by now
    this.#last = last;
    this.#gaps.clear();
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#again = false;
      void this.#read().finally(() => {
        if (this.#watchers.size > 0) this.#schedule(this.#again ? SHORTEST_MS : POLL_MS);
      });
    }, ms);
  }

  /** One at a time. Never throws: the next reading takes what this one could not. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNew()
      .catch((error: unknown) => this.log.warn('the live activity could not be read', { error }))
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readNew(): Promise<void> {
    for (;;) {
      this.#readAt = Date.now();
      this.#forget(this.#readAt);
      const rows = await this.activity.newerThan(this.#last ?? 0, [...this.#gaps.keys()], BATCH);
      for (const row of rows) this.#note(row);
      if (rows.length > 0) for (const watcher of this.#watchers) watcher.push(rows);
      if (rows.length < BATCH) return;
    }
  }

  #note(row: ActivityRow): void {
    const last = this.#last ?? 0;
    if (row.seq <= last) {
      this.#gaps.delete(row.seq);
      this.#late.push({ row, at: Date.now() });
      return;
    }
    for (let gap = last + 1; gap < row.seq && this.#gaps.size < GAPS_AT_MOST; gap += 1) this.#gaps.set(gap, Date.now());
    this.#last = row.seq;
  }

  #forget(now: number): void {
    for (const [gap, since] of this.#gaps) if (now - since > GAP_MS) this.#gaps.delete(gap);
    this.#late = this.#late.filter(({ at }) => now - at < GAP_MS);
  }
}

const send = (events: EventStream, row: ActivityRow): Promise<void> =>
  events.send('activity', toActivityItem(row), row.seq);
