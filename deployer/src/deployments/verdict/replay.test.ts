/** Replays recorded failures of a real cluster: fault, code, how soon it is said, and no abort of what is healthy. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compare, expectationOf, tableOf, type Comparison } from './replay/expectations.js';
import { outcomeOf } from './replay/outcome.js';
import { readIndex, readRecording, slugOf } from './replay/recording.js';
import { replay, type Replayed } from './replay/replay.js';

const ROOT = join(import.meta.dirname, '../../../testdata/failures');
const entries = await readIndex(ROOT);
const show = ({ said }: Replayed): string =>
  said.map(({ at, verdict }) => `${String(at)} ${verdict?.fault ?? ''} ${verdict?.code ?? 'nothing'}`).join(', ');
const entryOf = (slug: string): unknown => entries.find((entry, index) => slugOf(entry, index) === slug);
const replayOf = async (slug: string): Promise<Replayed> => replay(await readRecording(ROOT, entryOf(slug)));

const all: Comparison[] = [];
test.each(entries.map((entry, index) => [slugOf(entry, index), entry] as const))('%s', async (slug, entry) => {
  const replayed = replay(await readRecording(ROOT, entry));
  const expected = expectationOf(entry);
  const line = outcomeOf(slug, replayed);
  const compared = compare(line, expected);
  all.push(compared);
  expect({ fault: line.fault, code: line.code === 'none' ? expected?.code : line.code }, show(replayed)).toEqual({
    fault: expected?.fault,
    code: expected?.code,
  });
  expect(compared.delay ?? 0, show(replayed)).toBeLessThanOrEqual(10_000);
  // What the cluster's operators or nobody must mend is never aborted, and neither is what gets well.
  if (line.fault !== 'release') expect(replayed.acted, show(replayed)).toBeUndefined();
  for (const { verdict } of replayed.said) {
    if (verdict === undefined) continue;
    expect(verdict.reason).toMatch(/^[A-Z].*[^.]\.$/s);
    expect(verdict.suggestion).toMatch(/^[A-Z].*[^.]\.$/s);
    expect(verdict.object).not.toBeNull();
  }
});

test('what holds for all of them is summed up', () => {
  const sum = tableOf(all).slice(-2).join('\n');
  console.log(sum); // the measured figures belong into the record of every run
  expect(all).toHaveLength(entries.length);
  expect(sum).toContain('false alarms: 0 of');
});

test('a release that crashes at start is acted upon with container, exit code and last log lines', async () => {
  const { acted, said } = await replayOf('crash-loop');
  expect(acted?.at).toBeLessThan(5_000);
  expect(acted?.verdict).toMatchObject({
    code: 'crash_loop',
    fault: 'release',
    container: 'web',
    evidence: { exit_code: 1 },
  });
  expect(said.at(-1)?.verdict?.evidence.log_lines).toContain('fatal: DATABASE_URL is not set');
  expect(acted?.verdict.reason).toMatch(/Container web of Pod web-\S+ crashed twice at start with exit code 1\./);
});

test.each(['healthy-rolling-update', 'slow-but-healthy-start', 'recreate-strategy', 'terminating-stuck'])(
  '%s is seen to complete',
  async (slug) => {
    expect((await replayOf(slug)).completedAt).toBeDefined();
  },
);
