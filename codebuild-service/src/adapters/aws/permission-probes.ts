/**
 * How a permission is tried without changing anything: by reading, or by naming a thing that nobody has, which AWS answers
 * with "not found" once the permission was there. What makes or passes something has no such way and is not here.
 */
import type { ProbePlace } from '../../ports/account-inspection.js';
import type { AwsSession } from '../../ports/aws-session.js';
import type { AwsCaller, AwsClients, AwsService } from './aws-caller.js';

type Probe = (aws: AwsCaller, session: AwsSession, place: ProbePlace, signal: AbortSignal) => Promise<unknown>;
type Work<Service extends AwsService> = (
  client: AwsClients[Service],
  place: ProbePlace,
  options: { readonly abortSignal: AbortSignal },
) => Promise<unknown>;

const asking =
  <Service extends AwsService>(service: Service, work: Work<Service>): Probe =>
  (aws, session, place, signal) =>
    aws.call(session, service, (client, abortSignal) => work(client, place, { abortSignal }), { signal });
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;
const NO_LAYER = { layerDigest: NO_DIGEST };
const NO_UPLOAD = '00000000-0000-4000-8000-000000000000';

const codebuild = () => import('@aws-sdk/client-codebuild');
const ecr = () => import('@aws-sdk/client-ecr');
const iam = () => import('@aws-sdk/client-iam');
const s3 = () => import('@aws-sdk/client-s3');

const lookIntoBucket = (bucket: string): Probe =>
  asking('s3', async (client, _place, options) =>
    client.send(new (await s3()).ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), options),
  );

export const PROBES: Readonly<Record<string, Probe>> = {
  'codebuild:ListProjects': asking('codebuild', async (client, _place, options) =>
    client.send(new (await codebuild()).ListProjectsCommand({}), options),
  ),
  'codebuild:BatchGetProjects': asking('codebuild', async (client, { absentName }, options) =>
    client.send(new (await codebuild()).BatchGetProjectsCommand({ names: [absentName] }), options),
  ),
  'codebuild:BatchGetBuilds': asking('codebuild', async (client, { absentName }, options) =>
    client.send(new (await codebuild()).BatchGetBuildsCommand({ ids: [`${absentName}:${NO_UPLOAD}`] }), options),
  ),
  'codebuild:ListBuildsForProject': asking('codebuild', async (client, { absentName }, options) =>
    client.send(new (await codebuild()).ListBuildsForProjectCommand({ projectName: absentName }), options),
  ),
  'codebuild:StartBuild': asking('codebuild', async (client, { absentName }, options) =>
    client.send(new (await codebuild()).StartBuildCommand({ projectName: absentName }), options),
  ),
  'codebuild:StopBuild': asking('codebuild', async (client, { absentName }, options) =>
    client.send(new (await codebuild()).StopBuildCommand({ id: `${absentName}:${NO_UPLOAD}` }), options),
  ),
  'codebuild:DeleteWebhook': asking('codebuild', async (client, { absentName }, options) =>
    client.send(new (await codebuild()).DeleteWebhookCommand({ projectName: absentName }), options),
  ),
  'logs:GetLogEvents': asking('logs', async (client, { absentName }, options) => {
    const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
    const missing = { logGroupName: `/aws/codebuild/${absentName}`, logStreamName: 'none' };
    return client.send(new GetLogEventsCommand(missing), options);
  }),
  'iam:GetRole': asking('iam', async (client, _place, options) =>
    client.send(new (await iam()).GetRoleCommand({ RoleName: 'aws-deployer-codebuild' }), options),
  ),
  'ecr:GetAuthorizationToken': asking('ecr', async (client, _place, options) =>
    client.send(new (await ecr()).GetAuthorizationTokenCommand({}), options),
  ),
  'ecr:DescribeRepositories': asking('ecr', async (client, _place, options) =>
    client.send(new (await ecr()).DescribeRepositoriesCommand({ maxResults: 1 }), options),
  ),
  'ecr:DeleteRepository': asking('ecr', async (client, { absentName }, options) =>
    client.send(new (await ecr()).DeleteRepositoryCommand({ repositoryName: absentName }), options),
  ),
  'ecr:DescribeImages': asking('ecr', async (client, { absentName }, options) =>
    client.send(new (await ecr()).DescribeImagesCommand({ repositoryName: absentName }), options),
  ),
  'ecr:BatchGetImage': asking('ecr', async (client, { absentName }, options) =>
    client.send(
      new (await ecr()).BatchGetImageCommand({ repositoryName: absentName, imageIds: [{ imageTag: 'none' }] }),
      options,
    ),
  ),
  'ecr:BatchDeleteImage': asking('ecr', async (client, { absentName }, options) =>
    client.send(
      new (await ecr()).BatchDeleteImageCommand({ repositoryName: absentName, imageIds: [{ imageTag: 'none' }] }),
      options,
    ),
  ),
  'ecr:StartImageScan': asking('ecr', async (client, { absentName }, options) =>
    client.send(
      new (await ecr()).StartImageScanCommand({ repositoryName: absentName, imageId: { imageTag: 'none' } }),
      options,
    ),
  ),
  'ecr:DescribeImageScanFindings': asking('ecr', async (client, { absentName }, options) =>
    client.send(
      new (await ecr()).DescribeImageScanFindingsCommand({ repositoryName: absentName, imageId: { imageTag: 'none' } }),
      options,
    ),
  ),
  'ecr:GetLifecyclePolicy': asking('ecr', async (client, { absentName }, options) =>
    client.send(new (await ecr()).GetLifecyclePolicyCommand({ repositoryName: absentName }), options),
  ),
  'ecr:DeleteLifecyclePolicy': asking('ecr', async (client, { absentName }, options) =>
    client.send(new (await ecr()).DeleteLifecyclePolicyCommand({ repositoryName: absentName }), options),
  ),
  'ecr:BatchCheckLayerAvailability': asking('ecr', async (client, { absentName }, options) =>
    client.send(
      new (await ecr()).BatchCheckLayerAvailabilityCommand({ repositoryName: absentName, layerDigests: [NO_DIGEST] }),
      options,
    ),
  ),
  'ecr:InitiateLayerUpload': asking('ecr', async (client, { absentName }, options) =>
    client.send(new (await ecr()).InitiateLayerUploadCommand({ repositoryName: absentName }), options),
  ),
  'ecr:CompleteLayerUpload': asking('ecr', async (client, { absentName }, options) =>
    client.send(
      new (await ecr()).CompleteLayerUploadCommand({
        repositoryName: absentName,
        uploadId: NO_UPLOAD,
        layerDigests: [NO_DIGEST],
      }),
      options,
    ),
  ),
  'ecr:GetDownloadUrlForLayer': asking('ecr', async (client, { absentName }, options) =>
    client.send(new (await ecr()).GetDownloadUrlForLayerCommand({ repositoryName: absentName, ...NO_LAYER }), options),
  ),
  's3:ListBucket': (aws, session, place, signal) =>
    place.bucket === null ? Promise.resolve('untried') : lookIntoBucket(place.bucket)(aws, session, place, signal),
  'servicequotas:ListServiceQuotas': asking('quotas', async (client, _place, options) => {
    const { ListServiceQuotasCommand } = await import('@aws-sdk/client-service-quotas');
    return client.send(new ListServiceQuotasCommand({ ServiceCode: 'codebuild', MaxResults: 1 }), options);
  }),
};
