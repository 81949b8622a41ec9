import { expect, test } from 'vitest';
import { LogBuffer } from './log-buffer.js';
import type { LogLine } from './log-line.js';
import { asText, linesOf, matchesIn, partsIn } from './log-filter.js';

const line = (text: string, part: LogLine['part'] = 'building'): LogLine => ({
  ts: '2026-11-21T04:00:00.000Z',
  part,
  stream: 'stdout',
  text,
});

test('a line sent twice after a resume is kept once', () => {
  const buffer = new LogBuffer();
  buffer.add(line('a'), '1');
  buffer.add(line('b'), '2');
  buffer.add(line('b'), '2');
  buffer.add(line('c'), '3');
  buffer.flush();
  expect(buffer.snapshot().count).toBe(3);
});

test('readers are told in bundles, and a snapshot keeps its meaning', () => {
  const buffer = new LogBuffer();
  let told = 0;
  const leave = buffer.subscribe(() => (told += 1));
  for (let id = 1; id <= 500; id += 1) buffer.add(line(String(id)), String(id));
  expect(told).toBe(0);
  buffer.flush();
  const before = buffer.snapshot();
  buffer.add(line('later'), '501');
  leave();
  expect(told).toBe(1);
  expect(before.count).toBe(500);
});

test('filters by stage, finds in any case and beneath colours, and writes itself as text', () => {
  const lines = [line('\u001b[31mError\u001b[0m: x'), line('GET /', 'testing'), line('an error', 'testing')];
  const snapshot = { lines, count: 3 };
  expect(partsIn(snapshot)).toEqual(['building', 'testing']);
  const shown = linesOf(snapshot, 'testing');
  expect(shown).toEqual([1, 2]);
  expect(matchesIn(snapshot, shown, 'ERROR')).toEqual([1]);
  expect(matchesIn(snapshot, linesOf(snapshot, null), 'error')).toEqual([0, 2]);
  expect(asText(lines.slice(0, 1))).toBe('2026-11-21T04:00:00.000Z [building] stdout Error: x\n');
});
