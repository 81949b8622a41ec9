import { expect, test } from 'vitest';
import { releaseSample } from '../testing/samples.js';
import { rollbackTargets } from './rollback-targets.js';

const releases = [
  releaseSample({ id: 'r5', number: 5, status: 'failed' }),
  releaseSample({ id: 'r4', number: 4, live: true }),
  releaseSample({ id: 'r3', number: 3 }),
  releaseSample({ id: 'r2', number: 2 }),
  releaseSample({ id: 'p9', number: 9, environment: 'production' }),
];

test('offers the stable release before the live one first, never the live, a failed or another environment', () => {
  expect(rollbackTargets(releases, 'development', 'r5').map(({ id }) => id)).toEqual(['r3', 'r2']);
});

test('after a rollback the newer stable releases come last', () => {
  const back = releases.map((release) => ({ ...release, live: release.id === 'r2' }));
  expect(rollbackTargets(back, 'development', null).map(({ id }) => id)).toEqual(['r4', 'r3']);
});

test('nothing live: every stable one, newest first', () => {
  const none = releases.map((release) => ({ ...release, live: false }));
  expect(rollbackTargets(none, 'development', null).map(({ id }) => id)).toEqual(['r4', 'r3', 'r2']);
});

test('one that is marked bad comes last, one whose bundle is gone not at all', () => {
  const bad = { reason: 'loses orders', marked_by: 'mira', marked_at: '2026-11-21T04:00:00.000Z' };
  const some = releases.map((release) => (release.id === 'r3' ? { ...release, bad } : release));
  expect(rollbackTargets(some, 'development', null).map(({ id }) => id)).toEqual(['r2', 'r3']);
  const gone = some.map((release) =>
    release.id === 'r2' ? { ...release, bundle_removed_at: '2026-11-21T04:00:00.000Z' } : release,
  );
  expect(rollbackTargets(gone, 'development', null).map(({ id }) => id)).toEqual(['r3']);
});
