import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Every version stays while its secret does: an earlier release is restored with the values it had. */
export const secretVersions: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'secret_versions')
      .addColumn('secret_id', type.id, (col) => col.notNull())
      .addColumn('version', type.integer, (col) => col.notNull())
      .addColumn('sealed', type.text, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addPrimaryKeyConstraint('secret_versions_key', ['secret_id', 'version'])
      .execute();
  },
};
