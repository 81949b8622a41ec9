import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** What was known of a deployment before it changed anything; the warnings stand beside the deployment itself. */
export const deploymentPreflights: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'deployment_preflights')
      .addColumn('deployment_id', type.id, (col) => col.primaryKey())
      .addColumn('report', type.json, (col) => col.notNull())
      .addColumn('diff', type.json)
      .addColumn('adopted', type.json)
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
    await db.schema.alterTable('deployments').addColumn('warnings', type.json).execute();
  },
};
