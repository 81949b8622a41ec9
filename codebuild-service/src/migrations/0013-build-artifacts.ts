import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const buildArtifacts: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    // A path may be longer than an index takes: rows are numbered instead.
    await addRowNumber(createTable(db, kind, 'build_artifacts'), kind)
      .addColumn('build_id', type.id, (col) => col.notNull())
      .addColumn('artifact', type.name, (col) => col.notNull())
      .addColumn('path', type.text, (col) => col.notNull())
      .addColumn('size_bytes', type.integer, (col) => col.notNull())
      .execute();
    await db.schema.createIndex('build_artifacts_of').on('build_artifacts').columns(['build_id', 'seq']).execute();
  },
};
