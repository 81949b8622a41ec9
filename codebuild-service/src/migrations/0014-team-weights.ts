import { createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const teamWeights: Migration = {
  up: async (db, kind) => {
    await createTable(db, kind, 'team_weights')
      .addColumn('team', 'varchar(63)', (col) => col.primaryKey())
      .addColumn('weight', 'integer', (col) => col.notNull())
      .execute();
  },
};
