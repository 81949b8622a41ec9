import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Which build made the image, and what its gates said. */
export const buildOfDeployment: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await db.schema.alterTable('deployments').addColumn('build_id', type.id).execute();
    await db.schema.alterTable('deployments').addColumn('gates', type.json).execute();
  },
};
