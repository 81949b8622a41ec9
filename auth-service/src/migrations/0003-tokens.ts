import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const tokens: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'tokens')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('token_hash', 'varchar(64)', (col) => col.notNull().unique())
      .addColumn('prefix', 'varchar(16)', (col) => col.notNull())
      .addColumn('user_id', type.id, (col) => col.notNull())
      .addColumn('name', type.name, (col) => col.notNull())
      .addColumn('scopes', type.json)
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('expires_at', type.instant, (col) => col.notNull())
      .addColumn('last_used_at', type.instant)
      .execute();
    await db.schema.createIndex('tokens_user').on('tokens').columns(['user_id', 'id']).execute();
  },
};
