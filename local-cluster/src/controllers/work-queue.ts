/**
 * A queue of keys to reconcile, as controllers of Kubernetes use one: a key waits at most once, is never worked on
 * twice at the same time, and a key added while it is being worked on is worked on again afterwards.
 *
 * Failures  a handler that throws is retried after 5 ms, doubling, to at most 1,000 s; success resets that.
 * Delay     a handler may answer milliseconds after which it wants the key again (the earliest wish wins).
 */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';

export type Reconcile = (key: string) => number | undefined | void | Promise<number | undefined | void>;

const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;
const ROUND_MS = 5;
/** Node's timers take 31 bits. */
const MAX_TIMER_MS = 2_147_483_647;

export class WorkQueue {
  private readonly waiting = new Set<string>();
  private readonly running = new Set<string>();
  private readonly again = new Set<string>();
  private readonly timers = new Map<string, { due: number; timer: NodeJS.Timeout }>();
  private readonly failures = new Map<string, number>();
  private scheduled = false;
  private stopped = false;
  private idle: (() => void)[] = [];

  constructor(
    private readonly name: string,
    private readonly reconcile: Reconcile,
    private readonly log: Logger,
  ) {}

  add(key: string): void {
    if (this.stopped) return;
    if (this.running.has(key)) {
      this.again.add(key);
      return;
    }
    this.waiting.add(key);
    this.schedule();
  }

  addAfter(key: string, delayMs: number): void {
    if (this.stopped) return;
    const due = Date.now() + delayMs;
    const present = this.timers.get(key);
    if (present !== undefined && present.due <= due) return;
    if (present !== undefined) clearTimeout(present.timer);
    const timer = setTimeout(
      () => {
        this.timers.delete(key);
        this.add(key);
      },
      Math.min(Math.max(delayMs, 0), MAX_TIMER_MS),
    );
    this.timers.set(key, { due, timer });
  }

  /** Takes no more keys and resolves when the ones being worked on are done. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting.clear();
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    if (this.running.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.size === 0) return;
    this.scheduled = true;
    // A turn of the event loop gathers what one write caused. Each round is short, so that many keys do not keep
    // requests and timers waiting.
    setImmediate(() => {
      this.scheduled = false;
      const until = performance.now() + ROUND_MS;
      for (const key of this.waiting) {
        this.waiting.delete(key);
        void this.work(key);
        if (performance.now() > until) break;
      }
      this.schedule();
    });
  }

  private async work(key: string): Promise<void> {
    if (this.stopped) return;
    this.running.add(key);
    try {
      const againInMs = await this.reconcile(key);
      this.failures.delete(key);
      if (typeof againInMs === 'number') this.addAfter(key, againInMs);
    } catch (error) {
      const failures = this.failures.get(key) ?? 0;
      this.failures.set(key, failures + 1);
      this.log.debug('reconciling failed', { controller: this.name, key, failures, why: messageOf(error) });
      this.addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 30), LAST_RETRY_MS));
    } finally {
      this.running.delete(key);
      if (this.again.delete(key)) this.add(key);
      if (this.running.size === 0) for (const done of this.idle.splice(0)) done();
    }
  }
}
