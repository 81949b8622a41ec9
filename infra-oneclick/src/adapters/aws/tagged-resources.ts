/** What bears tags, by ARN, from the tagging API and from EC2's own list, and whether it is really still there. */
import type { OrphanView } from '@aws-deployer/platform/contracts/infra';
import type { Tags } from '../../ports/cloud-inventory.js';
import { awsCode, type AwsSession } from './aws-session.js';

export async function taggedResources(aws: AwsSession, tags: Tags, abortSignal: AbortSignal): Promise<OrphanView[]> {
  const [named, ec2] = [await byTaggingApi(aws, tags, abortSignal), await byEc2(aws, tags, abortSignal)];
  const known = new Set(named.map(idOf));
  const arns = [...named, ...ec2.filter((arn) => !known.has(idOf(arn)))].sort();
  const tag = Object.entries(tags)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  const left: OrphanView[] = [];
  for (const arn of arns)
    if (await stillThere(aws, arn, abortSignal)) left.push({ id: arn, type: typeOf(arn), region: aws.region, tag });
  return left;
}

const idOf = (arn: string): string => arn.split(/[/:]/).at(-1) ?? arn;
/** `ec2:volume`, `s3`, `sqs`. */
function typeOf(arn: string): string {
  const [, , service = '', , , rest = ''] = arn.split(':');
  const [kind, name] = rest.split('/');
  return name === undefined || kind === '' ? service : `${service}:${kind ?? ''}`;
}

async function byTaggingApi(aws: AwsSession, tags: Tags, abortSignal: AbortSignal): Promise<string[]> {
  const { paginateGetResources } = await import('@aws-sdk/client-resource-groups-tagging-api');
  const client = await aws.client('tagging');
  const TagFilters = Object.entries(tags).map(([Key, value]) => ({ Key, Values: [value] }));
  const found: string[] = [];
  for await (const page of paginateGetResources({ client }, { TagFilters }, { abortSignal }))
    for (const { ResourceARN } of page.ResourceTagMappingList ?? []) if (ResourceARN) found.push(ResourceARN);
  return found;
}

/** EC2 knows new tags before the tagging API does. */
async function byEc2(aws: AwsSession, tags: Tags, abortSignal: AbortSignal): Promise<string[]> {
  const { paginateDescribeTags } = await import('@aws-sdk/client-ec2');
  const client = await aws.client('ec2');
  const carried = new Map<string, number>();
  for (const [key, value] of Object.entries(tags)) {
    const Filters = [
      { Name: 'key', Values: [key] },
      { Name: 'value', Values: [value] },
    ];
    for await (const page of paginateDescribeTags({ client }, { Filters }, { abortSignal }))
      for (const { ResourceId, ResourceType } of page.Tags ?? []) {
        const arn = `arn:aws:ec2:${aws.region}::${ResourceType ?? ''}/${ResourceId ?? ''}`;
        carried.set(arn, (carried.get(arn) ?? 0) + 1);
      }
  }
  return [...carried].filter(([, count]) => count === Object.keys(tags).length).map(([arn]) => arn);
}

/** false for what AWS says is gone, ending, or waiting for its scheduled end. What is not known here counts as there. */
async function stillThere(aws: AwsSession, arn: string, abortSignal: AbortSignal): Promise<boolean> {
  const [, , service = '', , , ...rest] = arn.split(':');
  const [kind = '', ...name] = rest.join(':').split('/');
  try {
    return (await LOOKS[service === 'ec2' ? `ec2 ${kind}` : service]?.(aws, arn, name.join('/'), abortSignal)) ?? true;
  } catch (error) {
    if (/NotFound|NoSuch|DoesNotExist/i.test(awsCode(error))) return false;
    throw error;
  }
}

/** By service: true, or the error that says it is not there. */
const LOOKS: Readonly<
  Record<string, (aws: AwsSession, arn: string, id: string, abortSignal: AbortSignal) => Promise<boolean>>
> = {
  'ec2 instance': async (aws, _arn, id, abortSignal) => {
    const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
    const client = await aws.client('ec2');
    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }), {
      abortSignal,
    });
    return Reservations.flatMap(({ Instances = [] }) => Instances).some(({ State }) => State?.Name !== 'terminated');
  },
  'ec2 natgateway': async (aws, _arn, id, abortSignal) => {
    const { DescribeNatGatewaysCommand } = await import('@aws-sdk/client-ec2');
    const client = await aws.client('ec2');
    const { NatGateways = [] } = await client.send(new DescribeNatGatewaysCommand({ NatGatewayIds: [id] }), {
      abortSignal,
    });
    return NatGateways.some(({ State }) => State !== 'deleted');
  },
  'ec2 vpc-endpoint': async (aws, _arn, id, abortSignal) => {
    const { DescribeVpcEndpointsCommand } = await import('@aws-sdk/client-ec2');
    const client = await aws.client('ec2');
    const { VpcEndpoints = [] } = await client.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }), {
      abortSignal,
    });
    return VpcEndpoints.some(({ State }) => String(State).toLowerCase() !== 'deleted');
  },
  'ec2 volume': async (aws, _arn, id, abortSignal) => {
    const { DescribeVolumesCommand } = await import('@aws-sdk/client-ec2');
    await (await aws.client('ec2')).send(new DescribeVolumesCommand({ VolumeIds: [id] }), { abortSignal });
    return true;
  },
  'ec2 network-interface': async (aws, _arn, id, abortSignal) => {
    const { DescribeNetworkInterfacesCommand } = await import('@aws-sdk/client-ec2');
    const command = new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [id] });
    await (await aws.client('ec2')).send(command, { abortSignal });
    return true;
  },
  'ec2 security-group': async (aws, _arn, id, abortSignal) => {
    const { DescribeSecurityGroupsCommand } = await import('@aws-sdk/client-ec2');
    await (await aws.client('ec2')).send(new DescribeSecurityGroupsCommand({ GroupIds: [id] }), { abortSignal });
    return true;
  },
  'ec2 subnet': async (aws, _arn, id, abortSignal) => {
    const { DescribeSubnetsCommand } = await import('@aws-sdk/client-ec2');
    await (await aws.client('ec2')).send(new DescribeSubnetsCommand({ SubnetIds: [id] }), { abortSignal });
    return true;
  },
  'ec2 vpc': async (aws, _arn, id, abortSignal) => {
    const { DescribeVpcsCommand } = await import('@aws-sdk/client-ec2');
    await (await aws.client('ec2')).send(new DescribeVpcsCommand({ VpcIds: [id] }), { abortSignal });
    return true;
  },
  kms: async (aws, arn, _id, abortSignal) => {
    const { DescribeKeyCommand } = await import('@aws-sdk/client-kms');
    const client = await aws.client('kms');
    const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId: arn }), { abortSignal });
    return KeyMetadata?.KeyState !== 'PendingDeletion';
  },
  secretsmanager: async (aws, arn, _id, abortSignal) => {
    const { DescribeSecretCommand } = await import('@aws-sdk/client-secrets-manager');
    const client = await aws.client('secrets');
    const { DeletedDate } = await client.send(new DescribeSecretCommand({ SecretId: arn }), { abortSignal });
    return DeletedDate === undefined;
  },
  s3: async (aws, arn, _id, abortSignal) => {
    const { HeadBucketCommand } = await import('@aws-sdk/client-s3');
    const Bucket = arn.split(':').at(-1) ?? '';
    await (await aws.client('s3')).send(new HeadBucketCommand({ Bucket }), { abortSignal });
    return true;
  },
  eks: async (aws, arn, id, abortSignal) => {
    if (!arn.includes(':cluster/')) return true;
    const { DescribeClusterCommand } = await import('@aws-sdk/client-eks');
    await (await aws.client('eks')).send(new DescribeClusterCommand({ name: id }), { abortSignal });
    return true;
  },
  ecr: async (aws, _arn, id, abortSignal) => {
    const { DescribeRepositoriesCommand } = await import('@aws-sdk/client-ecr');
    const command = new DescribeRepositoriesCommand({ repositoryNames: [id] });
    await (await aws.client('ecr')).send(command, { abortSignal });
    return true;
  },
};
