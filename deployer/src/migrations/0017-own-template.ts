import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** What a rollout found and what it brings, so that a change by somebody else is known whoever looks. */
export const ownTemplate: Migration = {
  up: async (db, kind) => {
    await db.schema.alterTable('deployments').addColumn('own_template', columnTypes(kind).json).execute();
  },
};
