/**
 * The lines of one log, as they stream in. Readers are told at most every 80 ms, however fast lines come; a line that a
 * resumed stream sends again (its row number is not above the last) is dropped.
 */
import type { LogLine } from './log-line.js';

export interface LogSnapshot {
  /** Grows in place; `count` says how much of it this snapshot means. */
  readonly lines: readonly LogLine[];
  readonly count: number;
}
const TELL_EVERY_MS = 80;

export class LogBuffer {
  readonly #lines: LogLine[] = [];
  readonly #readers = new Set<() => void>();
  #snapshot: LogSnapshot = { lines: this.#lines, count: 0 };
  #lastId = -1;
  #timer: ReturnType<typeof setTimeout> | null = null;

  add(line: LogLine, id: string | null): void {
    const row = id === null ? Number.NaN : Number(id);
    if (Number.isFinite(row)) {
      if (row <= this.#lastId) return;
      this.#lastId = row;
    }
    this.#lines.push(line);
    this.#timer ??= setTimeout(() => this.flush(), TELL_EVERY_MS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#snapshot.count === this.#lines.length) return;
    this.#snapshot = { lines: this.#lines, count: this.#lines.length };
    for (const tell of this.#readers) tell();
  }

  readonly subscribe = (tell: () => void): (() => void) => {
    this.#readers.add(tell);
    return () => {
      this.#readers.delete(tell);
      if (this.#readers.size === 0 && this.#timer !== null) {
        clearTimeout(this.#timer);
        this.#timer = null;
      }
    };
  };

  readonly snapshot = (): LogSnapshot => this.#snapshot;
}
