import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const releases: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'releases')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('application_id', type.id, (col) => col.notNull())
      .addColumn('environment', 'varchar(63)', (col) => col.notNull())
      .addColumn('namespace', 'varchar(63)', (col) => col.notNull())
      .addColumn('number', type.integer, (col) => col.notNull())
      .addColumn('deployment_id', type.id, (col) => col.notNull().unique())
      .addColumn('spec', type.json, (col) => col.notNull())
      .addColumn('commit_id', 'varchar(64)')
      .addColumn('image', 'varchar(600)', (col) => col.notNull())
      .addColumn('image_digest', 'varchar(80)', (col) => col.notNull())
      .addColumn('image_runtime', 'varchar(16)', (col) => col.notNull())
      .addColumn('base_substituted', 'varchar(500)')
      .addColumn('manifests', type.json, (col) => col.notNull())
      .addColumn('manifest_hash', 'varchar(80)', (col) => col.notNull())
      .addColumn('secrets', type.json, (col) => col.notNull())
      .addColumn('pull_account', type.json)
      .addColumn('status', 'varchar(16)', (col) => col.notNull())
      .addColumn('live', type.flag, (col) => col.notNull())
      .addColumn('created_by', 'varchar(100)', (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addUniqueConstraint('releases_number', ['application_id', 'environment', 'number'])
      .execute();
    await db.schema
      .createIndex('releases_live')
      .on('releases')
      .columns(['application_id', 'live', 'environment'])
      .execute();
  },
};
