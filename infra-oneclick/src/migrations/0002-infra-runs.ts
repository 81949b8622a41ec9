import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const infraRuns: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'infra_runs')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('environment_id', type.id, (col) => col.notNull())
      .addColumn('environment', 'varchar(63)', (col) => col.notNull())
      .addColumn('kind', 'varchar(20)', (col) => col.notNull())
      .addColumn('status', 'varchar(20)', (col) => col.notNull())
      .addColumn('phase', 'varchar(20)')
      .addColumn('reason', type.text, (col) => col.notNull())
      .addColumn('from_version', type.integer)
      .addColumn('plan_run', type.id)
      .addColumn('generation', type.integer, (col) => col.notNull())
      .addColumn('module', 'varchar(100)', (col) => col.notNull())
      .addColumn('module_hash', 'varchar(64)')
      .addColumn('variables', type.json, (col) => col.notNull())
      .addColumn('secret_variables', type.text, (col) => col.notNull()) // sealed
      .addColumn('secret_names', type.json, (col) => col.notNull())
      .addColumn('account', 'varchar(63)')
      .addColumn('region', 'varchar(30)')
      .addColumn('backend', type.json, (col) => col.notNull())
      .addColumn('plan_hash', 'varchar(64)')
      .addColumn('plan_expires_at', type.instant)
      .addColumn('applied_by', type.id)
      .addColumn('summary', type.json)
      .addColumn('cost', type.json)
      .addColumn('failure', type.json)
      .addColumn('state_lock', type.json)
      .addColumn('done', type.integer, (col) => col.notNull())
      .addColumn('failed', type.integer, (col) => col.notNull())
      .addColumn('made_version', type.integer)
      .addColumn('cancel_requested', type.flag, (col) => col.notNull())
      .addColumn('step', 'varchar(20)')
      .addColumn('step_offset', type.integer, (col) => col.notNull())
      .addColumn('lease_owner', 'varchar(64)')
      .addColumn('lease_expires_at', type.instant)
      .addColumn('version', type.integer, (col) => col.notNull())
      .addColumn('created_by', type.name, (col) => col.notNull())
      .addColumn('created_by_id', 'varchar(64)', (col) => col.notNull())
      .addColumn('trace_id', 'varchar(64)')
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('started_at', type.instant)
      .addColumn('ended_at', type.instant)
      .execute();
    const index = (name: string, columns: string[]) =>
      db.schema.createIndex(name).on('infra_runs').columns(columns).execute();
    await index('infra_runs_open', ['ended_at', 'id']);
    await index('infra_runs_environment', ['environment_id', 'id']);
  },
};
