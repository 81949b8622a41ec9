import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const webhookDeliveries: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'webhook_deliveries')
      .addColumn('project_id', type.id, (col) => col.notNull())
      .addColumn('delivery', 'varchar(100)', (col) => col.notNull())
      .addColumn('build_id', type.id, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addPrimaryKeyConstraint('webhook_deliveries_key', ['project_id', 'delivery'])
      .execute();
    await db.schema.createIndex('webhook_deliveries_age').on('webhook_deliveries').columns(['created_at']).execute();
  },
};
