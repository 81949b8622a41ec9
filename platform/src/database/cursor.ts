import { invalidField } from '../errors/app-error.js';

/** Opaque page cursors: the sort key of the last row seen. */
export const encodeCursor = (...key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/** Throws AppError invalid when the text is none of ours. */
export function decodeCursor(cursor: string, length: number): (string | number)[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (
      Array.isArray(key) &&
      key.length === length &&
      key.every((part) => typeof part === 'string' || typeof part === 'number')
    )
      return key;
  } catch (error) {
    throw Object.assign(badCursor(), { cause: error });
  }
  throw badCursor();
}
const badCursor = () =>
  invalidField(
    'cursor',
    'is not a cursor of this list',
    'send next_cursor of the page before, unchanged',
    'bad_cursor',
  );

/** A page from `limit + 1` rows: the extra one only tells that there is more. */
export function pageFrom<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  keyOf: (row: Row) => (string | number)[],
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    next_cursor: rows.length > limit && last !== undefined ? encodeCursor(...keyOf(last)) : null,
  };
}
