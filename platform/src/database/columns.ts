import { sql, type ColumnDataType, type CreateTableBuilder, type Kysely, type RawBuilder } from 'kysely';
import type { DatabaseKind } from './open-database.js';

type Columns = { readonly [name: string]: ColumnDataType | RawBuilder<unknown> };

/** Column types of a migration, one word for both databases. */
export const columnTypes = (kind: DatabaseKind) =>
  ({
    id: sql`varchar(36)`,
    /** 2026-11-21T03:44:00.000Z */
    instant: sql`varchar(24)`,
    name: sql`varchar(255)`,
    text: kind === 'mysql' ? sql`longtext` : sql`text`,
    json: kind === 'mysql' ? sql`longtext` : sql`text`,
    integer: sql`bigint`,
    flag: sql`smallint`,
  }) satisfies Columns;

/** `create table` with the table options that make MySQL compare text as SQLite does: by its bytes. */
export function createTable(db: Kysely<unknown>, kind: DatabaseKind, name: string): CreateTableBuilder<string> {
  const table = db.schema.createTable(name);
  return kind === 'mysql' ? table.modifyEnd(sql`engine=InnoDB default charset=utf8mb4 collate=utf8mb4_bin`) : table;
}

/** A row number that counts up: the `id` of an event stream. */
export function addRowNumber(
  table: CreateTableBuilder<string>,
  kind: DatabaseKind,
  column = 'seq',
): CreateTableBuilder<string> {
  return kind === 'mysql'
    ? table.addColumn(column, 'bigint', (col) => col.primaryKey().autoIncrement())
    : table.addColumn(column, 'integer', (col) => col.primaryKey().autoIncrement());
}
