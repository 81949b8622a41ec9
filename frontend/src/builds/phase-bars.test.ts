import type { BuildPhaseView } from '@aws-deployer/platform/contracts/builds';
import { expect, test } from 'vitest';
import { barsOf } from './phase-bars.js';

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21) + seconds * 1000).toISOString();
const phase = (name: BuildPhaseView['name'], from: number | null, to: number | null): BuildPhaseView => ({
  name,
  status: to === null ? 'in_progress' : 'succeeded',
  started_at: from === null ? null : at(from),
  ended_at: to === null ? null : at(to),
  duration_seconds: null,
  message: null,
});

test('bars stand where and as long as their phases were; the running one reaches to now', () => {
  const bars = barsOf([phase('INSTALL', 0, 25), phase('BUILD', 25, null)], Date.parse(at(100)));
  expect(bars.map(({ from, width, ms }) => [from, width, ms])).toEqual([
    [0, 25, 25_000],
    [25, 75, 75_000],
  ]);
});

test('an instant phase is seen, one that has not begun is not, and no clock makes a negative width', () => {
  const bars = barsOf([phase('SUBMITTED', 0, 0), phase('BUILD', 10, 5), phase('FINALIZING', null, null)], 0);
  expect(bars[0]?.width).toBeGreaterThan(0);
  expect(bars[1]?.ms).toBe(0);
  expect(bars[2]).toMatchObject({ width: 0, ms: null });
  expect(bars.every(({ from, width }) => from >= 0 && from + width <= 100.001)).toBe(true);
});
