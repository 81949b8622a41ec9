/** Which bundles go: a pure rule. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { releasesToLetGo, type KeptRelease } from './retention.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
/** Release `number`, as many days old. */
const release = (number: number, days: number, more: Partial<KeptRelease> = {}): KeptRelease => ({
  id: `r${number}`,
  number,
  status: 'stable',
  live: false,
  bad: null,
  createdAt: new Date(NOW.getTime() - days * 86_400_000).toISOString(),
  ...more,
});
const mark = { reason: 'leaks', by: 'ann', at: NOW.toISOString() };
const eight = [8, 7, 6, 5, 4, 3, 2, 1].map((number) => release(number, (8 - number) * 10, { live: number === 8 }));

test('without a rule all stay', () => {
  expect(releasesToLetGo(eight, { keep: null, days: null }, NOW)).toEqual([]);
});

test('the newest so many stay, counted with those that failed', () => {
  expect(releasesToLetGo(eight, { keep: 5, days: null }, NOW)).toEqual(['r3', 'r2', 'r1']);
});

test('with both rules a bundle goes only when both let it go', () => {
  expect(releasesToLetGo(eight, { keep: 2, days: 45 }, NOW)).toEqual(['r3', 'r2', 'r1']);
  expect(releasesToLetGo(eight, { keep: 7, days: 1 }, NOW)).toEqual(['r1']);
});

test('the live release and what a rollback goes to stay, however old', () => {
  const old = [
    release(9, 1, { status: 'failed' }),
    release(3, 500, { live: true }),
    release(2, 600, { bad: mark }),
    release(1, 700),
  ];
  expect(releasesToLetGo(old, { keep: 1, days: 30 }, NOW)).toEqual(['r2']);
});

test('what is on its way stays', () => {
  expect(
    releasesToLetGo([release(2, 90, { status: 'pending' }), release(1, 99)], { keep: null, days: 1 }, NOW),
  ).toEqual([]);
});

test('never the live one, never one of the newest that are to be kept', () => {
  const some = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 400 })), {
    selector: ([number]) => number,
    minLength: 1,
  });
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 20 }), fc.nat(), (pairs, keep, pick) => {
      const releases = pairs.map(([number, days], at) => release(number, days, { live: at === pick % pairs.length }));
      const gone = new Set(releasesToLetGo(releases, { keep, days: null }, NOW));
      const newest = releases.toSorted((a, b) => b.number - a.number).slice(0, keep);
      expect([...newest, ...releases.filter(({ live }) => live)].filter(({ id }) => gone.has(id))).toEqual([]);
      expect(releases.length - gone.size).toBeLessThanOrEqual(keep + 2);
    }),
  );
});
