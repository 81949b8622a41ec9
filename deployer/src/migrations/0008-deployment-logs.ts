import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const deploymentLogs: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await addRowNumber(createTable(db, kind, 'deployment_logs'), kind)
      .addColumn('deployment_id', type.id, (col) => col.notNull())
      .addColumn('ts', type.instant, (col) => col.notNull())
      .addColumn('stage', 'varchar(32)')
      .addColumn('stream', 'varchar(8)', (col) => col.notNull())
      .addColumn('text', type.text, (col) => col.notNull())
      .execute();
    await db.schema.createIndex('deployment_logs_of').on('deployment_logs').columns(['deployment_id', 'seq']).execute();
  },
};
