import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const savedEntries: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await addRowNumber(createTable(db, kind, 'saved_entries'), kind)
      .addColumn('id', type.id, (col) => col.notNull().unique())
      .addColumn('user_id', 'varchar(100)', (col) => col.notNull())
      .addColumn('query', type.text, (col) => col.notNull())
      .addColumn('output', type.text, (col) => col.notNull())
      .addColumn('timestamp', type.instant, (col) => col.notNull())
      .execute();
  },
};
