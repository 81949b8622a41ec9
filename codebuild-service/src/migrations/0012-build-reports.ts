import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const buildReports: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'build_reports')
      .addColumn('build_id', type.id, (col) => col.notNull())
      .addColumn('position', 'integer', (col) => col.notNull())
      .addColumn('report', type.json, (col) => col.notNull())
      .addPrimaryKeyConstraint('build_reports_pk', ['build_id', 'position'])
      .execute();
  },
};
