/** In the order of their numbers; each slice has its own files. */
import type { Migrations } from '@aws-deployer/platform/database/migrate';
import { buildProjects } from './0001-build-projects.js';
import { webhookDeliveries } from './0002-webhook-deliveries.js';
import { cloudAccounts } from './0008-cloud-accounts.js';
import { builds } from './0010-builds.js';
import { buildLogLines } from './0011-build-log-lines.js';
import { buildReports } from './0012-build-reports.js';
import { buildArtifacts } from './0013-build-artifacts.js';
import { teamWeights } from './0014-team-weights.js';
import { buildQueues } from './0015-build-queues.js';
import { batchEnds } from './0016-batch-ends.js';
import { buildsElsewhere } from './0017-builds-elsewhere.js';
import { imageBuilds } from './0020-image-builds.js';
import { awsConfirmations } from './0040-aws-confirmations.js';

export const codebuildMigrations: Migrations = {
  '0001-build-projects': buildProjects,
  '0002-webhook-deliveries': webhookDeliveries,
  '0008-cloud-accounts': cloudAccounts,
  '0010-builds': builds,
  '0011-build-log-lines': buildLogLines,
  '0012-build-reports': buildReports,
  '0013-build-artifacts': buildArtifacts,
  '0014-team-weights': teamWeights,
  '0015-build-queues': buildQueues,
  '0016-batch-ends': batchEnds,
  '0017-builds-elsewhere': buildsElsewhere,
  '0020-image-builds': imageBuilds,
  '0040-aws-confirmations': awsConfirmations,
};
