import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** Each filter has an index in the order of the list (newest first), so that a page costs the same at any depth and size. */
const FILTERS = ['user_id', 'service', 'action_type', 'target_type', 'target', 'outcome', 'ip_address', 'trace_id'];

export const auditLog: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'audit_log')
      .addColumn('seq', kind === 'mysql' ? 'bigint' : 'integer', (col) => col.primaryKey())
      .addColumn('event_id', 'varchar(100)', (col) => col.notNull().unique())
      .addColumn('timestamp', type.instant, (col) => col.notNull())
      .addColumn('user_id', 'varchar(100)', (col) => col.notNull())
      .addColumn('token_id', 'varchar(64)')
      .addColumn('service', 'varchar(100)', (col) => col.notNull())
      .addColumn('endpoint', 'varchar(300)', (col) => col.notNull())
      .addColumn('action_type', 'varchar(100)', (col) => col.notNull())
      .addColumn('target_type', 'varchar(100)')
      .addColumn('target', 'varchar(200)')
      .addColumn('outcome', 'varchar(20)', (col) => col.notNull())
      .addColumn('request_data', type.json, (col) => col.notNull())
      .addColumn('before_change', type.json, (col) => col.notNull())
      .addColumn('after_change', type.json, (col) => col.notNull())
      .addColumn('response_summary', type.text)
      .addColumn('ip_address', 'varchar(64)')
      .addColumn('user_agent', 'varchar(500)')
      .addColumn('trace_id', 'varchar(64)')
      .addColumn('duration_ms', type.integer)
      .addColumn('previous_hash', 'varchar(64)', (col) => col.notNull())
      .addColumn('hash', 'varchar(64)', (col) => col.notNull())
      .addColumn('seal', 'varchar(64)', (col) => col.notNull())
      .addColumn('search_text', type.text, (col) => col.notNull())
      .execute();
    await db.schema.createIndex('audit_time').on('audit_log').columns(['timestamp', 'seq']).execute();
    for (const column of FILTERS)
      await db.schema.createIndex(`audit_${column}`).on('audit_log').columns([column, 'timestamp', 'seq']).execute();
  },
};
