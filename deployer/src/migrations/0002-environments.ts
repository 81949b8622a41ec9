import { columnTypes, createTable } from '@aws-deployer/platform/database/columns';
import { newId } from '@aws-deployer/platform/database/ids';
import type { Migration } from '@aws-deployer/platform/database/migrate';
import type { Kysely } from 'kysely';
import type { DeployerSchema } from '../schema.js';

/** The three that every installation begins with; the later in the chain, the longer a release is watched. */
const FIRST = [
  ['development', 10],
  ['staging', 60],
  ['production', 300],
] as const;

export const environments: Migration = {
  up: async (db, kind) => {
    const type = columnTypes(kind);
    await createTable(db, kind, 'environments')
      .addColumn('id', type.id, (col) => col.primaryKey())
      .addColumn('name', 'varchar(63)', (col) => col.notNull().unique())
      .addColumn('namespace', 'varchar(63)', (col) => col.notNull())
      .addColumn('monitor_seconds', 'integer', (col) => col.notNull())
      .addColumn('created_at', type.instant, (col) => col.notNull())
      .execute();
    const created_at = new Date().toISOString();
    const rows = FIRST.map(([name, monitor_seconds]) => ({
      id: newId(),
      name,
      namespace: name,
      monitor_seconds,
      created_at,
    }));
    await (db as Kysely<DeployerSchema>).insertInto('environments').values(rows).execute();
  },
};
