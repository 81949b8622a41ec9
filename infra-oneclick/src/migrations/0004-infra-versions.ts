import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const infraVersions: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'infra_versions')
      .addColumn('environment_id', type.id, (col) => col.notNull())
      .addColumn('number', type.integer, (col) => col.notNull())
      .addColumn('run_id', type.id, (col) => col.notNull())
      .addColumn('module', 'varchar(100)', (col) => col.notNull())
      .addColumn('module_hash', 'varchar(64)', (col) => col.notNull())
      .addColumn('variables', type.json, (col) => col.notNull())
      .addColumn('secret_variables', type.text, (col) => col.notNull()) // sealed
      .addColumn('secret_names', type.json, (col) => col.notNull())
      .addColumn('state_serial', type.integer)
      .addColumn('destroyed', type.flag, (col) => col.notNull())
      .addColumn('created_by', type.name, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addPrimaryKeyConstraint('infra_versions_key', ['environment_id', 'number'])
      .execute();
  },
};
