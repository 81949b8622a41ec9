/**
 * Keeps one queue while this process holds its lease: decides what starts, asks the engine about all that runs in one look,
 * lets each build take its steps. Ends when no build is open any more, the lease is lost, or the process stops. Everything it
 * knows is in the database: whoever claims the queue next goes on from there.
 */
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { instant } from '@aws-deployer/platform/runtime/clock';
import { AtMost } from '../builds/at-most.js';
import type { Build } from '../builds/build.js';
import { isMoved } from '../builds/build-store.js';
import { backOff } from '../builds/pace.js';
import { WatchedBuild, type QueueSide, type WatchParts } from '../builds/watched-build.js';
import type { BuildEngine } from '../ports/build-engine.js';
import { FRESH, startNow } from './fair-queue.js';
import type { QueueLease } from './queue-lease.js';
import type { QueueLeaseStore } from './queue-lease-store.js';
import { dependenciesOf, type OpenBuild, type QueueSnapshot, type QueueSnapshots } from './queue-snapshot.js';

export interface KeeperParts extends WatchParts {
  readonly leases: QueueLeaseStore;
  readonly snapshots: QueueSnapshots;
}
export type KeeperEnd = 'empty' | 'lost' | 'stopped';

/** What other processes wrote (new builds, stops) is seen within this. */
const LOOK_MS = 1_000;
const LEAST_PAUSE_MS = 5;
const STEPS_AT_ONCE = 16;
/** An account that said it was full is taken at its word for so long. */
const FULL_MS = 30_000;

export class QueueKeeper {
  readonly #watched = new Map<string, WatchedBuild>();
  readonly #steps = new Set<Promise<void>>();
  readonly #atMost = new AtMost(STEPS_AT_ONCE);
  readonly #ending = new AbortController();
  readonly #side: QueueSide;
  #woken = Promise.withResolvers<void>();
  #lookAt = 0;
  #observing = false;
  #observeFailures = 0;
  #observeAt = 0;
  #lost = false;
  /** Our own clock: past it another process may hold the queue, and nothing is begun any more. */
  #heldUntil: number;

  constructor(
    readonly lease: QueueLease,
    leaseMs: number,
    private readonly parts: KeeperParts,
  ) {
    this.#heldUntil = performance.now() + leaseMs;
    this.#side = {
      lease,
      running: () => this.#watched.size,
      full: async () => {
        const others = this.#watched.size - 1;
        await parts.leases.keepFull(lease, Math.max(1, others), new Date(parts.clock.now().getTime() + FULL_MS));
      },
    };
  }

  /** Something was written: look at once. */
  wake(): void {
    this.#lookAt = 0;
    this.#woken.resolve();
  }
  renewed(leaseMs: number): void {
    this.#heldUntil = performance.now() + leaseMs;
  }
  /** Another process has the queue: nothing is written any more. */
  lose(): void {
    this.#lost = true;
    this.stop();
  }
  /** Ends every step; builds go on at the engine, and the next keeper with them. */
  stop(): void {
    this.#ending.abort(new DOMException('The queue is given up', 'AbortError'));
    this.#woken.resolve();
  }

  async run(): Promise<KeeperEnd> {
    const { signal } = this.#ending;
    let failures = 0;
    while (!signal.aborted) {
      this.#woken = Promise.withResolvers();
      let pause: number;
      try {
        if (this.#now() >= this.#lookAt) {
          this.#lookAt = this.#now() + LOOK_MS;
          if ((await this.#look()) && this.#steps.size === 0) return 'empty';
        }
        this.#observe();
        this.#takeSteps();
        failures = 0;
        pause = Math.max(LEAST_PAUSE_MS, this.#nextAt() - this.#now());
      } catch (error) {
        failures += 1;
        this.#lookAt = 0;
        pause = backOff(this.parts.paces.local, failures); // the database is away for a moment
        this.parts.log.warn('a build queue could not be looked at', { ...this.#place, failures, error });
      }
      const timer = setTimeout(this.#woken.resolve, Math.min(pause, LOOK_MS));
      await this.#woken.promise;
      clearTimeout(timer);
    }
    await Promise.all(this.#steps);
    return this.#lost ? 'lost' : 'stopped';
  }

  get #place() {
    return { account: this.lease.account, region: this.lease.region };
  }
  #now(): number {
    return this.parts.clock.now().getTime();
  }
  #nextAt(): number {
    return [...this.#watched.values()].reduce((least, build) => Math.min(least, build.nextDue()), this.#lookAt);
  }

  /** The database as it is: what ended, what is new, what may start. Answers whether no build is open. */
  async #look(): Promise<boolean> {
    const snapshot = await this.parts.snapshots.load(this.#place);
    await this.#adopt(snapshot.active);
    if (snapshot.queued.length > 0) {
      const left = await this.#endThoseThatCannotStart(snapshot);
      if (left) this.#lookAt = 0;
      else await this.#dispatch(snapshot);
    }
    const empty = snapshot.queued.length === 0 && snapshot.active.length === 0;
    // What the teams had in a busy time counts no more once all is quiet.
    if (empty)
      await inTransaction(this.parts.database, (trx) => this.parts.leases.keepFairState(trx, this.lease, FRESH));
    return empty;
  }

  /** Those that run: looked after from here on, or read again when somebody else wrote them. */
  async #adopt(active: readonly OpenBuild[]): Promise<void> {
    const open = new Set(active.map(({ id }) => id));
    for (const [id, watched] of this.#watched)
      if (!watched.busy && (watched.ended || !open.has(id))) this.#watched.delete(id);
    for (const row of active) {
      const known = this.#watched.get(row.id);
      if (known === undefined) this.#watch(await this.parts.store.get(row.id));
      else if (!known.busy && (known.stale || known.build.version !== Number(row.version)))
        known.refreshed(await this.parts.store.get(row.id));
    }
  }

  #watch(build: Build): void {
    const began = build.status !== 'queued' || build.dispatched; // else it went back to the queue meanwhile
    if (build.endedAt === null && began) this.#watched.set(build.id, new WatchedBuild(build, this.#side, this.parts));
  }

  /** Waited too long, or for a build that did not end well. */
  async #endThoseThatCannotStart({ queued }: QueueSnapshot): Promise<boolean> {
    const now = instant(this.parts.clock.now());
    const ended = await this.#endedDependencies(queued);
    let any = false;
    for (const row of queued) {
      const broken = dependenciesOf(row)
        .map(({ id, ignore_failure }) => ({ build: ended.get(id), ignore_failure }))
        .find(
          ({ build, ignore_failure }) => build !== undefined && build.status !== 'succeeded' && !ignore_failure,
        )?.build;
      if (broken !== undefined)
        any = await this.#endWaiting(
          row,
          'stopped',
          `Build ${broken.number} of its batch, on which it depends, ended ${broken.status}.`,
        );
      else if (row.queue_deadline < now)
        any = await this.#endWaiting(row, 'timed_out', 'It waited in the queue longer than its project allows.');
    }
    return any;
  }

  async #endedDependencies(queued: readonly OpenBuild[]): Promise<Map<string, { status: string; number: number }>> {
    const ids = [...new Set(queued.flatMap((row) => dependenciesOf(row).map(({ id }) => id)))];
    if (ids.length === 0) return new Map();
    const rows = await this.parts.database.db
      .selectFrom('builds')
      .select(['id', 'status', 'number'])
      .where('id', 'in', ids)
      .where('ended_at', 'is not', null)
      .execute();
    return new Map(rows.map(({ id, status, number }) => [id, { status, number: Number(number) }]));
  }

  async #endWaiting({ id }: OpenBuild, to: 'stopped' | 'timed_out', reason: string): Promise<boolean> {
    const { store, database, metrics, committed } = this.parts;
    try {
      const build = await store.get(id);
      await inTransaction(database, (trx) =>
        store.transition(trx, build, {
          to,
          reason,
          facts: build.secretVariables === null ? {} : { secretVariables: '' },
          origin: platformOrigin('codebuild', 'build queue', build.traceId),
          lease: this.lease,
        }),
      );
      metrics.finished.inc({ status: to, engine: build.engine });
      committed([id]);
    } catch (error) {
      if (!isMoved(error)) throw error; // stopped or started meanwhile
    }
    return true;
  }

  /** One transaction: what starts is marked and the teams' shares are kept, before any engine hears of it. */
  async #dispatch(snapshot: QueueSnapshot): Promise<void> {
    const { store, leases, database } = this.parts;
    if (performance.now() >= this.#heldUntil) return;
    const { start, state } = startNow(snapshot.input, snapshot.at);
    if (start.length === 0) return;
    const dispatched = await inTransaction(database, async (trx) => {
      const builds: Build[] = [];
      if (!(await leases.keepFairState(trx, this.lease, state))) return builds;
      for (const { id, seconds } of start) {
        const build = await store.get(id, trx);
        if (build.status !== 'queued' || build.dispatched || build.endedAt !== null) continue; // stopped meanwhile
        builds.push(
          await store.record(
            trx,
            build,
            { dispatched: true, notBefore: null, estimatedSeconds: seconds === null ? null : Math.ceil(seconds) },
            this.lease,
          ),
        );
      }
      return builds;
    });
    for (const build of dispatched) this.#watch(build);
    if (dispatched.length < start.length) this.#lookAt = 0;
  }

  /** One look at all that is due, an engine at a time; the loop goes on meanwhile. */
  #observe(): void {
    const now = this.#now();
    if (this.#observing || now < this.#observeAt) return;
    const due = [...this.#watched.values()].filter((build) => build.observable(now));
    if (due.length === 0) return;
    this.#observing = true;
    for (const build of due) build.observeAt = Infinity; // until this look has ended
    this.#track(
      Promise.all(
        [...Map.groupBy(due, ({ build }) => build.engine)].map(([engine, builds]) => this.#observeAll(engine, builds)),
      )
        .then(() => {
          this.#observeFailures = 0;
        })
        .catch((error: unknown) => {
          if (this.#ending.signal.aborted) return;
          this.#observeFailures += 1;
          const engine = due[0]?.build.engine ?? 'local';
          this.#observeAt = this.#now() + backOff(this.parts.paces[engine], this.#observeFailures);
          for (const build of due) if (build.observeAt === Infinity) build.observeAt = this.#observeAt;
          this.parts.log.warn('running builds could not be looked at', {
            ...this.#place,
            failures: this.#observeFailures,
            error,
          });
        })
        .finally(() => {
          this.#observing = false;
        }),
    );
  }

  async #observeAll(name: BuildEngine['name'], builds: readonly WatchedBuild[]): Promise<void> {
    const { engines, metrics } = this.parts;
    const engine = engines[name];
    if (engine === undefined) {
      for (const build of builds) build.observed(undefined, this.#now()); // nobody runs it any more
      return;
    }
    const end = metrics.poll.startTimer({ engine: name });
    try {
      const handles = await Promise.all(builds.map((build) => build.handle()));
      const seen = await engine.observe(handles, this.#ending.signal);
      builds.forEach((build, index) => {
        const ref = handles[index]?.ref;
        // Begun again meanwhile: what was said is about another run.
        if (ref !== undefined && ref === build.build.engineRef) build.observed(seen.get(ref), this.#now());
        else build.observeAt = this.#now();
      });
      end({ outcome: 'succeeded' });
    } catch (error) {
      end({ outcome: 'failed' });
      throw error;
    }
  }

  #takeSteps(): void {
    for (const build of this.#watched.values()) {
      const step = build.due(this.#now());
      if (step === undefined || performance.now() >= this.#heldUntil) continue;
      build.busy = true;
      this.#track(this.#atMost.run(() => this.#take(build, step)));
    }
  }

  async #take(build: WatchedBuild, step: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#ending;
    try {
      if (signal.aborted) return;
      await step(signal);
      build.succeeded();
    } catch (error) {
      if (!signal.aborted)
        await build.failed(error).catch((problem: unknown) => {
          this.parts.log.warn('a failed step of a build could not be kept', { build: build.build.id, error: problem });
        });
    } finally {
      build.busy = false;
      const { status, dispatched } = build.build;
      if (build.ended || build.stale || (status === 'queued' && !dispatched)) this.#lookAt = 0; // a place is free
      if (build.ended || (status === 'queued' && !dispatched)) this.#watched.delete(build.build.id);
    }
  }

  #track(step: Promise<void>): void {
    const tracked = step.finally(() => {
      this.#steps.delete(tracked);
      this.#woken.resolve();
    });
    this.#steps.add(tracked);
  }
}
