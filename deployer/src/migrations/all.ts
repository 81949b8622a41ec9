/** All migrations by name: applied in the order of their names. */
import type { Migrations } from '@aws-deployer/platform/database/migrate';
import { applications } from './0001-applications.js';
import { environments } from './0002-environments.js';
import { releases } from './0003-releases.js';
import { deployments } from './0004-deployments.js';
import { deploymentStages } from './0005-deployment-stages.js';
import { deploymentEvents } from './0006-deployment-events.js';
import { deploymentPods } from './0007-deployment-pods.js';
import { deploymentLogs } from './0008-deployment-logs.js';
import { registries } from './0009-registries.js';
import { secrets } from './0010-secrets.js';
import { secretVersions } from './0011-secret-versions.js';
import { dockerLogins } from './0012-docker-logins.js';
import { buildOfDeployment } from './0013-build-of-deployment.js';
import { releaseBundles } from './0014-release-bundles.js';
import { deploymentPreflights } from './0015-deployment-preflights.js';
import { imageUser } from './0016-image-user.js';
import { ownTemplate } from './0017-own-template.js';

export const deployerMigrations: Migrations = {
  '0001-applications': applications,
  '0002-environments': environments,
  '0003-releases': releases,
  '0004-deployments': deployments,
  '0005-deployment-stages': deploymentStages,
  '0006-deployment-events': deploymentEvents,
  '0007-deployment-pods': deploymentPods,
  '0008-deployment-logs': deploymentLogs,
  '0009-registries': registries,
  '0010-secrets': secrets,
  '0011-secret-versions': secretVersions,
  '0012-docker-logins': dockerLogins,
  '0013-build-of-deployment': buildOfDeployment,
  '0014-release-bundles': releaseBundles,
  '0015-deployment-preflights': deploymentPreflights,
  '0016-image-user': imageUser,
  '0017-own-template': ownTemplate,
};
