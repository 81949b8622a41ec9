import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const deploymentPods: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'deployment_pods')
      .addColumn('deployment_id', type.id, (col) => col.primaryKey())
      .addColumn('pods', type.json, (col) => col.notNull())
      .addColumn('revision', type.integer, (col) => col.notNull())
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .execute();
  },
};
