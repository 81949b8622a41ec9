import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const alerts: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await addRowNumber(createTable(db, kind, 'alerts'), kind)
      .addColumn('id', type.id, (col) => col.notNull().unique())
      .addColumn('fingerprint', 'varchar(64)', (col) => col.notNull())
      .addColumn('timestamp', type.instant, (col) => col.notNull())
      .addColumn('name', 'varchar(200)', (col) => col.notNull())
      .addColumn('state', 'varchar(20)', (col) => col.notNull())
      .addColumn('severity', 'varchar(100)')
      .addColumn('service', 'varchar(200)')
      .addColumn('namespace', 'varchar(200)')
      .addColumn('summary', type.text)
      .addColumn('labels', type.json, (col) => col.notNull())
      .addColumn('annotations', type.json, (col) => col.notNull())
      .addColumn('source_url', type.text)
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .addColumn('resolved_at', type.instant)
      .addUniqueConstraint('alerts_fingerprint', ['fingerprint', 'timestamp'])
      .execute();
    await db.schema.createIndex('alerts_state').on('alerts').columns(['state', 'timestamp', 'seq']).execute();
    await db.schema.createIndex('alerts_time').on('alerts').columns(['timestamp', 'seq']).execute();
  },
};
