import { expect, test } from 'vitest';
import { LiveFeed, type LiveEvent, type LiveRow, type LiveSource } from './live-feed.js';

class Subject implements LiveSource {
  rows: LiveRow[] = [];
  last: LiveEvent | undefined;
  reads = 0;
  add(...texts: string[]): void {
    for (const data of texts) {
      const seq = this.rows.length + 1;
      this.rows.push({ seq, event: { type: 'line', data, seq } });
    }
  }
  newest = async (): Promise<number> => this.rows.length;
  end = async (): Promise<LiveEvent | undefined> => this.last;
  read = async (after: number, limit: number): Promise<LiveRow[]> => {
    this.reads += 1;
    return this.rows.filter(({ seq }) => seq > after).slice(0, limit);
  };
}
const taken = async (events: AsyncGenerator<LiveEvent>, count = Infinity): Promise<unknown[]> => {
  const seen: unknown[] = [];
  for await (const { type, data } of events) {
    seen.push(type === 'line' ? data : type);
    if (seen.length >= count) break;
  }
  return seen;
};

test('who comes gets what was missed, then what comes, then the end', async () => {
  const subject = new Subject();
  const feed = new LiveFeed(() => subject);
  subject.add('a', 'b', 'c');
  const all = taken(feed.follow('log', '1', 0, AbortSignal.timeout(5_000)));
  const late = taken(feed.follow('log', '1', 2, AbortSignal.timeout(5_000)));
  expect(await taken(feed.follow('log', '1', 0, AbortSignal.timeout(5_000)), 3)).toEqual(['a', 'b', 'c']);
  subject.add('d');
  feed.notify('1');
  subject.last = { type: 'end', data: {} };
  expect(await all).toEqual(['a', 'b', 'c', 'd', 'end']);
  expect(await late).toEqual(['c', 'd', 'end']);
});

test('one who leaves does not keep those who stay busy', async () => {
  const subject = new Subject();
  const feed = new LiveFeed(() => subject);
  const leaving = new AbortController();
  const staying = new AbortController();
  const stays = taken(feed.follow('log', '1', 0, staying.signal));
  const leaves = taken(feed.follow('log', '1', 0, leaving.signal));
  subject.add('a');
  feed.notify('1');
  await expect.poll(() => subject.reads).toBeGreaterThan(1);
  leaving.abort();
  expect(await leaves).toEqual(['a']);
  await new Promise((resolve) => setTimeout(resolve, 20)); // the loop of events still turns
  staying.abort();
  expect(await stays).toEqual(['a']);
});

test('many who listen to one subject cost one query at a time, and none when they have left', async () => {
  const subject = new Subject();
  const feed = new LiveFeed(() => subject);
  const leaving = new AbortController();
  const listeners = Array.from({ length: 500 }, () => taken(feed.follow('log', '1', 0, leaving.signal)));
  subject.add('a');
  feed.notify('1');
  await expect.poll(() => subject.reads).toBeGreaterThan(1);
  const before = subject.reads;
  leaving.abort();
  expect(new Set((await Promise.all(listeners)).flat())).toEqual(new Set(['a']));
  expect(before).toBeLessThan(20);
  await new Promise((resolve) => setTimeout(resolve, 300)); // longer than the pause between two looks
  const after = subject.reads;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(subject.reads).toBe(after);
});
