/** Every row of the list of failures: said in time, acted upon when its row says so, in words that help. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { FAILURE_CASES, judged } from '../../testing/failure-cases.js';

test.each(FAILURE_CASES.map((row) => [row.row, row.what, row] as const))('row %i, %s', (_row, _what, found) => {
  const { objects, code, fault, saidAfterMs = 0, actsAfterMs } = found;
  const { verdict } = judged(objects, saidAfterMs);
  expect(verdict).toMatchObject({ code, fault });
  if (saidAfterMs > 0) expect(judged(objects, saidAfterMs - 1).verdict?.code).not.toBe(code);
  if (actsAfterMs === undefined) expect(judged(objects, 600_000).act).toBe(false);
  else {
    expect(judged(objects, actsAfterMs).act).toBe(true);
    if (actsAfterMs > 0) expect(judged(objects, actsAfterMs - 1).act).toBe(false);
  }
});

const verdicts = FAILURE_CASES.flatMap(({ objects, saidAfterMs = 0 }): VerdictView[] => {
  const { verdict } = judged(objects, saidAfterMs);
  return verdict ? [verdict] : [];
});

test.each(verdicts.map((verdict) => [verdict.code, verdict.reason, verdict] as const))(
  '%s reads well: %s',
  (_code, reason, { suggestion, object, evidence, container, fault }) => {
    expect(reason).toMatch(/^[A-Z][^\n]{20,}[^.:\s]\.$/);
    expect(suggestion).toMatch(/^[A-Z].{10,}[^.]\.$/);
    expect(object).toMatch(/^[A-Z][A-Za-z]+ \S+$/);
    expect(reason).not.toMatch(/undefined|null|NaN|\[object|rpc error/);
    // The object, or what it is a part of, is named in the sentence itself.
    const names = [object?.split(' ')[1], container ?? undefined].filter((name) => name !== undefined);
    expect(names.some((name) => reason.includes(name))).toBe(true);
    if (evidence.exit_code !== null && fault === 'release') expect(suggestion).not.toBe('');
  },
);

test('no code is without a case', () => {
  const codes = new Set(FAILURE_CASES.map(({ code }) => code));
  const sources = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const named = sources
    .filter((name) => name !== 'own-verdicts.ts')
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .flatMap((text) => [
      ...[...text.matchAll(/\bcode: (?:\w+ \? )?'([a-z_]+)'/g)].map(([, code]) => code ?? ''),
      ...[...text.matchAll(/\b(?:release|platform)\(\s*'([a-z_]+)'/g)].map(([, code]) => code ?? ''),
    ]);
  expect(named.length).toBeGreaterThan(60);
  expect([...new Set(named)].filter((code) => !codes.has(code))).toEqual([]);
});

test('every row is explained where it is decided', () => {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) +\|/gm)].map(([, row]) => Number(row));
  expect(rows).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
});
