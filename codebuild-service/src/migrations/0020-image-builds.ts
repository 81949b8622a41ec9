import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const imageBuilds: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'image_builds')
      .addColumn('key', 'varchar(100)', (col) => col.primaryKey())
      .addColumn('build_id', type.id, (col) => col.notNull())
      .addColumn('request', type.json, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
  },
};
