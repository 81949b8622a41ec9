/** infra-oneclick, composed: environments, the runs of Terraform that make them, drift. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import {
  serviceModule,
  type AnyServiceModule,
  type Runtime,
  type Service,
} from '@aws-deployer/platform/runtime/service';
import { toolEnvironment } from '@aws-deployer/platform/runtime/tool-environment';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { AwsAccountFacts } from './adapters/aws/aws-account-facts.js';
import { AwsInventory } from './adapters/aws/aws-inventory.js';
import { InfraConfig } from './config.js';
import { DriftReadModel } from './drift/drift-read-model.js';
import { driftRoutes } from './drift/routes.js';
import { DriftSchedule } from './drift/drift-schedule.js';
import { EnvironmentService } from './environments/environment-service.js';
import { ModuleFolders } from './environments/module-folders.js';
import { environmentRoutes } from './environments/routes.js';
import { CloudIdentity } from './identity/cloud-identity.js';
import { LockService } from './locks/lock-service.js';
import { lockRoutes } from './locks/routes.js';
import { infraMigrations } from './migrations/all.js';
import { Infracost } from './plans/infracost.js';
import { Prerequisites } from './prerequisites/prerequisites.js';
import { prerequisiteRoutes } from './prerequisites/routes.js';
import { runMetrics } from './runs/metrics.js';
import { runRoutes } from './runs/routes.js';
import { RunFiles } from './runs/run-files.js';
import { RunFeed } from './runs/run-feed.js';
import { RunService } from './runs/run-service.js';
import { RunStore } from './runs/run-store.js';
import { RunWorker } from './runs/run-worker.js';
import type { InfraSchema } from './schema.js';
import { Sweep } from './sweep/sweep.js';
import { Terraform } from './terraform/terraform.js';
import { WorkFolders } from './terraform/work-folders.js';

/** Beside this folder, both as it is built and as it is read by tests. */
const OWN_MODULES = fileURLToPath(new URL('../terraform', import.meta.url));

function createInfra(config: InfraConfig, runtime: Runtime<InfraSchema>): Service {
  const { database, log } = runtime;
  const clock = systemClock;
  const base = join(resolve(config.DATA_DIR), 'infra');
  const localState = config.MODE === 'local';
  const box = new SecretBox(keySource(config.SECRETS_KEY, resolve(config.DATA_DIR)));
  const identity = new CloudIdentity(config, runtime.clients.codebuild);
  const terraform = new Terraform(config.TERRAFORM, toolEnvironment(config), config.TF_CLI_CONFIG_FILE);
  const folders = new WorkFolders(base);
  const modules = new ModuleFolders({
    repository: config.TERRAFORM_DIR ?? OWN_MODULES,
    local: localState ? join(base, 'modules') : null,
  });
  const store = new RunStore(database, clock, config.LEASE_SECONDS * 1_000);
  const feed = new RunFeed(database);
  const files = new RunFiles(database, clock, folders, config.INFRA_KEPT_RUNS);
  const drift = new DriftSchedule(database, clock);
  const worker = new RunWorker({
    store,
    box,
    clock,
    log,
    feed,
    terraform,
    folders,
    modules,
    identity,
    localState,
    concurrentRuns: config.INFRA_CONCURRENT_RUNS,
    heartbeatMs: config.HEARTBEAT_SECONDS * 1_000,
    cancelMs: config.CANCEL_SECONDS * 1_000,
    planMs: config.PLAN_MINUTES * 60_000,
    metrics: runMetrics(runtime.register, database),
    recorded: runtime.recorded,
    due: () => drift.begin(),
    files,
    sweep: new Sweep(new AwsInventory(), {
      againMs: config.SWEEP_AGAIN_SECONDS * 1_000,
      patienceMs: config.SWEEP_SECONDS * 1_000,
    }),
    infracost: new Infracost(
      config.INFRACOST,
      {
        ...toolEnvironment(config),
        ...(config.INFRACOST_API_KEY === undefined ? {} : { INFRACOST_API_KEY: config.INFRACOST_API_KEY }),
      },
      config.INFRACOST_SECONDS * 1_000,
    ),
  });
  const runs = new RunService({
    database,
    clock,
    modules,
    box,
    wake: () => worker.wake(),
    cancelled: (id) => {
      worker.cancel(id);
      feed.notify(id);
    },
  });
  const environments = new EnvironmentService({ database, box, clock, modules, files });
  const locks = new LockService({ database, terraform, folders, modules, identity, localState });
  const prerequisites = new Prerequisites({
    database,
    terraform,
    modules,
    folders,
    identity,
    facts: new AwsAccountFacts(),
    localState,
    cliConfig: config.TF_CLI_CONFIG_FILE,
  });

  return {
    routes: [
      ...environmentRoutes(environments, modules),
      ...runRoutes(runs, feed, database),
      ...driftRoutes(new DriftReadModel(database)),
      ...lockRoutes(locks),
      ...prerequisiteRoutes(prerequisites),
    ],
    start: async () => worker.start(),
    stop: () => worker.stop(),
  };
}

export const infra: AnyServiceModule = serviceModule<InfraSchema, typeof InfraConfig>({
  name: 'infra',
  config: InfraConfig,
  migrations: infraMigrations,
  create: createInfra,
});
