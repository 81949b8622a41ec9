import { expect, test } from 'vitest';
import { NO_PROGRESS, progressRows, withEvent, type Progress } from './run-progress.js';

const AT = '2026-11-21T04:00:00.000Z';
type Event = Parameters<typeof withEvent>[1];
const after = (...events: Partial<Event>[]): Progress =>
  events.reduce<Progress>(
    (progress, event) =>
      withEvent(progress, {
        ts: AT,
        address: 'a',
        action: 'create',
        status: 'started',
        elapsed_seconds: null,
        ...event,
      }),
    NO_PROGRESS,
  );
const planned = [
  { address: 'a', action: 'create' },
  { address: 'b', action: 'replace' },
  { address: 'c', action: 'delete' },
  { address: 'data.d', action: 'read' },
] as const;

test('what failed stands before what goes on, what is to come and what is done; reads are no change', () => {
  const progress = after(
    { address: 'a', status: 'done', elapsed_seconds: 3 },
    { address: 'b', action: 'delete' },
    { address: 'c', action: 'delete', status: 'failed' },
  );
  expect(progressRows(planned, progress).map(({ address, status }) => [address, status])).toEqual([
    ['c', 'failed'],
    ['b', 'running'],
    ['a', 'done'],
  ]);
  expect(progressRows(planned, NO_PROGRESS).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending']);
});

test('a replacement is done when it was destroyed and made, in whatever order', () => {
  const half = after(
    { address: 'b', action: 'create', status: 'done' },
    { address: 'b', action: 'create', status: 'done' },
  );
  const rowOf = (progress: Progress) => progressRows(planned, progress).find(({ address }) => address === 'b');
  expect(rowOf(half)?.status).toBe('running');
  const whole = withEvent(half, { ts: AT, address: 'b', action: 'delete', status: 'done', elapsed_seconds: 1 });
  expect(rowOf(whole)?.status).toBe('done');
});

test('a time that was told stays; what the plan did not show comes by its events', () => {
  const rows = progressRows([], after({ status: 'progress', elapsed_seconds: 20 }, { status: 'done' }));
  expect(rows).toEqual([{ address: 'a', action: 'create', status: 'done', startedAt: AT, seconds: 20 }]);
});
