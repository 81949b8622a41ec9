import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const dockerLogins: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'docker_logins')
      .addColumn('user_id', 'varchar(64)', (col) => col.primaryKey())
      .addColumn('docker_user', 'varchar(200)', (col) => col.notNull())
      .addColumn('sealed', type.text, (col) => col.notNull())
      .addColumn('verified', type.flag, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
  },
};
