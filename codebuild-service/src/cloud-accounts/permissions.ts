/**
 * Every IAM action that the platform uses in an account, why, and on what. The check of an account asks after these, and the
 * least policy grants exactly these. Pure.
 */
export interface PermissionPlace {
  /** `aws`, `aws-cn`, `aws-us-gov` */
  readonly partition: string;
  /** `*` where it is not known. */
  readonly accountId: string;
  readonly regions: readonly string[];
  /** Of the names of projects and repositories; empty: any. */
  readonly prefix: string;
  /** For sources of image builds and for artifacts; null: none is set. */
  readonly bucket: string | null;
  /** ARN of the role that builds run under; null: the one that the platform makes. */
  readonly serviceRole: string | null;
}
/** What an action works on: a function of the place, one ARN or more. */
type Scope = (place: PermissionPlace) => string[];
export interface PermissionGroup {
  /** Letters and digits: the Sid of the statement. */
  readonly id: string;
  readonly purpose: string;
  readonly actions: readonly string[];
  readonly scope: Scope;
  /** `iam:PassedToService`, where the grant is bound to it. */
  readonly passedTo?: string;
}

const anything: Scope = () => ['*'];
const inRegions =
  (service: string, ...things: string[]): Scope =>
  ({ partition, regions, accountId, prefix }) =>
    regions.flatMap((region) =>
      things.map((thing) => `arn:${partition}:${service}:${region}:${accountId}:${thing.replace('{prefix}', prefix)}`),
    );
/** The name of the role that builds run under unless another is set. */
const BUILD_ROLE = 'aws-deployer-codebuild';
const buildRole: Scope = ({ partition, accountId, serviceRole }) => [
  serviceRole ?? `arn:${partition}:iam::${accountId}:role/${BUILD_ROLE}`,
];
const bucketOf = ({ partition, bucket }: PermissionPlace): string =>
  `arn:${partition}:s3:::${bucket ?? 'aws-deployer-*'}`;

export const PERMISSIONS: readonly PermissionGroup[] = [
  {
    id: 'BuildProjects',
    purpose: 'keep build projects and their webhooks',
    actions: [
      'codebuild:CreateProject',
      'codebuild:UpdateProject',
      'codebuild:DeleteProject',
      'codebuild:BatchGetProjects',
      'codebuild:CreateWebhook',
      'codebuild:UpdateWebhook',
      'codebuild:DeleteWebhook',
    ],
    scope: inRegions('codebuild', 'project/{prefix}*'),
  },
  {
    id: 'Builds',
    purpose: 'start, stop and follow builds',
    actions: [
      'codebuild:StartBuild',
      'codebuild:StopBuild',
      'codebuild:BatchGetBuilds',
      'codebuild:ListBuildsForProject',
    ],
    scope: inRegions('codebuild', 'project/{prefix}*'),
  },
  {
    id: 'FindProjects',
    purpose: 'list projects for import',
    actions: ['codebuild:ListProjects'],
    scope: anything,
  },
  {
    id: 'Reports',
    purpose: 'show test and coverage reports',
    actions: ['codebuild:BatchGetReports', 'codebuild:DescribeTestCases', 'codebuild:DescribeCodeCoverages'],
    scope: inRegions('codebuild', 'report-group/{prefix}*'),
  },
  {
    id: 'Logs',
    purpose: 'show the logs of builds',
    actions: ['logs:GetLogEvents'],
    scope: inRegions('logs', 'log-group:/aws/codebuild/{prefix}*', 'log-group:/aws/codebuild/{prefix}*:log-stream:*'),
  },
  {
    id: 'BuildRole',
    purpose: 'make the role that builds run under, and hold its policies',
    actions: ['iam:GetRole', 'iam:CreateRole', 'iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
    scope: buildRole,
  },
  {
    id: 'PassBuildRole',
    purpose: 'hand that role to CodeBuild',
    actions: ['iam:PassRole'],
    scope: buildRole,
    passedTo: 'codebuild.amazonaws.com',
  },
  {
    id: 'BuildSecrets',
    purpose: 'hand a registry’s password to one build',
    actions: ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue', 'secretsmanager:DeleteSecret'],
    scope: inRegions('secretsmanager', 'secret:aws-deployer/builds/*'),
  },
  {
    id: 'RegistryLogin',
    purpose: 'sign in to ECR',
    actions: ['ecr:GetAuthorizationToken'],
    scope: anything,
  },
  {
    id: 'Repositories',
    purpose: 'keep image repositories, their lifecycle and their scans',
    actions: [
      'ecr:DescribeRepositories',
      'ecr:CreateRepository',
      'ecr:DeleteRepository',
      'ecr:DescribeImages',
      'ecr:BatchDeleteImage',
      'ecr:StartImageScan',
      'ecr:DescribeImageScanFindings',
      'ecr:GetLifecyclePolicy',
      'ecr:PutLifecyclePolicy',
      'ecr:DeleteLifecyclePolicy',
    ],
    scope: inRegions('ecr', 'repository/{prefix}*'),
  },
  {
    id: 'PushAndPull',
    purpose: 'push and pull images',
    actions: [
      'ecr:BatchCheckLayerAvailability',
      'ecr:InitiateLayerUpload',
      'ecr:UploadLayerPart',
      'ecr:CompleteLayerUpload',
      'ecr:PutImage',
      'ecr:BatchGetImage',
      'ecr:GetDownloadUrlForLayer',
    ],
    scope: inRegions('ecr', 'repository/{prefix}*'),
  },
  {
    id: 'Bucket',
    purpose: 'find sources and artifacts in the bucket; make one of its own where none is configured',
    actions: ['s3:ListBucket', 's3:CreateBucket', 's3:PutBucketPublicAccessBlock', 's3:PutLifecycleConfiguration'],
    scope: (place) => [bucketOf(place)],
  },
  {
    id: 'Objects',
    purpose: 'put sources of image builds, get artifacts (buckets that projects name need the same)',
    actions: ['s3:GetObject', 's3:PutObject'],
    scope: (place) => [`${bucketOf(place)}/*`],
  },
  {
    id: 'Quota',
    purpose: 'know how many builds may run at once',
    actions: ['servicequotas:ListServiceQuotas'],
    scope: anything,
  },
];

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: 'Allow';
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
    readonly Condition?: { readonly StringEquals: Readonly<Record<string, string>> };
  }[];
}

/** The policy that grants what the platform uses in this place, and nothing else. */
export const leastPolicy = (place: PermissionPlace): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: PERMISSIONS.map(({ id, actions, scope, passedTo }) => ({
    Sid: id,
    Effect: 'Allow',
    Action: [...actions],
    Resource: scope(place),
    ...(passedTo === undefined ? {} : { Condition: { StringEquals: { 'iam:PassedToService': passedTo } } }),
  })),
});

/** The partition of an account that nobody could ask, by the name of its region. */
export const partitionOf = (region: string): string =>
  region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
