import { columnTypes } from '@aws-deployer/platform/database/columns';
import type { Migration } from '@aws-deployer/platform/database/migrate';

/** The user that the image names, empty for none; NULL: not known (yet), or of before it was looked at. */
export const imageUser: Migration = {
  up: async (db, kind) => {
    await db.schema.alterTable('deployments').addColumn('image_user', columnTypes(kind).text).execute();
  },
};
