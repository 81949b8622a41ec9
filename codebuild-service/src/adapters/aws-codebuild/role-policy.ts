/**
 * What CodeBuild may do in a build: the trust and the policies of the role that the platform keeps. Pure.
 *
 * One role serves all projects of an account. What every build needs is one policy; what a project names (buckets, parameters,
 * secrets, its repository, its network) is a policy of its own beside it, removed with the project.
 */
import { createHash } from 'node:crypto';
import { parseDocument } from 'yaml';
import type { ProjectSettings } from '../../ports/project-mirror.js';

export interface AccountPlace {
  /** `aws`, `aws-cn`, `aws-us-gov` */
  readonly partition: string;
  readonly accountId: string;
}
interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Statement[];
}

/** Secrets of single builds are kept under it; see secret-variables.ts. */
export const BUILD_SECRETS_PREFIX = 'aws-deployer/builds/';
/** Of the bucket that is made for uploaded sources where none is configured; the account and the region follow. */
export const OWN_BUCKET_PREFIX = 'aws-deployer-builds-';
export const BASE_POLICY = 'aws-deployer-builds';
const POLICY_NAME_MAX = 128;

/** The condition keeps other accounts from lending CodeBuild this role. */
export const trustPolicy = ({ accountId }: AccountPlace) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: 'codebuild.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
    },
  ],
});

const allow = (Action: readonly string[], Resource: readonly string[]): Statement => ({
  Effect: 'Allow',
  Action,
  Resource: [...new Set(Resource)],
});
const WRITE_LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const READ_WRITE_OBJECTS = ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'];
const LOOK_AT_BUCKET = ['s3:GetBucketAcl', 's3:GetBucketLocation', 's3:ListBucket'];

/** `bucket`: where the platform puts sources of its own; undefined: in one that it makes. */
export function basePolicy({ partition, accountId }: AccountPlace, bucket: string | undefined): PolicyDocument {
  const arn = (service: string, what: string) => `arn:${partition}:${service}:*:${accountId}:${what}`;
  return {
    Version: '2012-10-17',
    Statement: [
      allow(WRITE_LOGS, [arn('logs', 'log-group:/aws/codebuild/*')]),
      allow(['ecr:GetAuthorizationToken'], ['*']),
      allow(
        [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:GetDownloadUrlForLayer',
          'ecr:InitiateLayerUpload',
          'ecr:UploadLayerPart',
          'ecr:CompleteLayerUpload',
          'ecr:PutImage',
        ],
        [arn('ecr', 'repository/*')],
      ),
      allow(
        [
          'codebuild:CreateReportGroup',
          'codebuild:CreateReport',
          'codebuild:UpdateReport',
          'codebuild:BatchPutTestCases',
          'codebuild:BatchPutCodeCoverages',
        ],
        [arn('codebuild', 'report-group/*')],
      ),
      allow(['secretsmanager:GetSecretValue'], [arn('secretsmanager', `secret:${BUILD_SECRETS_PREFIX}*`)]),
      ...bucketStatements(partition, [bucket ?? `${OWN_BUCKET_PREFIX}${accountId}-*`]),
    ],
  };
}

export const projectPolicyName = (project: string): string => {
  const name = `project-${project}`;
  if (name.length <= POLICY_NAME_MAX) return name;
  const hash = createHash('sha256').update(project).digest('hex').slice(0, 16);
  return `${name.slice(0, POLICY_NAME_MAX - 17)}-${hash}`;
};

/** null: the project needs no more than every build does. */
export function projectPolicy(settings: ProjectSettings, place: AccountPlace): PolicyDocument | null {
  const { partition, accountId } = place;
  const statements: Statement[] = [];
  const add = (actions: readonly string[], resources: readonly string[]): void => {
    if (resources.length > 0) statements.push(allow(actions, resources));
  };
  statements.push(...bucketStatements(partition, bucketsOf(settings)));
  const stored = storedNames(settings);
  const parameter = (name: string) =>
    name.startsWith('arn:') ? name : `arn:${partition}:ssm:*:${accountId}:parameter/${name.replace(/^\//, '')}`;
  add(['ssm:GetParameters', 'ssm:GetParameter'], stored.parameters.map(parameter));
  add(
    ['secretsmanager:GetSecretValue'],
    stored.secrets.map((secret) => secretArn(secret, place)),
  );
  const { source, logs, vpc } = settings;
  if (source.credential?.includes(':secretsmanager:')) add(['secretsmanager:GetSecretValue'], [source.credential]);
  else if (source.credential !== undefined)
    add(
      ['codeconnections', 'codestar-connections'].flatMap((service) =>
        ['GetConnection', 'GetConnectionToken', 'UseConnection'].map((action) => `${service}:${action}`),
      ),
      [source.credential],
    );
  const repository = /git-codecommit\.([a-z0-9-]+)\..*\/v1\/repos\/([^/]+)$/.exec(source.location ?? '');
  if (source.type === 'codecommit' && repository !== null)
    add(
      ['codecommit:GitPull'],
      [`arn:${partition}:codecommit:${repository[1] ?? '*'}:${accountId}:${repository[2] ?? ''}`],
    );
  const group = logs.cloudwatch.group;
  if (group !== undefined && !group.startsWith('/aws/codebuild/'))
    add(WRITE_LOGS, [
      `arn:${partition}:logs:*:${accountId}:log-group:${group}`,
      `arn:${partition}:logs:*:${accountId}:log-group:${group}:*`,
    ]);
  if (vpc !== null) {
    add(
      [
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
      ],
      ['*'],
    );
    add(['ec2:CreateNetworkInterfacePermission'], [`arn:${partition}:ec2:*:${accountId}:network-interface/*`]);
  }
  return statements.length === 0 ? null : { Version: '2012-10-17', Statement: statements };
}

/** A secret's ARN ends in six characters that its name does not tell. */
function secretArn(named: string, { partition, accountId }: AccountPlace): string {
  if (!named.startsWith('arn:'))
    return `arn:${partition}:secretsmanager:*:${accountId}:secret:${named.split(':')[0] ?? ''}-??????`;
  const parts = named.split(':').slice(0, 7);
  return /-[A-Za-z0-9]{6}$/.test(parts[6] ?? '') ? parts.join(':') : `${parts.join(':')}-??????`;
}

const bucketStatements = (partition: string, buckets: readonly string[]): Statement[] =>
  buckets.length === 0
    ? []
    : [
        allow(
          READ_WRITE_OBJECTS,
          buckets.map((bucket) => `arn:${partition}:s3:::${bucket}/*`),
        ),
        allow(
          LOOK_AT_BUCKET,
          buckets.map((bucket) => `arn:${partition}:s3:::${bucket}`),
        ),
      ];
function bucketsOf({ source, artifacts, cache, logs }: ProjectSettings): string[] {
  const bucketOf = (location: string | undefined) => location?.replace(/^arn:[^:]+:s3:::/, '').split('/')[0];
  return [
    ...(source.type === 's3' ? [bucketOf(source.location)] : []),
    ...(artifacts.type === 's3' ? [artifacts.bucket] : []),
    ...(cache.type === 's3' ? [bucketOf(cache.location)] : []),
    ...(logs.s3.enabled ? [bucketOf(logs.s3.location)] : []),
  ].filter((bucket): bucket is string => bucket !== undefined && bucket !== '');
}

/** Named by variables, and by `env` of a buildspec that is at hand. A broken buildspec is refused elsewhere, with its line. */
function storedNames({ environment, buildspec }: ProjectSettings): { parameters: string[]; secrets: string[] } {
  const ofType = (type: string) =>
    environment.variables.filter((variable) => variable.type === type).map(({ value }) => value);
  const parsed: unknown = buildspec.type === 'inline' ? parseDocument(buildspec.text).toJS() : null;
  const env = property(parsed, 'env');
  return {
    parameters: [...ofType('PARAMETER_STORE'), ...texts(property(env, 'parameter-store'))],
    secrets: [...ofType('SECRETS_MANAGER'), ...texts(property(env, 'secrets-manager'))],
  };
}
const property = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null && name in of ? (of as Record<string, unknown>)[name] : undefined;
const texts = (of: unknown): string[] =>
  typeof of === 'object' && of !== null ? Object.values(of).filter((value) => typeof value === 'string') : [];
