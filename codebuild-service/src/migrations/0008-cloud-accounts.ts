import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const cloudAccounts: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'cloud_accounts')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('name', 'varchar(63)', (col) => col.notNull().unique())
      .addColumn('description', 'varchar(255)', (col) => col.notNull())
      .addColumn('kind', 'varchar(20)', (col) => col.notNull())
      .addColumn('credential', type.text) // sealed; NULL: the account needs none of ours
      .addColumn('shown', type.json, (col) => col.notNull())
      .addColumn('regions', type.json, (col) => col.notNull())
      .addColumn('is_default', type.flag, (col) => col.notNull())
      .addColumn('builtin', type.flag, (col) => col.notNull())
      .addColumn('concurrent_builds', 'integer')
      .addColumn('account_id', 'varchar(12)')
      .addColumn('checked_at', type.instant)
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
  },
};
