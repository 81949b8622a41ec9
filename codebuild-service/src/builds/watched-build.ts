/**
 * One build from the moment that the engine is told of it to its end, as the process that keeps its queue looks after it: which
 * step is due, and when again after one that failed.
 *
 * Every step may be cut off anywhere (a killed process) and done again by another: the engine starts once per id and attempt,
 * the log moves by compare and set, the end is one transaction. Steps of one build never overlap; the keeper sees to that.
 */
import { isBuildEnd } from '@aws-deployer/platform/contracts/builds';
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { BuildHandle, BuildObservation } from '../ports/build-engine.js';
import type { Build } from './build.js';
import { BuildInHand } from './build-in-hand.js';
import { isMoved } from './build-store.js';
import { endBuild, finishBuild, isEndStatus, NOTHING_SEEN } from './finish-build.js';
import { readLog } from './log-reading.js';
import { backOff } from './pace.js';
import { beginAgain, startBuild } from './start-build.js';
import type { QueueSide, WatchParts } from './watch-parts.js';

type Step = (signal: AbortSignal) => Promise<void>;

const STOP_AGAIN_MS = 10_000;

export class WatchedBuild {
  busy = false;
  /** The row was written by somebody else: read it again before anything is done. */
  stale = false;
  observeAt = 0;
  #seen: BuildObservation | undefined;
  #lost = false;
  #logAt = 0;
  #stopAt = 0;
  #tryAt = 0;
  #failures = 0;
  #startedHereAt = 0;
  readonly #hand: BuildInHand;

  constructor(build: Build, queue: QueueSide, parts: WatchParts) {
    this.#hand = new BuildInHand(build, queue, parts);
  }

  get build(): Build {
    return this.#hand.current;
  }
  get ended(): boolean {
    return this.#hand.current.endedAt !== null;
  }
  /** Whether the engine is to be asked about it now. */
  observable(now: number): boolean {
    return this.#hand.current.engineRef !== null && !this.ended && this.#seen === undefined && now >= this.observeAt;
  }
  refreshed(build: Build): void {
    this.#hand.current = build;
    this.stale = false;
  }

  handle(): Promise<BuildHandle> {
    return this.#hand.handle();
  }

  /** What the engine said of it; undefined: it does not know it. */
  observed(seen: BuildObservation | undefined, now: number): void {
    this.observeAt = now + this.#hand.pace.observeMs(now - (Date.parse(this.#hand.current.startedAt ?? '') || now));
    if (this.#hand.current.stopRequested) this.observeAt = Math.min(this.observeAt, now + 2_000);
    if (seen !== undefined) this.#seen = seen;
    else if (now - this.#startedHereAt >= this.#hand.pace.settleMs) this.#lost = true;
  }

  /** The next step; undefined: there is none yet. */
  due(now: number): Step | undefined {
    if (this.busy || this.ended || this.stale || now < this.#tryAt) return undefined;
    if (this.#hand.current.engineRef === null) return (signal) => this.#start(signal);
    if (this.#lost) return () => this.#beginAgain();
    const over = this.#seen !== undefined && isBuildEnd(this.#seen.status);
    if (this.#hand.current.stopRequested && !over && now >= this.#stopAt) return (signal) => this.#stop(signal);
    if (this.#seen !== undefined) return (signal) => this.#settle(signal);
    if (now >= this.#logAt) return (signal) => this.#followLog(signal);
    return undefined;
  }

  /** When something may be due again. */
  nextDue(): number {
    const next =
      this.#hand.current.engineRef === null
        ? this.#tryAt
        : Math.max(this.#tryAt, Math.min(this.observeAt, this.#logAt));
    return this.busy ? Infinity : next;
  }

  /** A step went well; one that asked for a pause did not quite. */
  succeeded(): void {
    if (this.#hand.now() >= this.#tryAt) this.#failures = 0;
  }

  /** A step failed: it is tried again, later each time. */
  async failed(error: unknown): Promise<void> {
    if (isMoved(error)) {
      this.stale = true;
      return;
    }
    if (error instanceof AppError && (error.code === 'account_unknown' || error.code === 'region_unknown')) {
      await endBuild(this.#hand, 'fault', NOTHING_SEEN, `The cloud account of the build is gone: ${error.message}`);
      return;
    }
    this.#pause();
    this.#hand.parts.log.warn('a step of a build failed and is tried again', {
      build: this.#hand.current.id,
      failures: this.#failures,
      error,
    });
  }

  #pause(): void {
    this.#failures += 1;
    this.#tryAt = this.#hand.now() + backOff(this.#hand.pace, this.#failures);
  }

  async #start(signal: AbortSignal): Promise<void> {
    const outcome = await startBuild(this.#hand, signal);
    if (outcome === 'started') this.#startedHereAt = this.#hand.now();
    if (outcome === 'again') this.#pause();
  }

  async #beginAgain(): Promise<void> {
    this.#lost = false;
    await beginAgain(this.#hand);
  }

  async #stop(signal: AbortSignal): Promise<void> {
    await this.#hand.engine().stop(await this.#hand.handle(), signal);
    this.#stopAt = this.#hand.now() + STOP_AGAIN_MS;
    this.observeAt = 0;
  }

  /** What the engine has said becomes the row. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { store, database, committed } = this.#hand.parts;
    const seen = this.#seen;
    if (seen === undefined) return;
    if (isEndStatus(seen.status)) {
      await finishBuild(this.#hand, seen, seen.status, signal);
      return;
    }
    const from = this.#hand.current;
    const facts = this.#hand.news(seen);
    if (seen.status === 'in_progress' && from.status !== 'in_progress')
      this.#hand.current = await inTransaction(database, (trx) =>
        store.transition(trx, from, {
          to: 'in_progress',
          reason: from.stopRequested ? from.reason : 'Runs.',
          facts: { ...facts, startedAt: facts.startedAt ?? instant(this.#hand.parts.clock.now()) },
          origin: this.#hand.origin,
          lease: this.#hand.queue.lease,
        }),
      );
    else if (Object.keys(facts).length > 0)
      this.#hand.current = await store.record(database.db, from, facts, this.#hand.queue.lease);
    this.#seen = undefined;
    if (this.#hand.current.version !== from.version) committed([from.id]);
  }

  async #followLog(signal: AbortSignal): Promise<void> {
    await readLog(this.#hand, signal);
    this.#logAt = this.#hand.now() + this.#hand.pace.logMs(this.#hand.queue.running());
  }
}
