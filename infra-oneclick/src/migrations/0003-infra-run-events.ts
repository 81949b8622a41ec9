import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const infraRunEvents: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await addRowNumber(createTable(db, kind, 'infra_run_events'), kind)
      .addColumn('run_id', type.id, (col) => col.notNull())
      .addColumn('type', 'varchar(20)', (col) => col.notNull())
      .addColumn('data', type.json, (col) => col.notNull())
      .execute();
    await db.schema.createIndex('infra_run_events_run').on('infra_run_events').columns(['run_id', 'seq']).execute();
  },
};
