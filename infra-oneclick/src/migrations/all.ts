/** In the order of their numbers. */
import type { Migrations } from '@aws-deployer/platform/database/migrate';
import { infraEnvironments } from './0001-infra-environments.js';
import { infraRuns } from './0002-infra-runs.js';
import { infraRunEvents } from './0003-infra-run-events.js';
import { infraVersions } from './0004-infra-versions.js';

export const infraMigrations: Migrations = {
  '0001-infra-environments': infraEnvironments,
  '0002-infra-runs': infraRuns,
  '0003-infra-run-events': infraRunEvents,
  '0004-infra-versions': infraVersions,
};
