/** In the order of their numbers; each slice has its own files. */
import type { Migrations } from '@aws-deployer/platform/database/migrate';

export const codebuildMigrations: Migrations = {};
