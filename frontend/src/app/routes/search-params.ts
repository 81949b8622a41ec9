/** What of an address's search a page takes: texts only, and only those that it names. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
/** Leaves out what is undefined, so that addresses stay short. */
export const searchOf = <K extends string>(
  search: Record<string, unknown>,
  keys: readonly K[],
): { [key in K]?: string } =>
  Object.fromEntries(keys.flatMap((key) => (text(search[key]) === undefined ? [] : [[key, text(search[key])]]))) as {
    [key in K]?: string;
  };
