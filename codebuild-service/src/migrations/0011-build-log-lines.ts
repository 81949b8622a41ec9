import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const buildLogLines: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await addRowNumber(createTable(db, kind, 'build_log_lines'), kind)
      .addColumn('build_id', type.id, (col) => col.notNull())
      .addColumn('ts', type.instant, (col) => col.notNull())
      .addColumn('phase', 'varchar(32)')
      .addColumn('stream', 'varchar(8)', (col) => col.notNull())
      .addColumn('text', type.text, (col) => col.notNull())
      .execute();
    await db.schema.createIndex('build_log_lines_of').on('build_log_lines').columns(['build_id', 'seq']).execute();
  },
};
