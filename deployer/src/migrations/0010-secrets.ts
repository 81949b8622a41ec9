import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const secrets: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'secrets')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('name', 'varchar(63)', (col) => col.notNull())
      .addColumn('environment', 'varchar(63)', (col) => col.notNull()) // '' and not NULL: a unique index lets NULLs repeat
      .addColumn('type', 'varchar(16)', (col) => col.notNull())
      .addColumn('keys', type.json, (col) => col.notNull())
      .addColumn('version', type.integer, (col) => col.notNull())
      .addColumn('created_by', 'varchar(100)', (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .addUniqueConstraint('secrets_name', ['name', 'environment'])
      .execute();
  },
};
