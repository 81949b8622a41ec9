/**
 * One live stream: opens it, hands its events on, and after a loss opens it again where it left off.
 *
 * fetch instead of the browser's EventSource: that one cannot send Last-Event-ID after a refused answer (a restart of
 * the server answers 502 or 503 for a while), and cannot tell 401 from a dead line.
 * Waits    0.5 s after the first loss, doubling to 15 s, with a little chance, so that many pages do not return at once.
 * Silence  the server's heartbeats come every 15 s or so; 45 s without a byte count as a loss.
 * Ends     at an `end` event, at an answer that trying again cannot mend (400, 401, 403, 404), or when `signal` aborts.
 */
import { ApiError } from '../api/problem.js';
import { SseParser, type ServerEvent } from './sse-parser.js';

export type LiveStatus = 'connecting' | 'live' | 'reconnecting' | 'ended' | 'refused';
export type OpenStream = (
  path: string,
  lastEventId: string | null,
  signal: AbortSignal,
) => Promise<ReadableStream<Uint8Array>>;

export interface LiveHandlers {
  readonly onEvent: (event: ServerEvent) => void;
  readonly onStatus: (status: LiveStatus) => void;
}
export interface LiveTiming {
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly silenceMs: number;
}
const DEFAULT_TIMING: LiveTiming = { firstWaitMs: 500, longestWaitMs: 15_000, silenceMs: 45_000 };

const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && [400, 401, 403, 404, 405, 410].includes(error.status);

export async function followStream(
  open: OpenStream,
  path: string,
  handlers: LiveHandlers,
  signal: AbortSignal,
  timing: LiveTiming = DEFAULT_TIMING,
): Promise<void> {
  let lastEventId: string | null = null;
  let losses = 0;
  handlers.onStatus('connecting');
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const body = await open(path, lastEventId, attempt.signal);
      handlers.onStatus('live');
      const ended = await readEvents(body, attempt, timing.silenceMs, (event) => {
        losses = 0;
        if (event.id !== null) lastEventId = event.id;
        handlers.onEvent(event);
      });
      if (ended) {
        handlers.onStatus('ended');
        return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFinal(error)) {
        handlers.onStatus('refused');
        return;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      attempt.abort();
    }
    if (signal.aborted) return;
    handlers.onStatus('reconnecting');
    const wait = Math.min(timing.firstWaitMs * 2 ** losses, timing.longestWaitMs);
    losses += 1;
    await pause(wait * (0.8 + Math.random() * 0.4), signal);
  }
}

/** True when the stream said `end`; false when it just stopped. */
async function readEvents(
  body: ReadableStream<Uint8Array>,
  attempt: AbortController,
  silenceMs: number,
  onEvent: (event: ServerEvent) => void,
): Promise<boolean> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser();
  let silence = setTimeout(() => attempt.abort(), silenceMs);
  // An abort must end the read that waits, whatever the source of the stream makes of the signal.
  const cancel = () => void reader.cancel().catch(() => undefined);
  if (attempt.signal.aborted) cancel();
  attempt.signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return false;
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), silenceMs);
      for (const event of parser.push(decoder.decode(value, { stream: true }))) {
        onEvent(event);
        if (event.event === 'end') return true;
      }
    }
  } finally {
    clearTimeout(silence);
    await reader.cancel().catch(() => undefined); // already broken: nothing is left to close
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
