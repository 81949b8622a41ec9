/**
 * What happens to a subject, live: the rows of a table in order, first those that a client has missed, then each as it is
 * committed. Within this process a write wakes the readers at once; for the writes of other processes the table is looked at
 * again each 200 ms while somebody listens. A thousand listeners of one subject cost one query.
 */
export interface LiveEvent {
  readonly type: string;
  readonly data: unknown;
  /** The row's number; absent for what is no row. */
  readonly seq?: number;
}
export interface LiveRow {
  readonly seq: number;
  readonly event: LiveEvent;
}
/** One subject in its tables. */
export interface LiveSource {
  /** The number of its newest row; 0: there is none. */
  newest(): Promise<number>;
  /** Rows after number `after`, at most `limit`, in order. Where each row is the whole state, the newest alone will do. */
  read(after: number, limit: number): Promise<LiveRow[]>;
  /** The last event once the subject has ended; no row may come after it. */
  end(): Promise<LiveEvent | undefined>;
  /** State that is no row, sent whenever its revision rises; asked for until the end. */
  snapshot?(known: LiveSnapshot | undefined): Promise<LiveSnapshot | undefined>;
}
export interface LiveSnapshot {
  readonly revision: number;
  readonly event: LiveEvent;
}

const POLL_MS = 200;
/** Writes come in bursts. */
const BURST_MS = 10;
const KEPT_ROWS = 2_000;
const PAGE = 500;

/** An event named `end` is the last of its subject. */
export class LiveFeed<Kind extends string> {
  readonly #tails = new Map<string, Map<Kind, Tail>>();

  constructor(private readonly open: (kind: Kind, id: string) => LiveSource) {}

  /** Something of this subject was committed by this process. */
  notify(id: string): void {
    for (const tail of this.#tails.get(id)?.values() ?? []) tail.wake();
  }

  /** Events after row `after` (0: all), until the subject has ended or `signal` aborts. */
  async *follow(kind: Kind, id: string, after: number, signal: AbortSignal): AsyncGenerator<LiveEvent> {
    const tail = this.#listen(kind, id);
    const wake = () => tail.tell();
    signal.addEventListener('abort', wake, { once: true });
    try {
      await tail.begin();
      let position = after;
      let revision = 0;
      while (!signal.aborted) {
        const { changed, ended } = tail; // before the rows: what comes between is not lost
        const rows = await tail.after(position);
        for (const { seq, event } of rows) {
          if (signal.aborted) return;
          position = seq;
          yield event;
          if (event.type === 'end') return;
        }
        if (rows.length > 0) continue;
        if (ended !== undefined) {
          yield ended;
          return;
        }
        if (tail.snapshot !== undefined && tail.snapshot.revision > revision) {
          revision = tail.snapshot.revision;
          yield tail.snapshot.event;
        }
        await changed.promise;
      }
    } finally {
      signal.removeEventListener('abort', wake);
      this.#leave(kind, id, tail);
    }
  }

  #listen(kind: Kind, id: string): Tail {
    const kinds = this.#tails.get(id) ?? new Map<Kind, Tail>();
    this.#tails.set(id, kinds);
    const tail = kinds.get(kind) ?? new Tail(this.open(kind, id));
    kinds.set(kind, tail);
    tail.listeners += 1;
    return tail;
  }

  #leave(kind: Kind, id: string, tail: Tail): void {
    tail.listeners -= 1;
    if (tail.listeners > 0) return;
    const kinds = this.#tails.get(id);
    kinds?.delete(kind);
    if (kinds?.size === 0) this.#tails.delete(id);
    tail.stop();
  }
}

/** The end of one subject's table: keeps the newest rows and knows when there are more. */
class Tail {
  listeners = 0;
  changed = Promise.withResolvers<void>();
  ended: LiveEvent | undefined;
  snapshot: LiveSnapshot | undefined;
  #rows: LiveRow[] = [];
  /** Rows up to here must be read from the table. */
  #floor = 0;
  #last = 0;
  #stopped = false;
  #woken = Promise.withResolvers<void>();
  #begun: Promise<void> | undefined;

  constructor(private readonly source: LiveSource) {}

  begin(): Promise<void> {
    this.#begun ??= this.source.newest().then((seq) => {
      this.#floor = seq;
      this.#last = seq;
      void this.#poll();
    });
    return this.#begun;
  }

  wake(): void {
    this.#woken.resolve();
  }

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  async after(position: number): Promise<readonly LiveRow[]> {
    if (position >= this.#floor) return this.#rows.filter(({ seq }) => seq > position);
    return this.source.read(position, PAGE);
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = Promise.withResolvers();
      try {
        await this.#look();
      } catch {
        // The database is away for a moment: the next look finds what this one missed.
      }
      if (this.ended !== undefined) return;
      const pause = setTimeout(() => this.#woken.resolve(), POLL_MS);
      await this.#woken.promise;
      clearTimeout(pause);
      if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, BURST_MS));
    }
  }

  async #look(): Promise<void> {
    const ended = await this.source.end(); // before the rows: nothing is written after the end
    const rows = await this.source.read(this.#last, PAGE);
    const revision = this.snapshot?.revision;
    if (ended === undefined && this.source.snapshot !== undefined)
      this.snapshot = await this.source.snapshot(this.snapshot);
    const last = rows.at(-1);
    if (last !== undefined) {
      this.#last = last.seq;
      this.#rows.push(...rows);
      const dropped = this.#rows.splice(0, Math.max(0, this.#rows.length - KEPT_ROWS)).at(-1);
      if (dropped !== undefined) this.#floor = dropped.seq;
    }
    if (rows.length < PAGE) this.ended = ended;
    else this.wake(); // there is more
    if (last !== undefined || this.ended !== undefined || this.snapshot?.revision !== revision) this.tell();
  }

  /** Wakes all who wait, each of them once: a promise that stayed resolved would let those who stay turn for ever. */
  tell(): void {
    const { resolve } = this.changed;
    this.changed = Promise.withResolvers();
    resolve();
  }
}
