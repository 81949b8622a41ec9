import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const builds: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'builds')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('project_id', type.id, (col) => col.notNull())
      .addColumn('project', 'varchar(150)', (col) => col.notNull())
      .addColumn('number', type.integer, (col) => col.notNull())
      .addColumn('account', 'varchar(63)', (col) => col.notNull())
      .addColumn('region', 'varchar(30)', (col) => col.notNull())
      .addColumn('engine', 'varchar(20)', (col) => col.notNull())
      .addColumn('team', 'varchar(63)', (col) => col.notNull())
      .addColumn('status', 'varchar(20)', (col) => col.notNull())
      .addColumn('reason', type.text, (col) => col.notNull())
      .addColumn('phase', 'varchar(32)')
      .addColumn('phases', type.json, (col) => col.notNull())
      .addColumn('failure', type.json)
      .addColumn('plan', type.json, (col) => col.notNull())
      .addColumn('overrides', type.json, (col) => col.notNull())
      .addColumn('secret_variables', type.text)
      .addColumn('engine_ref', 'varchar(500)')
      .addColumn('source_version', 'varchar(250)')
      .addColumn('commit_id', 'varchar(250)')
      .addColumn('runtime', 'varchar(16)')
      .addColumn('image_substituted', 'varchar(500)')
      .addColumn('exported_variables', type.json, (col) => col.notNull())
      .addColumn('report_summary', type.json)
      .addColumn('artifact_count', type.integer, (col) => col.notNull())
      .addColumn('quality_gates', type.json, (col) => col.notNull())
      .addColumn('gates', type.json, (col) => col.notNull())
      .addColumn('trigger_kind', 'varchar(20)', (col) => col.notNull())
      .addColumn('retry_of', type.id)
      .addColumn('batch_id', type.id)
      .addColumn('batch_identifier', 'varchar(150)')
      .addColumn('depends_on', type.json, (col) => col.notNull())
      .addColumn('attempt', type.integer, (col) => col.notNull())
      .addColumn('dispatched', type.flag, (col) => col.notNull())
      .addColumn('stop_requested', type.flag, (col) => col.notNull())
      .addColumn('version', type.integer, (col) => col.notNull())
      .addColumn('log_cursor', type.text)
      .addColumn('estimated_seconds', type.integer)
      .addColumn('not_before', type.instant)
      .addColumn('queue_deadline', type.instant, (col) => col.notNull())
      .addColumn('compute', 'varchar(40)', (col) => col.notNull())
      .addColumn('duration_ms', type.integer)
      .addColumn('billed_minutes', type.integer)
      .addColumn('cost_micros', type.integer)
      .addColumn('created_by', type.name, (col) => col.notNull())
      .addColumn('created_by_id', 'varchar(64)', (col) => col.notNull())
      .addColumn('trace_id', 'varchar(64)')
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .addColumn('started_at', type.instant)
      .addColumn('ended_at', type.instant)
      .execute();
    const index = (name: string, columns: string[]) =>
      db.schema.createIndex(name).on('builds').columns(columns).execute();
    await index('builds_open', ['ended_at', 'account', 'region', 'id']);
    await index('builds_project', ['project', 'id']);
    await index('builds_batch', ['batch_id', 'id']);
    await index('builds_status', ['status', 'id']);
    await db.schema.createIndex('builds_number').unique().on('builds').columns(['project_id', 'number']).execute();
  },
};
