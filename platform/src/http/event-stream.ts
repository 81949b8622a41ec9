import { once } from 'node:events';
import type { Response } from 'express';

const KEEP_ALIVE_MS = 15_000;

/** Server-sent events to one client. `id` is the row's number: a client that comes back sends the last one it saw. */
export class EventStream {
  readonly #keepAlive: NodeJS.Timeout;

  constructor(
    private readonly response: Response,
    /** Aborted when the client leaves or the service stops. */
    readonly signal: AbortSignal,
  ) {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    this.#keepAlive = setInterval(() => response.write(': alive\n\n'), KEEP_ALIVE_MS);
  }

  /** Waits while the client's buffer is full, so that a slow reader slows its own stream and nobody's memory. */
  async send(event: string, data: unknown, id?: string | number): Promise<void> {
    if (this.signal.aborted) return;
    const text = `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    if (!this.response.write(text)) await once(this.response, 'drain', { signal: this.signal }).catch(() => undefined); // left meanwhile
  }

  close(): void {
    clearInterval(this.#keepAlive);
    this.response.end();
  }
}
