/**
 * Reads a stream of server-sent events to its `end` event and comes back where it was when the connection breaks. The
 * platform may be restarted meanwhile: it is given up only after `GIVE_UP_MS` without any answer.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from './api-client.js';
import { EXIT, Failure } from './failure.js';

export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
  readonly id: string | undefined;
}
const GIVE_UP_MS = 60_000;
const PAUSE_MS = 500;

/** Throws Failure as ApiClient does; ends after the event `end`, or when `signal` is aborted. */
export async function* readEvents(api: ApiClient, path: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  let lastId: string | undefined;
  let heardAt = Date.now();
  for (;;) {
    try {
      for await (const event of parseEvents(await api.stream(path, lastId, signal))) {
        heardAt = Date.now();
        lastId = event.id ?? lastId;
        yield event;
        if (event.event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFinal(error) || Date.now() - heardAt > GIVE_UP_MS) throw error;
    }
    if (signal.aborted) return;
    await wait(PAUSE_MS);
  }
}

/** Unreachable may pass; a broken stream (no Failure at all) too. */
const isFinal = (error: unknown): boolean => error instanceof Failure && error.exitCode !== EXIT.unreachable;

/** The text/event-stream format: blocks of `field: value` lines, ended by an empty line; lines that begin with `:` are comments. */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let block: string[] = [];
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') block.push(line);
      else {
        const event = eventOf(block);
        block = [];
        if (event) yield event;
      }
    }
  }
}

function eventOf(lines: readonly string[]): ServerEvent | undefined {
  const values = (field: string): string[] =>
    lines.flatMap((line) => (line.startsWith(`${field}:`) ? [line.slice(field.length + 1).replace(/^ /, '')] : []));
  const data = values('data');
  if (data.length === 0) return undefined;
  return { event: values('event')[0] ?? 'message', data: JSON.parse(data.join('\n')) as unknown, id: values('id')[0] };
}
