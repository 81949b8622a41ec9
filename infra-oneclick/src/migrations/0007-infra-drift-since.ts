import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Expand: since when there is drift; NULL where the last look found none. */
export const infraDriftSince: Migration = {
  up: async (db, kind) => {
    await db.schema.alterTable('infra_environments').addColumn('drift_since', columnTypes(kind).instant).execute();
  },
};
