import { expect, test } from 'vitest';
import { leftAfter } from './cluster.js';

const ended = (state: string, failedState: string | null = null) =>
  ({ application: 'shop', state, failed_state: failedState }) as Parameters<typeof leftAfter>[0][number];

test.each([
  ['a foreign change', [ended('stable'), ended('superseded')], true],
  ['a way back that failed', [ended('rollback_failed', 'testing_failed')], true],
  ['a stable release after it', [ended('superseded'), ended('stable')], false],
  ['a way back through the cluster after it', [ended('superseded'), ended('rolled_back', 'testing_failed')], false],
  ['a failure after it that changed nothing', [ended('superseded'), ended('rolled_back', 'build_failed')], true],
  ['a cancel after it', [ended('superseded'), ended('cancelled')], true],
  ['nothing of the kind', [ended('rolled_back', 'build_failed'), ended('stable')], false],
])('what runs is unknown after %s: %#', (_what, rows, unknown) => {
  expect(leftAfter(rows).has('shop')).toBe(unknown);
});
