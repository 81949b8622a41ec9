import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const buildQueues: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'build_queues')
      .addColumn('account', 'varchar(63)', (col) => col.notNull())
      .addColumn('region', 'varchar(30)', (col) => col.notNull())
      .addColumn('owner', 'varchar(120)') // NULL: free to be claimed
      .addColumn('expires_at', type.instant) // after this instant any process may take it
      .addColumn('epoch', type.integer, (col) => col.notNull())
      .addColumn('fair_state', type.json)
      .addColumn('full_limit', 'integer')
      .addColumn('full_until', type.instant)
      .addPrimaryKeyConstraint('build_queues_pk', ['account', 'region'])
      .execute();
  },
};
