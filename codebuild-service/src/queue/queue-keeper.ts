/**
 * Keeps one queue while this process holds its lease: decides what starts, asks the engine about all that runs in one look,
 * lets each build take its steps. Ends when no build is open any more, the lease is lost, or the process stops. Everything it
 * knows is in the database: whoever claims the queue next goes on from there.
 */
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { AtMost } from '../builds/at-most.js';
import type { Build } from '../builds/build.js';
import { backOff } from '../builds/pace.js';
import { WatchedBuild } from '../builds/watched-build.js';
import type { QueueSide, WatchParts } from '../builds/watch-parts.js';
import { BuildsElsewhere } from './builds-elsewhere.js';
import { EarlyEnds } from './early-ends.js';
import { FRESH } from './fair-queue.js';
import { ObservationRounds } from './observation-rounds.js';
import type { QueueLease } from './queue-lease.js';
import type { ClaimedQueue, QueueLeaseStore } from './queue-lease-store.js';
import type { OpenBuild, QueueSnapshot, QueueSnapshots } from './queue-snapshot.js';
import { WaitingBuilds } from './waiting-builds.js';

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
  readonly #waiting: WaitingBuilds;
  readonly #early: EarlyEnds;
  readonly #rounds: ObservationRounds;
  readonly #elsewhere: BuildsElsewhere;
  #woken = Promise.withResolvers<void>();
  #lookAt = 0;
  #lost = false;
  /** Our own clock: past it another process may hold the queue, and nothing is begun any more. */
  #heldUntil: number;

  readonly lease: QueueLease;

  constructor(
    { lease, elsewhereLookAt }: ClaimedQueue,
    leaseMs: number,
    private readonly parts: KeeperParts,
  ) {
    this.lease = lease;
    this.#heldUntil = performance.now() + leaseMs;
    this.#elsewhere = new BuildsElsewhere(lease, elsewhereLookAt, parts, this.#ending.signal);
    this.#waiting = new WaitingBuilds(lease, parts);
    this.#early = new EarlyEnds(lease, parts);
    this.#rounds = new ObservationRounds(lease, parts, this.#ending.signal);
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
        this.#lookElsewhere();
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
    // Everything that it would write is refused by now: without this it would try until the next heartbeat.
    if (!(await this.parts.leases.isHeld(this.lease))) {
      this.lose();
      return false;
    }
    const snapshot = await this.parts.snapshots.load(this.#place);
    await this.#adopt(snapshot.active);
    if (await this.#early.settle(snapshot)) this.#lookAt = 0;
    else if (snapshot.queued.length > 0 && performance.now() < this.#heldUntil) await this.#dispatch(snapshot);
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

  async #dispatch(snapshot: QueueSnapshot): Promise<void> {
    const { builds, all } = await this.#waiting.dispatch(snapshot);
    for (const build of builds) this.#watch(build);
    if (!all) this.#lookAt = 0;
  }

  #observe(): void {
    const round = this.#rounds.begin([...this.#watched.values()], this.#now());
    if (round !== undefined) this.#track(round);
  }

  #lookElsewhere(): void {
    const look = this.#elsewhere.begin(this.#now());
    if (look === undefined) return;
    this.#track(
      look.then((found) => {
        if (found) this.#lookAt = 0;
      }),
    );
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
