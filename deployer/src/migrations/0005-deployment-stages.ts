import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const deploymentStages: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'deployment_stages')
      .addColumn('deployment_id', type.id, (col) => col.notNull())
      .addColumn('name', 'varchar(32)', (col) => col.notNull())
      .addColumn('outcome', 'varchar(16)')
      .addColumn('started_at', type.instant, (col) => col.notNull())
      .addColumn('ended_at', type.instant)
      .addPrimaryKeyConstraint('deployment_stages_key', ['deployment_id', 'name'])
      .execute();
  },
};
