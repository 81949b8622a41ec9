import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const buildProjects: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'build_projects')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('name', 'varchar(150)', (col) => col.notNull().unique())
      .addColumn('account', 'varchar(63)', (col) => col.notNull())
      .addColumn('region', 'varchar(30)', (col) => col.notNull())
      .addColumn('engine', 'varchar(20)', (col) => col.notNull())
      .addColumn('arn', 'varchar(500)')
      .addColumn('team', 'varchar(63)', (col) => col.notNull())
      .addColumn('description', type.name, (col) => col.notNull())
      .addColumn('settings', type.json, (col) => col.notNull())
      .addColumn('webhook_secret', type.text)
      .addColumn('webhook_url', 'varchar(1000)')
      .addColumn('badge_token', 'varchar(64)')
      .addColumn('badge_url', 'varchar(1000)')
      .addColumn('imported', type.flag, (col) => col.notNull())
      .addColumn('build_count', type.integer, (col) => col.notNull())
      .addColumn('created_by', type.name, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .execute();
    await db.schema.createIndex('build_projects_account').on('build_projects').columns(['account', 'name']).execute();
    await db.schema.createIndex('build_projects_team').on('build_projects').columns(['team', 'name']).execute();
  },
};
