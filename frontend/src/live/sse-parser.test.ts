import { expect, test } from 'vitest';
import { SseParser } from './sse-parser.js';

test('reads events out of pieces cut anywhere', () => {
  const text =
    'retry: 2000\n\nid: 7\nevent: state\ndata: {"a":1}\n\n: alive\n\nid: 8\r\nevent: line\r\ndata: x\r\ndata: y\r\n\r\n';
  for (let size = 1; size <= text.length; size += 1) {
    const parser = new SseParser();
    const events = [];
    for (let from = 0; from < text.length; from += size) events.push(...parser.push(text.slice(from, from + size)));
    expect(events).toEqual([
      { id: '7', event: 'state', data: '{"a":1}' },
      { id: '8', event: 'line', data: 'x\ny' },
    ]);
  }
});

test('an event without data is none, and an id lasts until the next one', () => {
  const parser = new SseParser();
  expect(parser.push('id: 3\nevent: state\n\ndata: on\n\n')).toEqual([{ id: '3', event: 'message', data: 'on' }]);
});
