import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const users: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'users')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('username', 'varchar(64)', (col) => col.notNull())
      .addColumn('username_key', 'varchar(64)', (col) => col.notNull().unique())
      .addColumn('display_name', type.name)
      .addColumn('roles', type.json, (col) => col.notNull())
      .addColumn('is_admin', type.flag, (col) => col.notNull())
      .addColumn('disabled', type.flag, (col) => col.notNull())
      .addColumn('password_hash', type.name, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('last_login_at', type.instant)
      .execute();
    await db.schema.createIndex('users_admins').on('users').columns(['is_admin', 'disabled']).execute();
  },
};
