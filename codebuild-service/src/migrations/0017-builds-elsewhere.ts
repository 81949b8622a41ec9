import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Builds that were started in AWS are taken in once: a build of an engine has one row, whoever finds it. */
export const buildsElsewhere: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await db.schema.createIndex('builds_engine_ref').unique().on('builds').columns(['engine_ref']).execute();
    await db.schema.alterTable('build_queues').addColumn('elsewhere_look_at', type.instant).execute();
  },
};
