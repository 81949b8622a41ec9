/**
 * The project form's values and their two ways: from a project, and to the body of a request. Pure. What is left empty
 * is left out: the server's default applies. Every part of the wire has its lines here once each way, in one file.
 */
import type {
  BuildProjectView,
  BuildVariable,
  CreateBuildProjectInput,
  ProjectWebhook,
} from '@aws-deployer/platform/contracts/build-projects';
import type { ProjectSettings } from '../api/build-projects.js';
import { pairsOf, recordOf, type Pair } from '../ui/pairs.js';
import type { SourceType } from './source-type.js';

export type Variable = Required<BuildVariable>;
export type WebhookFilter = ProjectWebhook['filter_groups'][number][number];
export type Amount = number | '';
type Input = CreateBuildProjectInput;
type EnvironmentInput = NonNullable<Input['environment']>;

export interface ProjectValues {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly team: string;
  readonly description: string;
  readonly sourceType: SourceType;
  readonly location: string;
  readonly version: string;
  readonly cloneDepth: Amount;
  readonly submodules: boolean;
  readonly sourceCredential: string;
  readonly buildspecKind: 'inline' | 'file';
  readonly buildspecText: string;
  readonly buildspecPath: string;
  readonly image: string;
  readonly environmentType: NonNullable<EnvironmentInput['type']>;
  readonly compute: NonNullable<EnvironmentInput['compute']>;
  readonly privileged: boolean;
  readonly variables: readonly Variable[];
  readonly artifactsOn: boolean;
  readonly artifactBucket: string;
  readonly artifactPath: string;
  readonly artifactName: string;
  readonly artifactZip: boolean;
  readonly artifactPerBuild: boolean;
  readonly artifactEncryption: boolean;
  readonly cacheType: 'none' | 'local' | 's3';
  readonly cacheModes: readonly ('source' | 'docker_layer' | 'custom')[];
  readonly cacheLocation: string;
  readonly vpcId: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly cloudwatch: boolean;
  readonly logGroup: string;
  readonly logStream: string;
  readonly s3Logs: boolean;
  readonly s3LogLocation: string;
  readonly serviceRole: string;
  readonly timeout: Amount;
  readonly queuedTimeout: Amount;
  readonly concurrency: Amount;
  readonly badge: boolean;
  readonly webhookOn: boolean;
  readonly filterGroups: readonly (readonly WebhookFilter[])[];
  readonly tags: readonly Pair[];
  readonly testsPassed: boolean;
  readonly coverageMin: Amount;
  readonly criticalMax: Amount;
  readonly highMax: Amount;
  readonly mediumMax: Amount;
  readonly imageSigned: boolean;
  readonly signingKey: string;
}

export const BLANK_PROJECT: ProjectValues = {
  name: '',
  account: '',
  region: '',
  team: 'default',
  description: '',
  sourceType: 'github',
  location: '',
  version: '',
  cloneDepth: 1,
  submodules: false,
  sourceCredential: '',
  buildspecKind: 'file',
  buildspecText: '',
  buildspecPath: 'buildspec.yml',
  image: 'aws/codebuild/standard:7.0',
  environmentType: 'LINUX_CONTAINER',
  compute: 'BUILD_GENERAL1_SMALL',
  privileged: false,
  variables: [],
  artifactsOn: false,
  artifactBucket: '',
  artifactPath: '',
  artifactName: '',
  artifactZip: false,
  artifactPerBuild: true,
  artifactEncryption: true,
  cacheType: 'none',
  cacheModes: ['custom'],
  cacheLocation: '',
  vpcId: '',
  subnets: [],
  securityGroups: [],
  cloudwatch: true,
  logGroup: '',
  logStream: '',
  s3Logs: false,
  s3LogLocation: '',
  serviceRole: '',
  timeout: 60,
  queuedTimeout: 480,
  concurrency: '',
  badge: false,
  webhookOn: false,
  filterGroups: [],
  tags: [],
  testsPassed: false,
  coverageMin: '',
  criticalMax: '',
  highMax: '',
  mediumMax: '',
  imageSigned: false,
  signingKey: '',
};

export function valuesOfProject(project: BuildProjectView): ProjectValues {
  const { source, buildspec, environment, artifacts, cache, vpc, logs, quality_gates: gates } = project;
  return {
    ...BLANK_PROJECT,
    name: project.name,
    account: project.account,
    region: project.region,
    team: project.team,
    description: project.description,
    sourceType: source.type,
    location: source.location ?? '',
    version: source.version ?? '',
    cloneDepth: source.clone_depth,
    submodules: source.submodules,
    sourceCredential: source.credential ?? '',
    ...(buildspec.type === 'file'
      ? { buildspecKind: 'file', buildspecPath: buildspec.path }
      : { buildspecKind: 'inline', buildspecText: buildspec.type === 'inline' ? buildspec.text : '' }),
    image: environment.image,
    environmentType: environment.type,
    compute: environment.compute,
    privileged: environment.privileged,
    variables: environment.variables,
    ...(artifacts.type === 's3'
      ? {
          artifactsOn: true,
          artifactBucket: artifacts.bucket,
          artifactPath: artifacts.path,
          artifactName: artifacts.name ?? '',
          artifactZip: artifacts.packaging === 'zip',
          artifactPerBuild: artifacts.namespace === 'build_id',
          artifactEncryption: artifacts.encryption,
        }
      : {}),
    cacheType: cache.type,
    ...(cache.type === 'local' ? { cacheModes: cache.modes } : {}),
    ...(cache.type === 's3' ? { cacheLocation: cache.location } : {}),
    ...(vpc ? { vpcId: vpc.vpc_id, subnets: vpc.subnets, securityGroups: vpc.security_group_ids } : {}),
    cloudwatch: logs.cloudwatch.enabled,
    logGroup: logs.cloudwatch.group ?? '',
    logStream: logs.cloudwatch.stream_prefix ?? '',
    s3Logs: logs.s3.enabled,
    s3LogLocation: logs.s3.location ?? '',
    serviceRole: project.service_role ?? '',
    timeout: project.timeout_minutes,
    queuedTimeout: project.queued_timeout_minutes,
    concurrency: project.concurrent_build_limit ?? '',
    badge: project.badge,
    webhookOn: project.webhook !== null,
    filterGroups: project.webhook?.filter_groups ?? [],
    tags: pairsOf(project.tags),
    testsPassed: gates.tests_passed,
    coverageMin: gates.line_coverage_min ?? '',
    criticalMax: gates.findings_max?.critical ?? '',
    highMax: gates.findings_max?.high ?? '',
    mediumMax: gates.findings_max?.medium ?? '',
    imageSigned: gates.image_signed,
    signingKey: gates.signing_key ?? '',
  };
}

/** `{key: text}` where there is text, else nothing. */
const ifText = <K extends string>(key: K, text: string): Partial<Record<K, string>> =>
  text.trim() === '' ? {} : ({ [key]: text.trim() } as Record<K, string>);
const ifNumber = <K extends string>(key: K, value: Amount): Partial<Record<K, number>> =>
  value === '' ? {} : ({ [key]: value } as Record<K, number>);

export function settingsOf(values: ProjectValues): ProjectSettings {
  return {
    description: values.description.trim(),
    source: sourceOf(values),
    buildspec:
      values.buildspecKind === 'inline'
        ? { type: 'inline', text: values.buildspecText }
        : { type: 'file', ...ifText('path', values.buildspecPath) },
    environment: {
      ...ifText('image', values.image),
      type: values.environmentType,
      compute: values.compute,
      privileged: values.privileged,
      variables: values.variables.filter(({ name }) => name.trim() !== ''),
    },
    artifacts: values.artifactsOn
      ? {
          type: 's3',
          bucket: values.artifactBucket.trim(),
          path: values.artifactPath.trim(),
          ...ifText('name', values.artifactName),
          packaging: values.artifactZip ? 'zip' : 'none',
          namespace: values.artifactPerBuild ? 'build_id' : 'none',
          encryption: values.artifactEncryption,
        }
      : { type: 'none' },
    cache: cacheOf(values),
    vpc:
      values.vpcId.trim() === ''
        ? null
        : {
            vpc_id: values.vpcId.trim(),
            subnets: [...values.subnets],
            security_group_ids: [...values.securityGroups],
          },
    logs: {
      cloudwatch: {
        enabled: values.cloudwatch,
        ...ifText('group', values.logGroup),
        ...ifText('stream_prefix', values.logStream),
      },
      s3: { enabled: values.s3Logs, ...ifText('location', values.s3LogLocation) },
    },
    service_role: values.serviceRole.trim() === '' ? null : values.serviceRole.trim(),
    ...ifNumber('timeout_minutes', values.timeout),
    ...ifNumber('queued_timeout_minutes', values.queuedTimeout),
    concurrent_build_limit: values.concurrency === '' ? null : values.concurrency,
    badge: values.badge,
    webhook: values.webhookOn
      ? { filter_groups: values.filterGroups.map((group) => [...group]).filter((group) => group.length > 0) }
      : null,
    tags: recordOf(values.tags),
    ...ifText('team', values.team),
    quality_gates: gatesOf(values),
  };
}

export const bodyOfProject = (values: ProjectValues): CreateBuildProjectInput => ({
  name: values.name.trim(),
  ...ifText('account', values.account),
  ...ifText('region', values.region),
  ...settingsOf(values),
});

function sourceOf(values: ProjectValues): CreateBuildProjectInput['source'] {
  if (values.sourceType === 'none') return { type: 'none' };
  return {
    type: values.sourceType,
    ...ifText('location', values.location),
    ...ifText('version', values.version),
    ...(values.sourceType === 's3'
      ? {}
      : { ...ifNumber('clone_depth', values.cloneDepth), submodules: values.submodules }),
    ...ifText('credential', values.sourceCredential),
  };
}

function cacheOf(values: ProjectValues): NonNullable<Input['cache']> {
  if (values.cacheType === 's3') return { type: 's3', location: values.cacheLocation.trim() };
  if (values.cacheType === 'local') return { type: 'local', modes: [...values.cacheModes] };
  return { type: 'none' };
}

function gatesOf(values: ProjectValues): NonNullable<Input['quality_gates']> {
  const most = {
    ...ifNumber('critical', values.criticalMax),
    ...ifNumber('high', values.highMax),
    ...ifNumber('medium', values.mediumMax),
  };
  return {
    tests_passed: values.testsPassed,
    ...ifNumber('line_coverage_min', values.coverageMin),
    ...(Object.keys(most).length > 0 ? { findings_max: most } : {}),
    image_signed: values.imageSigned,
    ...(values.imageSigned ? ifText('signing_key', values.signingKey) : {}),
  };
}
