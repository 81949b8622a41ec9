/**
 * What happens to deployments, live: the rows of their tables in order, first those that a client has missed, then each as it
 * is committed. Within this process a write wakes the readers at once; for the writes of other processes the tables are
 * looked at again each 200 ms while somebody listens. A thousand listeners of one deployment cost one query.
 */
import type { DeploymentEvents, DeploymentState, LogLine, PodView } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { DeployerSchema } from '../schema.js';

export type FeedKind = 'deployment' | 'log';
export interface FeedEvent {
  readonly type: keyof DeploymentEvents;
  readonly data: unknown;
  /** The row's number; absent for what is no row. */
  readonly seq?: number;
}

const POLL_MS = 200;
/** Writes come in bursts. */
const BURST_MS = 10;
const KEPT_ROWS = 2_000;
const PAGE = 500;

interface Row {
  readonly seq: number;
  readonly event: FeedEvent;
}

export class LiveFeed {
  readonly #tails = new Map<string, Tail>();

  constructor(private readonly database: Database<DeployerSchema>) {}

  /** Something of this deployment was committed by this process. */
  notify(deploymentId: string): void {
    this.#tails.get(`deployment:${deploymentId}`)?.wake();
    this.#tails.get(`log:${deploymentId}`)?.wake();
  }

  /** Events after row `after` (0: all), until the deployment has ended or `signal` aborts. The last one is `end`. */
  async *follow(kind: FeedKind, deploymentId: string, after: number, signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const tail = await this.#tailOf(kind, deploymentId);
    tail.listeners += 1;
    const wake = () => tail.changed.resolve();
    signal.addEventListener('abort', wake, { once: true });
    try {
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
          yield { type: 'end', data: { state: ended } };
          return;
        }
        if (tail.pods !== undefined && tail.pods.revision > revision) {
          revision = tail.pods.revision;
          yield { type: 'pods', data: { pods: tail.pods.pods } };
        }
        await changed.promise;
      }
    } finally {
      signal.removeEventListener('abort', wake);
      tail.listeners -= 1;
      if (tail.listeners === 0) {
        this.#tails.delete(tail.key);
        tail.stop();
      }
    }
  }

  async #tailOf(kind: FeedKind, id: string): Promise<Tail> {
    const key = `${kind}:${id}`;
    const found = this.#tails.get(key);
    if (found) return found;
    const tail = new Tail(this.database, kind, id, key);
    this.#tails.set(key, tail);
    await tail.begin();
    return tail;
  }
}

/** The end of one table for one deployment: keeps the newest rows and knows when there are more. */
class Tail {
  listeners = 0;
  changed = Promise.withResolvers<void>();
  ended: DeploymentState | undefined;
  pods: { readonly revision: number; readonly pods: PodView[] } | undefined;
  #rows: Row[] = [];
  /** Rows up to here must be read from the table. */
  #floor = 0;
  #last = 0;
  #stopped = false;
  #woken = Promise.withResolvers<void>();
  #begun: Promise<void> | undefined;

  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly kind: FeedKind,
    private readonly id: string,
    readonly key: string,
  ) {}

  begin(): Promise<void> {
    this.#begun ??= this.#newest().then((seq) => {
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

  async after(position: number): Promise<readonly Row[]> {
    if (position >= this.#floor) return this.#rows.filter(({ seq }) => seq > position);
    return this.#read(position, PAGE);
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
    const ended = await this.#endState(); // before the rows: nothing is written after the end
    const rows = await this.#read(this.#last, PAGE);
    const revision = this.pods?.revision;
    if (this.kind === 'deployment' && ended === undefined) await this.#lookAtPods();
    const last = rows.at(-1);
    if (last !== undefined) {
      this.#last = last.seq;
      this.#rows.push(...rows);
      const dropped = this.#rows.splice(0, Math.max(0, this.#rows.length - KEPT_ROWS)).at(-1);
      if (dropped !== undefined) this.#floor = dropped.seq;
    }
    if (rows.length < PAGE) this.ended = ended;
    else this.wake(); // there is more
    if (last !== undefined || this.ended !== undefined || this.pods?.revision !== revision) this.#tell();
  }

  #tell(): void {
    const { resolve } = this.changed;
    this.changed = Promise.withResolvers();
    resolve();
  }

  async #endState(): Promise<DeploymentState | undefined> {
    const row = await this.database.db
      .selectFrom('deployments')
      .select(['state', 'ended_at'])
      .where('id', '=', this.id)
      .executeTakeFirst();
    return row === undefined || row.ended_at === null ? undefined : (row.state as DeploymentState);
  }

  async #lookAtPods(): Promise<void> {
    const known = this.pods?.revision ?? 0;
    const row = await this.database.db
      .selectFrom('deployment_pods')
      .select(['pods', 'revision'])
      .where('deployment_id', '=', this.id)
      .where('revision', '>', known)
      .executeTakeFirst();
    if (row) this.pods = { revision: row.revision, pods: JSON.parse(row.pods) as PodView[] };
  }

  async #newest(): Promise<number> {
    const row = await this.database.db
      .selectFrom(this.kind === 'log' ? 'deployment_logs' : 'deployment_events')
      .select('seq')
      .where('deployment_id', '=', this.id)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return Number(row?.seq ?? 0);
  }

  async #read(after: number, limit: number): Promise<Row[]> {
    const { db } = this.database;
    if (this.kind === 'log') {
      const rows = await db
        .selectFrom('deployment_logs')
        .selectAll()
        .where('deployment_id', '=', this.id)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map((row) => {
        const line: LogLine = {
          ts: row.ts,
          stage: row.stage as LogLine['stage'],
          stream: row.stream as LogLine['stream'],
          text: row.text,
        };
        const seq = Number(row.seq);
        return { seq, event: { type: 'line', data: line, seq } };
      });
    }
    const rows = await db
      .selectFrom('deployment_events')
      .selectAll()
      .where('deployment_id', '=', this.id)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map((row) => {
      const seq = Number(row.seq);
      return { seq, event: { type: row.type as FeedEvent['type'], data: JSON.parse(row.payload) as unknown, seq } };
    });
  }
}
