import { addRowNumber, columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/**
 * Indexes for what picks few rows out of many. The other filters (outcome, trace_id, …) look through a window of rows at a
 * time instead: each index is one more page to write for every commit of `POST /monitor/log`. An `id` is found through
 * `event_id`, which it equals but where the sender chose one that is no UUID.
 */
export const activity: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await addRowNumber(createTable(db, kind, 'activity'), kind)
      .addColumn('id', type.id, (col) => col.notNull())
      .addColumn('event_id', 'varchar(100)', (col) => col.notNull().unique())
      .addColumn('timestamp', type.instant, (col) => col.notNull())
      .addColumn('user_id', 'varchar(100)', (col) => col.notNull())
      .addColumn('principal', 'varchar(100)')
      .addColumn('service', 'varchar(100)', (col) => col.notNull())
      .addColumn('endpoint', 'varchar(300)', (col) => col.notNull())
      .addColumn('action_type', 'varchar(100)', (col) => col.notNull())
      .addColumn('target_type', 'varchar(100)')
      .addColumn('target', 'varchar(200)')
      .addColumn('outcome', 'varchar(20)', (col) => col.notNull())
      .addColumn('request_data', type.json, (col) => col.notNull())
      .addColumn('response_summary', type.text)
      .addColumn('ip_address', 'varchar(64)')
      .addColumn('user_agent', 'varchar(500)')
      .addColumn('trace_id', 'varchar(64)')
      .addColumn('duration_ms', type.integer)
      .execute();
    await db.schema.createIndex('activity_time').on('activity').columns(['timestamp', 'seq']).execute();
    for (const column of ['user_id', 'action_type', 'target'])
      await db.schema.createIndex(`activity_${column}`).on('activity').columns([column, 'timestamp', 'seq']).execute();
  },
};
