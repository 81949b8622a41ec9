import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Whether the failure of a build ends its batch. */
export const batchEnds: Migration = {
  up: async (db, kind) => {
    await db.schema
      .alterTable('builds')
      .addColumn('ends_batch', columnTypes(kind).flag, (col) => col.notNull().defaultTo(0))
      .execute();
  },
};
