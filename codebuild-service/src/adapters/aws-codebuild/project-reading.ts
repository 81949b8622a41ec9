/** A CodeBuild project → settings of ours, and the list of what the platform has no word for. Pure. */
import type { Project } from '@aws-sdk/client-codebuild';
import {
  COMPUTE_TYPES,
  CreateBuildProjectBody,
  ENVIRONMENT_TYPES,
  type CreateBuildProjectInput,
} from '@aws-deployer/platform/contracts/build-projects';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { MirroredProject, ProjectSettings } from '../../ports/project-mirror.js';
import { CACHE_MODES, toVariable, USUAL_COMPUTE, USUAL_TYPE } from './project-mapping.js';
import { toBuildspec, toSource } from './source-mapping.js';
import { toWebhook } from './webhook-mapping.js';

export const toMirrored = (project: Project, webhookSecret: string | null = null): MirroredProject => ({
  arn: project.arn ?? '',
  badgeUrl: project.badge?.badgeRequestUrl ?? null,
  webhookUrl: project.webhook?.payloadUrl ?? project.webhook?.url ?? null,
  webhookSecret,
});

/** Throws invalid/`project_not_importable` for one that cannot stand on its own here: a pipeline's, or a name too long. */
export function toSettings(project: Project): { settings: ProjectSettings; lost: readonly string[] } {
  const name = project.name ?? '';
  const source = toSource(project.source, project.sourceVersion);
  if (source === undefined)
    throw new AppError(
      'invalid',
      'project_not_importable',
      `${name} takes its source from ${project.source?.type ?? 'nowhere'}: only a pipeline can start it`,
    );
  const { webhook, lost: lostFilters } = toWebhook(project.webhook);
  const environment = environmentOf(project);
  const input: CreateBuildProjectInput = {
    name,
    description: project.description ?? '',
    source,
    buildspec: toBuildspec(project.source?.buildspec),
    environment: environment.settings,
    artifacts: artifactsOf(project),
    cache: cacheOf(project),
    vpc: vpcOf(project),
    logs: {
      cloudwatch: {
        enabled: project.logsConfig?.cloudWatchLogs?.status !== 'DISABLED',
        group: project.logsConfig?.cloudWatchLogs?.groupName,
        stream_prefix: project.logsConfig?.cloudWatchLogs?.streamName,
      },
      s3: {
        enabled: project.logsConfig?.s3Logs?.status === 'ENABLED',
        location: project.logsConfig?.s3Logs?.location,
      },
    },
    service_role: project.serviceRole ?? null,
    // 0 where the kind of machine knows no such limit.
    timeout_minutes: project.timeoutInMinutes || 60,
    queued_timeout_minutes: project.queuedTimeoutInMinutes || 480,
    concurrent_build_limit: (project.concurrentBuildLimit ?? 0) > 0 ? (project.concurrentBuildLimit ?? null) : null,
    badge: project.badge?.badgeEnabled ?? false,
    webhook,
    tags: Object.fromEntries((project.tags ?? []).map(({ key, value }) => [key ?? '', value ?? ''])),
  };
  const parsed = CreateBuildProjectBody.safeParse(input);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new AppError(
      'invalid',
      'project_not_importable',
      `${name} has a setting that does not fit here: ${first?.path.join('.') ?? ''} ${first?.message ?? ''}`,
    );
  }
  return { settings: parsed.data, lost: [...unknownParts(project), ...environment.lost, ...lostFilters] };
}

function environmentOf({ environment }: Project) {
  const lost: string[] = [];
  const known = <Value extends string>(
    what: string,
    values: readonly Value[],
    value: string | undefined,
    or: Value,
  ): Value => {
    const found = values.find((candidate) => candidate === value);
    if (found === undefined && value !== undefined) lost.push(`environment.${what} ${value}`);
    return found ?? or;
  };
  const variables = (environment?.environmentVariables ?? []).flatMap((variable) => {
    const parsed = toVariable(variable);
    if (!parsed.success) lost.push(`environment.environmentVariables ${variable.name ?? ''}`);
    return parsed.success ? [parsed.data] : [];
  });
  for (const part of ['certificate', 'registryCredential', 'fleet', 'computeConfiguration', 'dockerServer'] as const)
    if (environment?.[part] !== undefined) lost.push(`environment.${part}`);
  return {
    lost,
    settings: {
      image: environment?.image,
      type: known('type', ENVIRONMENT_TYPES, environment?.type, USUAL_TYPE),
      compute: known('computeType', COMPUTE_TYPES, environment?.computeType, USUAL_COMPUTE),
      privileged: environment?.privilegedMode ?? false,
      variables,
    },
  };
}

function artifactsOf({ artifacts, name }: Project): CreateBuildProjectInput['artifacts'] {
  if (artifacts?.type !== 'S3') return { type: 'none' };
  return {
    type: 's3',
    bucket: artifacts.location ?? '',
    path: artifacts.path ?? '',
    name: artifacts.name === name ? undefined : artifacts.name,
    packaging: artifacts.packaging === 'ZIP' ? 'zip' : 'none',
    namespace: artifacts.namespaceType === 'BUILD_ID' ? 'build_id' : 'none',
    encryption: artifacts.encryptionDisabled !== true,
  };
}
function cacheOf({ cache }: Project): CreateBuildProjectInput['cache'] {
  if (cache?.type === 'S3') return { type: 's3', location: cache.location ?? '' };
  if (cache?.type !== 'LOCAL') return { type: 'none' };
  const modes = (['source', 'docker_layer', 'custom'] as const).filter((mode) =>
    cache.modes?.includes(CACHE_MODES[mode]),
  );
  return { type: 'local', modes: modes.length === 0 ? undefined : modes };
}
/** CodeBuild answers an empty object where there is none. */
function vpcOf({ vpcConfig }: Project): CreateBuildProjectInput['vpc'] {
  if (!vpcConfig?.vpcId) return null;
  return {
    vpc_id: vpcConfig.vpcId,
    subnets: vpcConfig.subnets ?? [],
    security_group_ids: vpcConfig.securityGroupIds ?? [],
  };
}

const DEFAULT_KEY = /:alias\/aws\/s3$/;
function unknownParts(project: Project): string[] {
  const lost: string[] = [];
  for (const part of ['secondarySources', 'secondaryArtifacts', 'fileSystemLocations'] as const)
    if ((project[part]?.length ?? 0) > 0) lost.push(part);
  if (project.buildBatchConfig !== undefined) lost.push('buildBatchConfig');
  if (project.encryptionKey !== undefined && !DEFAULT_KEY.test(project.encryptionKey)) lost.push('encryptionKey');
  if ((project.autoRetryLimit ?? 0) > 0) lost.push('autoRetryLimit');
  if (project.projectVisibility === 'PUBLIC_READ') lost.push('projectVisibility PUBLIC_READ');
  if (project.source?.insecureSsl === true) lost.push('source.insecureSsl');
  if (project.source?.reportBuildStatus === true) lost.push('source.reportBuildStatus');
  if (project.artifacts?.overrideArtifactName === true) lost.push('artifacts.overrideArtifactName');
  if (project.cache?.cacheNamespace !== undefined) lost.push('cache.cacheNamespace');
  return lost;
}
