import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const sessions: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'sessions')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('token_hash', 'varchar(64)', (col) => col.notNull().unique())
      .addColumn('user_id', type.id, (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('expires_at', type.instant, (col) => col.notNull())
      .addColumn('ip_address', 'varchar(64)')
      .addColumn('user_agent', type.text)
      .execute();
    await db.schema.createIndex('sessions_user').on('sessions').column('user_id').execute();
    await db.schema.createIndex('sessions_expiry').on('sessions').column('expires_at').execute();
  },
};
