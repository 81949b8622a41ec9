import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const registries: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'registries')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('name', 'varchar(63)', (col) => col.notNull().unique())
      .addColumn('url', 'varchar(500)', (col) => col.notNull())
      .addColumn('username', 'varchar(200)')
      .addColumn('password', type.text)
      .addColumn('is_default', type.flag, (col) => col.notNull())
      .addColumn('embedded', type.flag, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
  },
};
