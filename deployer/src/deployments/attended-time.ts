/**
 * How long this process has listened. A wall clock also counts what it spent held up itself (a machine with too much to do, a
 * disk that takes its time, a pause), and an application that answered meanwhile would be called silent. Here each round of the
 * event loop counts for no more than it takes when all is well, so who is held up hears as many rounds as who is not.
 */

const TICK_MS = 50;

export class AttendedTime {
  readonly #timer: NodeJS.Timeout;
  #last = performance.now();
  #ms = 0;

  /** `tell` is called after each round, once what has arrived in it was read. Runs until `stop`. */
  constructor(private readonly tell: (ms: number) => void = () => undefined) {
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#ms += Math.min(now - this.#last, 2 * TICK_MS);
      this.#last = now;
      setImmediate(() => this.tell(this.#ms));
    }, TICK_MS);
  }

  /** Milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
