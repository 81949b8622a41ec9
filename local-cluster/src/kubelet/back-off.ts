/**
 * Delays that double from 10 s to 300 s, forgotten after twice the longest: what the kubelet waits before it starts a
 * container that ended, or pulls an image that could not be had. Instants and durations are milliseconds.
 */
const FIRST_MS = 10_000;
const LAST_MS = 300_000;

export class BackOff {
  private delayMs = 0;
  private changedAt = 0;

  /** Milliseconds left to wait for something that ended at `since`; the first time is free. */
  left(since: number, now: number): number {
    if (this.delayMs > 0 && now - this.changedAt > 2 * LAST_MS) this.delayMs = 0;
    return this.delayMs === 0 ? 0 : Math.max(0, since + this.delayMs - now);
  }

  /** The present delay, as messages name it. */
  get seconds(): number {
    return this.delayMs / 1000;
  }

  /** It is tried again now: the next wait is longer. */
  next(now: number): void {
    this.delayMs = this.delayMs === 0 ? FIRST_MS : Math.min(this.delayMs * 2, LAST_MS);
    this.changedAt = now;
  }
}

/** `10s`, `1m20s`, `5m0s`: as Go prints a duration. */
export const goDuration = (seconds: number): string =>
  seconds < 60 ? `${String(seconds)}s` : `${String(Math.floor(seconds / 60))}m${String(seconds % 60)}s`;
