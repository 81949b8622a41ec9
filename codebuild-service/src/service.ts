/** codebuild-service, composed: cloud accounts, build projects, builds and their queue, images, AWS operations. */
import { join, resolve } from 'node:path';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import {
  serviceModule,
  type AnyServiceModule,
  type Runtime,
  type Service,
} from '@aws-deployer/platform/runtime/service';
import { keySource, SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { AwsAccountInspection } from './adapters/aws/account-inspection.js';
import { AwsOperationRunner } from './adapters/aws-operations/all.js';
import { AwsCaller } from './adapters/aws/aws-caller.js';
import { serviceQuotas } from './adapters/aws/service-quotas.js';
import { CodeBuildProjects } from './adapters/aws-codebuild/codebuild-projects.js';
import { ServiceRoles } from './adapters/aws-codebuild/service-roles.js';
import { BuildProjectReadModel } from './build-projects/build-project-read-model.js';
import { BuildProjectService } from './build-projects/build-project-service.js';
import { MirroredChange } from './build-projects/mirrored-change.js';
import { ProjectImport } from './build-projects/project-import.js';
import { publicProjectRoutes } from './build-projects/public-routes.js';
import { buildProjectRoutes } from './build-projects/routes.js';
import { WebhookDeliveries } from './build-projects/webhook-deliveries.js';
import { Confirmations } from './aws-operations/confirmations.js';
import { OperationService } from './aws-operations/operation-service.js';
import { askRoutes } from './aws-operations/ask-routes.js';
import { AskService } from './aws-operations/ask-service.js';
import { Understanding } from './aws-operations/understanding.js';
import { BedrockQueryReader } from './adapters/aws-bedrock/bedrock-query-reader.js';
import { awsOperationRoutes } from './aws-operations/routes.js';
import { CosignSignatures } from './adapters/oci-signatures/cosign-signatures.js';
import { EcrImageScans } from './adapters/aws-ecr/ecr-image-scans.js';
import { EcrRepositories } from './adapters/aws-ecr/ecr-repositories.js';
import { DeployerLiveImages } from './adapters/deployer/deployer-live-images.js';
import { AccountCheck } from './cloud-accounts/account-check.js';
import { AccountCredentials } from './cloud-accounts/account-credentials.js';
import { BuildLimits } from './cloud-accounts/build-limits.js';
import { keepBuiltinAccounts } from './cloud-accounts/builtin-accounts.js';
import { CloudAccountService } from './cloud-accounts/cloud-account-service.js';
import { CloudAccounts } from './cloud-accounts/cloud-accounts.js';
import { cloudAccountRoutes } from './cloud-accounts/routes.js';
import { composeBuilds } from './builds/compose-builds.js';
import { findProject, projectNamed } from './builds/find-project.js';
import { CodebuildConfig } from './config.js';
import { makeEngines, type MakeEngines } from './engines.js';
import { ImageBuildService } from './image-builds/image-build-service.js';
import { imageBuildRoutes } from './image-builds/routes.js';
import { UploadStore } from './image-builds/upload-store.js';
import { ImagePlaces } from './images/image-places.js';
import { ImageService } from './images/image-service.js';
import { ImageTokens } from './images/image-tokens.js';
import { imageRoutes } from './images/routes.js';
import { GateKeeper } from './quality-gates/gate-keeper.js';
import { codebuildMigrations } from './migrations/all.js';
import { MissionAwsOperation } from './mission/aws-operation.js';
import { missionAwsOperationRoutes } from './mission/aws-operation-routes.js';
import { MissionCreateProject } from './mission/create-project.js';
import { missionCreateProjectRoutes } from './mission/create-project-routes.js';
import type { CodebuildSchema } from './schema.js';

/** `outside` makes what builds are run with; tests hand in another. */
function createCodebuild(config: CodebuildConfig, runtime: Runtime<CodebuildSchema>, outside: MakeEngines): Service {
  const { database, log, register } = runtime;
  const clock = systemClock;
  const box = new SecretBox(keySource(config.SECRETS_KEY, resolve(config.DATA_DIR)));
  const aws = new AwsCaller({ register, clock, pathStyle: config.AWS_ENDPOINT_URL !== undefined });

  const limits = new BuildLimits(serviceQuotas(aws), clock);
  const accounts = new CloudAccounts({ database, box, limits, localConcurrentBuilds: config.LOCAL_CONCURRENT_BUILDS });
  const cloudAccounts = new CloudAccountService({
    database,
    box,
    clock,
    changed: (account) => {
      aws.forget(account);
      limits.forget(account);
      imagePlaces.forget(account);
      imageTokens.forget(account);
    },
  });
  const inspection = new AwsAccountInspection(aws);
  const accountCheck = new AccountCheck({
    database,
    accounts,
    service: cloudAccounts,
    inspection,
    bucket: config.CODEBUILD_BUCKET ?? null,
    serviceRole: config.CODEBUILD_SERVICE_ROLE_ARN ?? null,
    localEngine:
      config.DOCKER_HOST === undefined
        ? 'Builds of this account run on this machine, as processes of the host'
        : `Builds of this account run on this machine, in containers of the engine at ${config.DOCKER_HOST}`,
  });

  const repositories = new EcrRepositories(aws);
  const imagePlaces = new ImagePlaces(database, accounts, inspection);
  const imageTokens = new ImageTokens({ database, places: imagePlaces, repositories, clock, register });
  const images = new ImageService({
    database,
    places: imagePlaces,
    repositories,
    live: new DeployerLiveImages(runtime.clients.deployer),
  });

  const engines = outside(config, aws, log);
  const building = composeBuilds({
    database,
    accounts,
    engines: engines.builds,
    gates: new GateKeeper(
      new EcrImageScans(repositories, (registry, signal) => imagePlaces.sessionFor(registry, signal)),
      new CosignSignatures(),
    ),
    box,
    clock,
    register,
    log,
    recorded: runtime.recorded,
    leaseSeconds: config.LEASE_SECONDS,
    heartbeatSeconds: config.HEARTBEAT_SECONDS,
    ...(engines.paces === undefined ? {} : { paces: engines.paces }),
  });

  const roles = new ServiceRoles({
    aws,
    configuredArn: config.CODEBUILD_SERVICE_ROLE_ARN,
    bucket: config.CODEBUILD_BUCKET,
  });
  const mirror = new CodeBuildProjects(aws, roles);
  const projectViews = new BuildProjectReadModel(database, config.PUBLIC_URL);
  const projects = new BuildProjectService({
    database,
    views: projectViews,
    accounts,
    mirrored: new MirroredChange(mirror, log),
    box,
    clock,
    isLocalMode: config.MODE === 'local',
  });
  const imports = new ProjectImport({ database, accounts, mirror, clock });
  const uploads = new UploadStore(join(resolve(config.DATA_DIR), 'uploads'));
  const imageBuilds = new ImageBuildService({
    database,
    builds: building.builds,
    store: building.store,
    uploads,
    findProject: (name) => projectNamed(database.db, name),
    createProject: async (body, origin) => {
      await projects.create(body, origin.principal?.username ?? 'platform', origin);
      return findProject(database.db, body.name);
    },
    clock,
  });
  const deliveries = new WebhookDeliveries({ database, box, clock, builds: building.builds });
  const confirmations = new Confirmations(database, box, clock);
  const operations = new OperationService({ database, box, confirmations, runner: new AwsOperationRunner(aws) });
  const model = config.BEDROCK_MODEL_ID;
  const reader =
    model === undefined ? null : new BedrockQueryReader(aws, model, () => accounts.session(undefined, undefined));
  const understanding = new Understanding(reader, log);
  const ask = new AskService({ database, operations, confirmations, accounts, understanding });

  return {
    routes: [
      ...cloudAccountRoutes(cloudAccounts, accountCheck, new AccountCredentials(database, accounts, aws)),
      ...buildProjectRoutes({ projects, views: projectViews, imports }),
      ...publicProjectRoutes(deliveries, projectViews),
      ...missionCreateProjectRoutes(new MissionCreateProject(projects, accounts)),
      ...imageBuildRoutes(imageBuilds, uploads),
      ...imageRoutes(images, imageTokens),
      ...building.routes,
      ...awsOperationRoutes(operations, accounts),
      ...askRoutes(ask),
      ...missionAwsOperationRoutes(new MissionAwsOperation(operations, accounts)),
    ],
    start: async () => {
      await keepBuiltinAccounts(database, config, clock);
      await engines.start();
      building.start();
    },
    stop: async () => {
      await building.stop();
      await engines.close();
      await aws.close();
    },
  };
}

export const codebuildModule = (outside: MakeEngines): AnyServiceModule =>
  serviceModule<CodebuildSchema, typeof CodebuildConfig>({
    name: 'codebuild',
    config: CodebuildConfig,
    migrations: codebuildMigrations,
    create: (config, runtime) => createCodebuild(config, runtime, outside),
  });

export const codebuild = codebuildModule(makeEngines);
