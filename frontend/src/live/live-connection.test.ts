import { expect, test } from 'vitest';
import { ApiError } from '../api/problem.js';
import { followStream, type LiveStatus } from './live-connection.js';
import type { ServerEvent } from './sse-parser.js';

const FAST = { firstWaitMs: 1, longestWaitMs: 4, silenceMs: 200 };
const streamOf = (text: string, keepOpen = false): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(text));
      if (!keepOpen) controller.close();
    },
  });

function listener() {
  const events: ServerEvent[] = [];
  const statuses: LiveStatus[] = [];
  return {
    events,
    statuses,
    handlers: {
      onEvent: (event: ServerEvent) => void events.push(event),
      onStatus: (status: LiveStatus) => void statuses.push(status),
    },
  };
}

test('a lost stream is opened again from the last event, until its end', async () => {
  const asked: (string | null)[] = [];
  const answers = ['id: 1\nevent: line\ndata: a\n\nid: 2\nevent: line\ndata: b\n\n', 'id: 3\nevent: end\ndata: {}\n\n'];
  const heard = listener();
  await followStream(
    (_path, last) => {
      asked.push(last);
      if (asked.length === 2) return Promise.reject(new ApiError(503, 'starting', 'not yet'));
      return Promise.resolve(streamOf(answers.shift() ?? ''));
    },
    '/x',
    heard.handlers,
    new AbortController().signal,
    FAST,
  );
  expect(asked).toEqual([null, '2', '2']);
  expect(heard.events.map(({ id }) => id)).toEqual(['1', '2', '3']);
  expect(heard.statuses).toEqual(['connecting', 'live', 'reconnecting', 'reconnecting', 'live', 'ended']);
});

test('a refusal that trying again cannot mend ends it', async () => {
  let asked = 0;
  const heard = listener();
  await followStream(
    () => {
      asked += 1;
      return Promise.reject(new ApiError(404, 'not_found', 'gone'));
    },
    '/x',
    heard.handlers,
    new AbortController().signal,
    FAST,
  );
  expect(asked).toBe(1);
  expect(heard.statuses).toEqual(['connecting', 'refused']);
});

test('a stream that falls silent counts as lost', async () => {
  const stop = new AbortController();
  let asked = 0;
  const heard = listener();
  await followStream(
    (_path, _last, signal) => {
      asked += 1;
      if (asked === 2) stop.abort();
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => signal.addEventListener('abort', () => controller.error(new Error('aborted'))),
      });
      return Promise.resolve(stream);
    },
    '/x',
    heard.handlers,
    stop.signal,
    { ...FAST, silenceMs: 20 },
  );
  expect(asked).toBe(2);
  expect(heard.statuses.slice(0, 3)).toEqual(['connecting', 'live', 'reconnecting']);
});

test('leaving the page ends it at once', async () => {
  const stop = new AbortController();
  const heard = listener();
  const following = followStream(
    (_path, _last, signal) =>
      Promise.resolve(
        new ReadableStream<Uint8Array>({
          start: (controller) => signal.addEventListener('abort', () => controller.error(new Error('aborted'))),
        }),
      ),
    '/x',
    {
      ...heard.handlers,
      onStatus: (status) => {
        heard.handlers.onStatus(status);
        if (status === 'live') stop.abort();
      },
    },
    stop.signal,
    { ...FAST, silenceMs: 60_000 },
  );
  await following;
  expect(heard.statuses).toEqual(['connecting', 'live']);
});
