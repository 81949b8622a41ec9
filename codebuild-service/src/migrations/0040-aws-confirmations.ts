import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const awsConfirmations: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'aws_confirmations')
      .addColumn('id', 'varchar(64)', (col) => col.primaryKey())
      .addColumn('user_id', 'varchar(64)', (col) => col.notNull())
      .addColumn('bound_to', 'varchar(64)', (col) => col.notNull())
      .addColumn('operation', 'varchar(100)', (col) => col.notNull())
      .addColumn('request', type.json)
      .addColumn('used', type.flag, (col) => col.notNull())
      .addColumn('expires_at', type.instant, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
    await db.schema
      .createIndex('aws_confirmations_asked')
      .on('aws_confirmations')
      .columns(['user_id', 'bound_to'])
      .execute();
    await db.schema.createIndex('aws_confirmations_expiry').on('aws_confirmations').column('expires_at').execute();
  },
};
