/** How the printed verdicts compare with what the index expects, where it does: read after all is said. Pure. */
import type { OutcomeLine } from './outcome.js';

export interface Expectation {
  readonly fault: OutcomeLine['fault'];
  readonly code: string | undefined;
  /** When the first sure sign came, in milliseconds. */
  readonly signalAt: number | undefined;
}

const FAULTS: Readonly<Record<string, OutcomeLine['fault']>> = {
  release_fault: 'release',
  platform_fault: 'platform',
  transient: 'transient',
  healthy: 'none',
  paused: 'none',
  superseded: 'none',
};

export const expectationOf = (entry: unknown): Expectation | undefined => {
  const { expected_verdict, cause_code, decisive_signal } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const fault = FAULTS[String(expected_verdict)];
  if (fault === undefined) return undefined;
  const at = (decisive_signal as { at_ms?: unknown } | null | undefined)?.at_ms;
  return {
    fault,
    code: typeof cause_code === 'string' ? cause_code : undefined,
    signalAt: typeof at === 'number' ? at : undefined,
  };
};

export interface Comparison {
  readonly line: OutcomeLine;
  readonly expected: Expectation | undefined;
  /** Milliseconds from the sign to the verdict; of faults only, and not below 0. */
  readonly delay: number | undefined;
  readonly rightFault: boolean;
  readonly rightCode: boolean;
}

export const compare = (line: OutcomeLine, expected: Expectation | undefined): Comparison => ({
  line,
  expected,
  delay:
    expected?.signalAt === undefined || line.at_ms === null || (line.fault !== 'release' && line.fault !== 'platform')
      ? undefined
      : Math.max(0, line.at_ms - expected.signalAt),
  rightFault: expected?.fault === line.fault,
  rightCode: expected?.code === undefined || expected.code === line.code,
});

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The table at the end, a line each. */
export const tableOf = (comparisons: readonly Comparison[]): readonly string[] => {
  const rows = comparisons.map(({ line, expected, delay, rightFault, rightCode }) => [
    line.slug,
    line.fault,
    line.code,
    line.at_ms === null ? '-' : String(line.at_ms),
    expected === undefined
      ? ''
      : rightFault && rightCode
        ? 'right'
        : `WRONG: ${expected.fault} ${expected.code ?? ''}`.trim(),
    delay === undefined ? '' : seconds(delay),
  ]);
  const head = [
    'scenario',
    'fault',
    'code',
    'at_ms',
    comparisons.some(({ expected }) => expected) ? 'expected' : '',
    '',
  ];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return [
    ...all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
    ...sums(comparisons),
  ];
};

const sums = (comparisons: readonly Comparison[]): readonly string[] => {
  const expected = comparisons.filter(({ expected }) => expected !== undefined);
  if (expected.length === 0) return ['', `${String(comparisons.length)} scenarios; the index expects nothing of them.`];
  const of = (right: readonly unknown[], all: readonly unknown[]): string =>
    `${String(right.length)} of ${String(all.length)}`;
  const harmless = expected.filter(({ expected }) => expected?.fault === 'none' || expected?.fault === 'transient');
  const alarms = harmless.filter(({ line }) => line.fault === 'release' || line.fault === 'platform');
  const delays = expected
    .flatMap(({ delay, rightFault }) => (delay !== undefined && rightFault ? [delay] : []))
    .toSorted((a, b) => a - b);
  return [
    '',
    `fault right: ${of(
      expected.filter(({ rightFault }) => rightFault),
      expected,
    )}; fault and code right: ${of(
      expected.filter(({ rightFault, rightCode }) => rightFault && rightCode),
      expected,
    )}; false alarms: ${of(alarms, harmless)}`,
    `from the sign to the verdict: median ${seconds(percentile(delays, 0.5))}, p95 ${seconds(percentile(delays, 0.95))}, longest ${seconds(percentile(delays, 1))}`,
  ];
};
