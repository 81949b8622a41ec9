/** In the order of their numbers; each slice has its own files. */
import type { Migrations } from '@aws-deployer/platform/database/migrate';
import { buildProjects } from './0001-build-projects.js';
import { cloudAccounts } from './0008-cloud-accounts.js';

export const codebuildMigrations: Migrations = {
  '0001-build-projects': buildProjects,
  '0008-cloud-accounts': cloudAccounts,
};
