import type { SqliteDatabase, SqliteStatement } from 'kysely';

const KEPT_AT_MOST = 300;
/** Of one text: a longer one is a rarity whose statement is not worth its memory. */
const LONGEST = 100_000;

/**
 * Keeps prepared statements of a SQLite connection, the last used ones: the query builder prepares each query anew, which
 * costs as much as to run a small one and a third of a large insert. A change of the schema forgets them all.
 */
export function withStatementCache(database: SqliteDatabase): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => {
      kept.clear();
      database.close();
    },
    prepare: (sql) => {
      if (/^\s*(create|alter|drop|pragma)\b/i.test(sql)) kept.clear();
      let statement = kept.get(sql);
      if (statement)
        kept.delete(sql); // and put it back as the last used
      else statement = database.prepare(sql);
      if (sql.length <= LONGEST) kept.set(sql, statement);
      if (kept.size > KEPT_AT_MOST) kept.delete(kept.keys().next().value ?? '');
      return statement;
    },
  };
}
