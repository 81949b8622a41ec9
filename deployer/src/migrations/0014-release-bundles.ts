import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Releases that were marked bad, bundles that were removed, and the rule by which they are. */
export const releaseBundles: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await db.schema.alterTable('releases').addColumn('bad_reason', 'varchar(500)').execute();
    await db.schema.alterTable('releases').addColumn('bad_by', 'varchar(100)').execute();
    await db.schema.alterTable('releases').addColumn('bad_at', type.instant).execute();
    await db.schema.alterTable('releases').addColumn('bundle_removed_at', type.instant).execute();
    await db.schema.createIndex('releases_digest').on('releases').columns(['application_id', 'image_digest']).execute();
    await db.schema.alterTable('environments').addColumn('keep_releases', type.integer).execute();
    await db.schema.alterTable('environments').addColumn('keep_release_days', type.integer).execute();
  },
};
