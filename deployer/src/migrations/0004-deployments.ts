import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

export const deployments: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'deployments')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('application_id', type.id, (col) => col.notNull())
      .addColumn('application', 'varchar(63)', (col) => col.notNull())
      .addColumn('environment', 'varchar(63)', (col) => col.notNull())
      .addColumn('namespace', 'varchar(63)', (col) => col.notNull())
      .addColumn('queue_number', type.integer, (col) => col.notNull())
      .addColumn('state', 'varchar(32)', (col) => col.notNull())
      .addColumn('reason', type.text, (col) => col.notNull())
      .addColumn('failed_state', 'varchar(32)')
      .addColumn('version', type.integer, (col) => col.notNull())
      .addColumn('lease_owner', 'varchar(120)') // NULL: free to be claimed
      .addColumn('lease_expires_at', type.instant) // after this instant any process may take it
      .addColumn('spec', type.json, (col) => col.notNull())
      .addColumn('release_id', type.id)
      .addColumn('rollback_of', type.id)
      .addColumn('commit_id', 'varchar(64)')
      .addColumn('builder', 'varchar(16)')
      .addColumn('image', 'varchar(600)')
      .addColumn('image_digest', 'varchar(80)')
      .addColumn('image_runtime', 'varchar(16)')
      .addColumn('base_substituted', 'varchar(500)')
      .addColumn('exposed_port', 'integer')
      .addColumn('url', 'varchar(1000)')
      .addColumn('verdict', type.json)
      .addColumn('requests', type.integer, (col) => col.notNull())
      .addColumn('failed_requests', type.integer, (col) => col.notNull())
      .addColumn('longest_gap_ms', type.integer, (col) => col.notNull())
      .addColumn('cancel_requested', type.flag, (col) => col.notNull())
      .addColumn('created_by', 'varchar(100)', (col) => col.notNull())
      .addColumn('created_by_id', 'varchar(64)', (col) => col.notNull())
      .addColumn('trace_id', 'varchar(64)')
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .addColumn('updated_at', type.instant, (col) => col.notNull())
      .addColumn('ended_at', type.instant)
      .execute();
    const index = (name: string, columns: string[]) =>
      db.schema.createIndex(name).on('deployments').columns(columns).execute();
    await index('deployments_open', ['ended_at', 'application_id', 'environment', 'queue_number']);
    await index('deployments_application', ['application', 'id']);
    await index('deployments_queue', ['application_id', 'queue_number']);
    await index('deployments_state', ['state', 'id']);
  },
};
