/** Rows of key and value, and the record they stand for: rows without a key are none. Pure. */
export interface Pair {
  readonly key: string;
  readonly value: string;
}

export const pairsOf = (record: Readonly<Record<string, string>> | undefined): Pair[] =>
  Object.entries(record ?? {}).map(([key, value]) => ({ key, value }));
export const recordOf = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(pairs.filter(({ key }) => key.trim() !== '').map(({ key, value }) => [key.trim(), value]));
