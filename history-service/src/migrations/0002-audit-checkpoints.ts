import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const auditCheckpoints: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'audit_checkpoints')
      .addColumn('seq', kind === 'mysql' ? 'bigint' : 'integer', (col) => col.primaryKey())
      .addColumn('hash', 'varchar(64)', (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('signature', 'varchar(128)', (col) => col.notNull())
      .execute();
  },
};
