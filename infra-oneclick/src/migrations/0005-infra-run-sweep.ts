import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Expand: what a destroy sweeps; NULL in runs of before. */
export const infraRunSweep: Migration = {
  up: async (db, kind) => {
    await db.schema.alterTable('infra_runs').addColumn('sweep', columnTypes(kind).json).execute();
  },
};
