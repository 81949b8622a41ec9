import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const applications: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'applications')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('name', 'varchar(63)', (col) => col.notNull().unique())
      .addColumn('description', type.text, (col) => col.notNull())
      .addColumn('created_by', 'varchar(100)', (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .execute();
  },
};
