import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const infraEnvironments: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'infra_environments')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('name', 'varchar(63)', (col) => col.notNull().unique())
      .addColumn('description', 'varchar(255)', (col) => col.notNull())
      .addColumn('module', 'varchar(100)', (col) => col.notNull())
      .addColumn('variables', type.json, (col) => col.notNull())
      .addColumn('secret_variables', type.text, (col) => col.notNull()) // sealed
      .addColumn('secret_names', type.json, (col) => col.notNull())
      .addColumn('account', 'varchar(63)')
      .addColumn('region', 'varchar(30)')
      .addColumn('backend', type.json, (col) => col.notNull())
      .addColumn('drift_minutes', type.integer)
      .addColumn('drift_status', 'varchar(20)', (col) => col.notNull())
      .addColumn('drift_checked_at', type.instant)
      .addColumn('drift_run', type.id)
      .addColumn('drift_changes', type.integer, (col) => col.notNull())
      .addColumn('drift_next_at', type.instant)
      .addColumn('status', 'varchar(20)', (col) => col.notNull())
      .addColumn('current_version', type.integer)
      .addColumn('version_count', type.integer, (col) => col.notNull())
      .addColumn('generation', type.integer, (col) => col.notNull())
      .addColumn('active_run', type.id)
      .addColumn('created_by', type.name, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .execute();
  },
};
