import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** In the database, not in memory: replicas count together. */
export const loginFailures: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'login_failures')
      .addColumn('id', 'varchar(64)', (col) => col.primaryKey())
      .addColumn('failures', 'integer', (col) => col.notNull())
      .addColumn('locked_until', type.instant)
      .addColumn('last_at', type.instant, (col) => col.notNull())
      .execute();
    await db.schema.createIndex('login_failures_last').on('login_failures').column('last_at').execute();
  },
};
