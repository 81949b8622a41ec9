/**
 * A project's settings → the input of CreateProject and UpdateProject. Pure; throws AppError invalid, naming the field.
 *
 * UpdateProject leaves alone what it is not told, so every field of ours is always sent, the cleared ones in the form that
 * clears them: '' (description, source version), {} (VPC), [] (tags), −1 (concurrent builds).
 */
import type {
  CacheMode,
  CreateProjectInput,
  EnvironmentVariable,
  LogsConfig,
  Project,
  ProjectArtifacts as AwsArtifacts,
  ProjectCache as AwsCache,
  ProjectEnvironment as AwsEnvironment,
  ProjectSource as AwsSource,
} from '@aws-sdk/client-codebuild';
import {
  BuildVariable,
  COMPUTE_TYPES,
  ENVIRONMENT_TYPES,
  type BuildEnvironment,
  type ProjectArtifacts,
  type ProjectCache,
} from '@aws-deployer/platform/contracts/build-projects';
import type { ProjectSettings } from '../../ports/project-mirror.js';
import { toAwsSource } from './source-mapping.js';

const NO_CONCURRENCY_LIMIT = -1;

/** What both requests have in common. */
export type ProjectRequest = Omit<CreateProjectInput, 'name' | 'source' | 'artifacts' | 'environment' | 'serviceRole'> &
  Required<Pick<CreateProjectInput, 'name' | 'source' | 'artifacts' | 'environment' | 'serviceRole'>>;

const shared = (settings: ProjectSettings, serviceRole: string): ProjectRequest => ({
  name: settings.name,
  description: settings.description,
  source: toAwsSource(settings.source, settings.buildspec),
  artifacts: toAwsArtifacts(settings.artifacts, settings.name),
  cache: toAwsCache(settings.cache),
  environment: toAwsEnvironment(settings.environment),
  serviceRole,
  // Builds on Lambda have a time of their own, and CodeBuild refuses to be told another.
  ...(settings.environment.type.includes('LAMBDA')
    ? {}
    : { timeoutInMinutes: settings.timeout_minutes, queuedTimeoutInMinutes: settings.queued_timeout_minutes }),
  tags: Object.entries(settings.tags).map(([key, value]) => ({ key, value })),
  badgeEnabled: settings.badge,
  logsConfig: toAwsLogs(settings.logs),
});
const vpcOf = ({ vpc }: ProjectSettings) =>
  vpc === null ? null : { vpcId: vpc.vpc_id, subnets: vpc.subnets, securityGroupIds: vpc.security_group_ids };

export function toCreateRequest(settings: ProjectSettings, serviceRole: string): ProjectRequest {
  const vpcConfig = vpcOf(settings);
  return {
    ...shared(settings, serviceRole),
    ...(settings.source.version === undefined ? {} : { sourceVersion: settings.source.version }),
    ...(vpcConfig === null ? {} : { vpcConfig }),
    ...(settings.concurrent_build_limit === null ? {} : { concurrentBuildLimit: settings.concurrent_build_limit }),
  };
}

/** Parts of `current` for which the platform has no word stay as they are, where they still have a meaning. */
export function toUpdateRequest(settings: ProjectSettings, serviceRole: string, current: Project): ProjectRequest {
  const request = shared(settings, serviceRole);
  const sameSource = current.source?.type === request.source?.type;
  const keepsFiles = current.artifacts?.type === 'S3' && request.artifacts?.type === 'S3';
  const sameImage = current.environment?.image === request.environment?.image;
  return {
    ...request,
    source: { ...(sameSource ? keptOfSource(current) : {}), ...request.source } as AwsSource,
    environment: {
      ...pick(current.environment, ENVIRONMENT_KEPT),
      ...request.environment,
      ...unworded(current.environment, settings.environment),
      ...(sameImage ? pick(current.environment, ['imagePullCredentialsType', 'registryCredential']) : {}),
    } as AwsEnvironment,
    artifacts: { ...(keepsFiles ? pick(current.artifacts, ARTIFACTS_KEPT) : {}), ...request.artifacts } as AwsArtifacts,
    sourceVersion: settings.source.version ?? '',
    vpcConfig: vpcOf(settings) ?? {},
    concurrentBuildLimit: settings.concurrent_build_limit ?? NO_CONCURRENCY_LIMIT,
  };
}
/** A project that was imported: where the platform's word is only what stands for an unknown one, theirs stays. */
function unworded(current: AwsEnvironment | undefined, ours: BuildEnvironment): Partial<AwsEnvironment> {
  const { type, computeType, environmentVariables = [] } = current ?? {};
  const unknown = environmentVariables.filter((variable) => !toVariable(variable).success);
  const keepsType = type !== undefined && isUnknown(ENVIRONMENT_TYPES, type) && ours.type === USUAL_TYPE;
  const keepsCompute =
    computeType !== undefined && isUnknown(COMPUTE_TYPES, computeType) && ours.compute === USUAL_COMPUTE;
  return {
    ...(keepsType ? { type } : {}),
    ...(keepsCompute ? { computeType } : {}),
    ...(unknown.length > 0 ? { environmentVariables: [...toVariables(ours), ...unknown] } : {}),
  };
}
const isUnknown = (known: readonly string[], value: string): boolean => !known.includes(value);
/** In the place of a type and a compute that the platform has no word for. */
export const USUAL_TYPE = 'LINUX_CONTAINER';
export const USUAL_COMPUTE = 'BUILD_GENERAL1_SMALL';
export const toVariable = (variable: EnvironmentVariable) =>
  BuildVariable.safeParse({ ...variable, type: variable.type ?? 'PLAINTEXT' });

const keptOfSource = ({ source }: Project): Partial<AwsSource> => ({
  ...pick(source, SOURCE_KEPT),
  ...(source?.auth?.type === 'OAUTH' ? { auth: source.auth } : {}),
});
const SOURCE_KEPT = ['insecureSsl', 'reportBuildStatus', 'buildStatusConfig', 'sourceIdentifier'] as const;
const ENVIRONMENT_KEPT = ['certificate', 'computeConfiguration', 'fleet', 'dockerServer', 'hostKernel'] as const;
const ARTIFACTS_KEPT = ['overrideArtifactName', 'bucketOwnerAccess'] as const;
function pick<Whole extends object>(whole: Whole | undefined, keys: readonly (keyof Whole)[]): Partial<Whole> {
  const kept: Partial<Whole> = {};
  for (const key of keys) if (whole?.[key] !== undefined) kept[key] = whole[key];
  return kept;
}

/** CodeBuild pulls its own images as itself, all others as the project's role. */
export const pullsAs = (image: string) =>
  image.startsWith('aws/codebuild/') ? ('CODEBUILD' as const) : ('SERVICE_ROLE' as const);

const toVariables = ({ variables }: BuildEnvironment): EnvironmentVariable[] =>
  variables.map(({ name, value, type }) => ({ name, value, type }));
const toAwsEnvironment = (environment: BuildEnvironment): AwsEnvironment => ({
  type: environment.type,
  image: environment.image,
  computeType: environment.compute,
  privilegedMode: environment.privileged,
  imagePullCredentialsType: pullsAs(environment.image),
  environmentVariables: toVariables(environment),
});

export const toAwsArtifacts = (artifacts: ProjectArtifacts, project: string): AwsArtifacts =>
  artifacts.type === 'none'
    ? { type: 'NO_ARTIFACTS' }
    : {
        type: 'S3',
        location: artifacts.bucket,
        ...(artifacts.path === '' ? {} : { path: artifacts.path }),
        name: artifacts.name ?? project,
        packaging: artifacts.packaging === 'zip' ? 'ZIP' : 'NONE',
        namespaceType: artifacts.namespace === 'build_id' ? 'BUILD_ID' : 'NONE',
        encryptionDisabled: !artifacts.encryption,
      };

export const CACHE_MODES = {
  source: 'LOCAL_SOURCE_CACHE',
  docker_layer: 'LOCAL_DOCKER_LAYER_CACHE',
  custom: 'LOCAL_CUSTOM_CACHE',
} as const satisfies Record<string, CacheMode>;
export function toAwsCache(cache: ProjectCache): AwsCache {
  switch (cache.type) {
    case 'none':
      return { type: 'NO_CACHE' };
    case 's3':
      return { type: 'S3', location: cache.location };
    case 'local':
      return { type: 'LOCAL', modes: cache.modes.map((mode) => CACHE_MODES[mode]) };
  }
}

export const toAwsLogs = ({ cloudwatch, s3 }: ProjectSettings['logs']): LogsConfig => ({
  cloudWatchLogs: {
    status: cloudwatch.enabled ? 'ENABLED' : 'DISABLED',
    ...(cloudwatch.group === undefined ? {} : { groupName: cloudwatch.group }),
    ...(cloudwatch.stream_prefix === undefined ? {} : { streamName: cloudwatch.stream_prefix }),
  },
  s3Logs: {
    status: s3.enabled ? 'ENABLED' : 'DISABLED',
    ...(s3.location === undefined ? {} : { location: s3.location }),
  },
});
