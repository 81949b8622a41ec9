/** The deployer, composed: applications, environments, releases, deployments, registries, secrets. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import {
  serviceModule,
  type AnyServiceModule,
  type Runtime,
  type Service,
} from '@aws-deployer/platform/runtime/service';
import { CodebuildImageBuilder } from './adapters/codebuild/codebuild-image-builder.js';
import { CodebuildImages } from './adapters/codebuild/codebuild-images.js';
import { CodebuildRegistryLogins } from './adapters/codebuild/codebuild-registry-logins.js';
import { sampleRepository } from './adapters/git/sample-repository.js';
import { ApplicationService } from './applications/application-service.js';
import { applicationRoutes } from './applications/routes.js';
import { DeployerConfig } from './config.js';
import { DeploymentReadModel } from './deployments/deployment-read-model.js';
import { DeploymentRequests } from './deployments/deployment-request.js';
import { DeploymentRunner } from './deployments/deployment-runner.js';
import { DeploymentService } from './deployments/deployment-service.js';
import { DeploymentStore } from './deployments/deployment-store.js';
import { LeaseStore } from './deployments/lease-store.js';
import { LiveFeed } from './deployments/live-feed.js';
import { deploymentMetrics } from './deployments/metrics.js';
import { PreflightService } from './deployments/preflight-service.js';
import { deploymentRoutes } from './deployments/routes.js';
import { sampleRequest } from './deployments/sample-request.js';
import type { StepParts } from './deployments/step.js';
import { makeSteps } from './deployments/steps/all-steps.js';
import { makeEngines, type Engines } from './engines.js';
import { EnvironmentService } from './environments/environment-service.js';
import { environmentRoutes } from './environments/routes.js';
import { deployerMigrations } from './migrations/all.js';
import { MissionDeploy } from './mission/mission-deploy.js';
import { missionRoutes } from './mission/routes.js';
import { verifyAtDockerHub } from './mission/verify-login.js';
import { DockerLogins } from './registries/docker-logins.js';
import { RegistryAccounts } from './registries/registry-accounts.js';
import { RegistryService } from './registries/registry-service.js';
import { registryRoutes } from './registries/routes.js';
import { LiveImages } from './releases/live-images.js';
import { BadReleases } from './releases/bad-releases.js';
import { PullSecretRenewal } from './releases/pull-secret-renewal.js';
import { ReleaseReadModel } from './releases/release-read-model.js';
import { ReleaseRetentionJob } from './releases/release-retention.js';
import { releaseRoutes } from './releases/routes.js';
import type { DeployerSchema } from './schema.js';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { SecretService } from './secrets/secret-service.js';
import { secretRoutes } from './secrets/routes.js';

/** `makeOutside` makes the adapters; tests hand in others. */
function createDeployer(
  config: DeployerConfig,
  runtime: Runtime<DeployerSchema>,
  makeOutside: (config: DeployerConfig) => Engines,
): Service {
  const { database, log, register, tracing, recorded, clients } = runtime;
  const clock = systemClock;
  const dataDir = resolve(config.DATA_DIR);
  const workDir = join(dataDir, 'work');
  const engines = makeOutside(config);
  const { cluster, source } = engines;

  const box = new SecretBox(keySource(config.SECRETS_KEY, dataDir));
  const secrets = new SecretService(database, box, clock);
  const registries = new RegistryService(database, box, clock);
  const logins = new DockerLogins(database, box, clock);
  const accounts = new RegistryAccounts(
    database,
    registries,
    logins,
    secrets,
    new CodebuildRegistryLogins(clients.codebuild),
  );
  const applications = new ApplicationService(database, clock);
  const environments = new EnvironmentService(database, clock);

  const store = new DeploymentStore(database, clock);
  const views = new DeploymentReadModel(database, store);
  const feed = new LiveFeed(database);
  const metrics = deploymentMetrics(register, () => views.openCounts());
  const committed = (id: string): void => {
    feed.notify(id);
    recorded();
  };
  const parts: StepParts = {
    database,
    clock,
    cluster,
    source,
    builders: {
      ...engines.builders,
      codebuild: new CodebuildImageBuilder(clients.codebuild, engines.imageRegistry, workDir),
    },
    builtImages: new CodebuildImages(clients.codebuild),
    imageRegistry: engines.imageRegistry,
    secrets,
    accounts,
    workDir,
    runsContainers: engines.runsContainers,
  };
  const runner = new DeploymentRunner({
    store,
    leases: new LeaseStore(database, clock),
    steps: makeSteps(store),
    metrics,
    tracing,
    log,
    committed,
    parts,
    concurrency: config.CONCURRENT_DEPLOYMENTS,
    leaseSeconds: config.LEASE_SECONDS,
    heartbeatSeconds: config.HEARTBEAT_SECONDS,
    claimSeconds: config.CLAIM_SECONDS,
  });
  const requests = new DeploymentRequests({
    database,
    clock,
    applications,
    environments,
    source,
    secrets,
    accounts,
  });
  const preflights = new PreflightService({ parts, store, requests, environments, metrics });
  const deployments = new DeploymentService({
    database,
    store,
    views,
    requests,
    cluster,
    metrics,
    committed: (id) => {
      committed(id);
      runner.wake();
    },
    cancelHere: (id) => runner.cancel(id),
  });
  const pullSecrets = new PullSecretRenewal({ database, cluster, accounts, log, recorded });
  const retention = new ReleaseRetentionJob({ database, clock, log, recorded });
  const mission = new MissionDeploy({ database, deployments, views, feed, logins });

  return {
    routes: [
      ...applicationRoutes(applications, new ReleaseReadModel(database), new BadReleases(database, clock)),
      ...environmentRoutes(environments),
      ...deploymentRoutes({
        deployments,
        views,
        preflights,
        feed,
        engines: engines.views,
        sample: sampleRequest(sampleRepository(config.SAMPLE_DIR, dataDir)),
      }),
      ...releaseRoutes(new LiveImages(database)),
      ...registryRoutes(registries),
      ...secretRoutes(secrets),
      ...missionRoutes(mission, deployments, logins, verifyAtDockerHub),
    ],
    start: async () => {
      mkdirSync(workDir, { recursive: true, mode: 0o700 });
      await registries.keepEmbedded(config.EMBEDDED_REGISTRY);
      await runner.start();
      pullSecrets.start();
      retention.start();
    },
    stop: async () => {
      await Promise.all([retention.stop(), pullSecrets.stop(), runner.stop()]);
      await engines.close();
    },
  };
}

export const deployerModule = (makeOutside: (config: DeployerConfig) => Engines): AnyServiceModule =>
  serviceModule<DeployerSchema, typeof DeployerConfig>({
    name: 'deployer',
    config: DeployerConfig,
    migrations: deployerMigrations,
    create: (config, runtime) => createDeployer(config, runtime, makeOutside),
  });

export const deployer = deployerModule(makeEngines);
