/** What a benchmark found, and how it is shown. */
export interface Figure {
  readonly what: string;
  readonly found: string;
  /** Absent: it is told for its own sake. */
  readonly bar?: { readonly text: string; readonly met: boolean };
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

export const milliseconds = (ms: number): string =>
  ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

export const atMost = (value: number, limit: number, unit = ''): NonNullable<Figure['bar']> => ({
  text: `≤ ${limit}${unit}`,
  met: value <= limit,
});
export const atLeast = (value: number, limit: number): NonNullable<Figure['bar']> => ({
  text: `≥ ${limit.toFixed(2)}`,
  met: value >= limit,
});

export function printTable(figures: readonly Figure[], print: (line: string) => void): void {
  const rows = [
    ['what', 'found', 'bar', ''],
    ...figures.map(({ what, found, bar }) => [what, found, bar?.text ?? '', bar ? (bar.met ? 'met' : 'MISSED') : '']),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}
