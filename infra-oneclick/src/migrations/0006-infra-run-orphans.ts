import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Expand: what a destroy has left; NULL where nobody looked. */
export const infraRunOrphans: Migration = {
  up: async (db, kind) => {
    await db.schema.alterTable('infra_runs').addColumn('orphans', columnTypes(kind).json).execute();
  },
};
