import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const deploymentEvents: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await addRowNumber(createTable(db, kind, 'deployment_events'), kind)
      .addColumn('deployment_id', type.id, (col) => col.notNull())
      .addColumn('type', 'varchar(16)', (col) => col.notNull())
      .addColumn('payload', type.json, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
    await db.schema
      .createIndex('deployment_events_of')
      .on('deployment_events')
      .columns(['deployment_id', 'seq'])
      .execute();
  },
};
