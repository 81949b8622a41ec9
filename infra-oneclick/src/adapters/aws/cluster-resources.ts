/** Looks for what Kubernetes made in an account for one cluster. */
import type { Belongings, Cluster, ClusterResource, Tags } from '../../ports/cloud-inventory.js';
import type { AwsSession } from './aws-session.js';
import { clusterTag, keysToAskFor, tagsOf } from './cluster-tags.js';

interface Seen {
  readonly kind: ClusterResource['kind'];
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
  readonly heldByNode?: boolean;
}
/** Both load balancing APIs tell tags of at most so many at once. */
const TAGS_AT_ONCE = 20;

export async function clusterResources(
  aws: AwsSession,
  cluster: Cluster,
  own: Belongings,
  abortSignal: AbortSignal,
): Promise<ClusterResource[]> {
  const seen = [
    ...(await balancers(aws, abortSignal)),
    ...(await classicBalancers(aws, abortSignal)),
    ...(await ofEc2(aws, cluster.name, abortSignal)),
  ];
  return seen.flatMap(({ kind, id, name, tags, heldByNode = false }) => {
    const tag = clusterTag(tags, cluster.name, own);
    if (tag === undefined || own.managed.has(id)) return [];
    return [{ kind, id, name, region: cluster.region, cluster: cluster.name, tag, heldByNode }];
  });
}

async function balancers(aws: AwsSession, abortSignal: AbortSignal): Promise<Seen[]> {
  const { DescribeTagsCommand, paginateDescribeLoadBalancers, paginateDescribeTargetGroups } =
    await import('@aws-sdk/client-elastic-load-balancing-v2');
  const client = await aws.client('elbv2');
  const found: Omit<Seen, 'tags'>[] = [];
  for await (const { LoadBalancers = [] } of paginateDescribeLoadBalancers({ client }, {}, { abortSignal }))
    for (const { LoadBalancerArn: id = '', LoadBalancerName: name = '' } of LoadBalancers)
      found.push({ kind: 'load_balancer', id, name });
  for await (const { TargetGroups = [] } of paginateDescribeTargetGroups({ client }, {}, { abortSignal }))
    for (const { TargetGroupArn: id = '', TargetGroupName: name = '' } of TargetGroups)
      found.push({ kind: 'target_group', id, name });
  const tags = new Map<string, Tags>();
  for (const some of parts(found)) {
    const command = new DescribeTagsCommand({ ResourceArns: some.map(({ id }) => id) });
    const { TagDescriptions = [] } = await client.send(command, { abortSignal });
    for (const { ResourceArn = '', Tags: of } of TagDescriptions) tags.set(ResourceArn, tagsOf(of));
  }
  return found.map((one) => ({ ...one, tags: tags.get(one.id) ?? {} }));
}

async function classicBalancers(aws: AwsSession, abortSignal: AbortSignal): Promise<Seen[]> {
  const { DescribeTagsCommand, paginateDescribeLoadBalancers } = await import('@aws-sdk/client-elastic-load-balancing');
  const client = await aws.client('elb');
  const found: Seen[] = [];
  for await (const page of paginateDescribeLoadBalancers({ client }, {}, { abortSignal }))
    for (const some of parts(page.LoadBalancerDescriptions ?? [])) {
      const LoadBalancerNames = some.map(({ LoadBalancerName = '' }) => LoadBalancerName);
      const { TagDescriptions = [] } = await client.send(new DescribeTagsCommand({ LoadBalancerNames }), {
        abortSignal,
      });
      for (const { LoadBalancerName: name = '', Tags: of } of TagDescriptions)
        found.push({ kind: 'classic_load_balancer', id: name, name, tags: tagsOf(of) });
    }
  return found;
}

/** Asked key by key: stand-ins answer a filter of several keys otherwise than AWS. */
async function ofEc2(aws: AwsSession, cluster: string, abortSignal: AbortSignal): Promise<Seen[]> {
  const { paginateDescribeNetworkInterfaces, paginateDescribeSecurityGroups, paginateDescribeVolumes } =
    await import('@aws-sdk/client-ec2');
  const client = await aws.client('ec2');
  const found = new Map<string, Seen>();
  const holdsNode = async (groupId: string): Promise<boolean> => {
    const users = { Filters: [{ Name: 'group-id', Values: [groupId] }] };
    for await (const page of paginateDescribeNetworkInterfaces({ client }, users, { abortSignal }))
      if ((page.NetworkInterfaces ?? []).some(({ Attachment }) => Attachment?.InstanceId !== undefined)) return true;
    return false;
  };
  for (const key of keysToAskFor(cluster)) {
    const asked = { Filters: [{ Name: 'tag-key', Values: [key] }] };
    for await (const page of paginateDescribeNetworkInterfaces({ client }, asked, { abortSignal }))
      for (const {
        NetworkInterfaceId: id = '',
        Description: name = id,
        TagSet,
        Attachment,
      } of page.NetworkInterfaces ?? []) {
        const heldByNode = Attachment?.InstanceId !== undefined;
        found.set(id, { kind: 'network_interface', id, name, tags: tagsOf(TagSet), heldByNode });
      }
    for await (const page of paginateDescribeSecurityGroups({ client }, asked, { abortSignal }))
      for (const { GroupId: id = '', GroupName: name = '', Tags: of } of page.SecurityGroups ?? [])
        if (!found.has(id))
          found.set(id, { kind: 'security_group', id, name, tags: tagsOf(of), heldByNode: await holdsNode(id) });
    for await (const page of paginateDescribeVolumes({ client }, asked, { abortSignal }))
      for (const { VolumeId: id = '', State, Tags: of } of page.Volumes ?? []) {
        const tags = tagsOf(of);
        found.set(id, { kind: 'volume', id, name: tags['Name'] ?? id, tags, heldByNode: State === 'in-use' });
      }
  }
  return [...found.values()];
}

function* parts<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += TAGS_AT_ONCE) yield items.slice(from, from + TAGS_AT_ONCE);
}
