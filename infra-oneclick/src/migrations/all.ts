/** In the order of their numbers. */
import type { Migrations } from '@aws-deployer/platform/database/migrate';
import { infraEnvironments } from './0001-infra-environments.js';
import { infraRuns } from './0002-infra-runs.js';
import { infraRunEvents } from './0003-infra-run-events.js';
import { infraVersions } from './0004-infra-versions.js';
import { infraRunSweep } from './0005-infra-run-sweep.js';
import { infraRunOrphans } from './0006-infra-run-orphans.js';
import { infraDriftSince } from './0007-infra-drift-since.js';

export const infraMigrations: Migrations = {
  '0001-infra-environments': infraEnvironments,
  '0002-infra-runs': infraRuns,
  '0003-infra-run-events': infraRunEvents,
  '0004-infra-versions': infraVersions,
  '0005-infra-run-sweep': infraRunSweep,
  '0006-infra-run-orphans': infraRunOrphans,
  '0007-infra-drift-since': infraDriftSince,
};
