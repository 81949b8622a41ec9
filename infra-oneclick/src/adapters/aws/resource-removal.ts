/** Takes one thing away that Kubernetes made. Safe to repeat. */
import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import type { Belongings, ClusterResource } from '../../ports/cloud-inventory.js';
import { awsCode, type AwsSession } from './aws-session.js';
import { clusterTag, tagsOf } from './cluster-tags.js';

type Resource = Pick<ClusterResource, 'kind' | 'id' | 'cluster'>;
const GONE = /NotFound|NoSuch/;
const IN_USE = /InUse|DependencyViolation|IncorrectState/;

export async function removeResource(
  aws: AwsSession,
  resource: Resource,
  own: Belongings,
  abortSignal: AbortSignal,
): Promise<'gone' | 'in_use'> {
  try {
    await remove(aws, resource, own, abortSignal);
    return 'gone';
  } catch (error) {
    const code = awsCode(error);
    if (GONE.test(code)) return 'gone';
    if (IN_USE.test(code) || (code === 'InvalidParameterValue' && /in use/.test(String(error)))) return 'in_use';
    throw error;
  }
}

async function remove(aws: AwsSession, resource: Resource, own: Belongings, abortSignal: AbortSignal): Promise<void> {
  const { kind, id } = resource;
  const options = { abortSignal };
  switch (kind) {
    case 'load_balancer': {
      const { DeleteLoadBalancerCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
      await (await aws.client('elbv2')).send(new DeleteLoadBalancerCommand({ LoadBalancerArn: id }), options);
      return;
    }
    case 'classic_load_balancer': {
      const { DeleteLoadBalancerCommand } = await import('@aws-sdk/client-elastic-load-balancing');
      await (await aws.client('elb')).send(new DeleteLoadBalancerCommand({ LoadBalancerName: id }), options);
      return;
    }
    case 'target_group': {
      const { DeleteTargetGroupCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2');
      await (await aws.client('elbv2')).send(new DeleteTargetGroupCommand({ TargetGroupArn: id }), options);
      return;
    }
    case 'network_interface': {
      const { DeleteNetworkInterfaceCommand } = await import('@aws-sdk/client-ec2');
      await (await aws.client('ec2')).send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }), options);
      return;
    }
    case 'volume': {
      const { DeleteVolumeCommand } = await import('@aws-sdk/client-ec2');
      await (await aws.client('ec2')).send(new DeleteVolumeCommand({ VolumeId: id }), options);
      return;
    }
    case 'security_group': {
      const { DeleteSecurityGroupCommand } = await import('@aws-sdk/client-ec2');
      await revokeRulesThatName(aws, resource, own, abortSignal);
      await (await aws.client('ec2')).send(new DeleteSecurityGroupCommand({ GroupId: id }), options);
    }
  }
}

/** A group that another one's rule names does not go. Rules of groups that are not this environment's are left. */
async function revokeRulesThatName(
  aws: AwsSession,
  { id, cluster }: Resource,
  own: Belongings,
  abortSignal: AbortSignal,
): Promise<void> {
  const { paginateDescribeSecurityGroups, RevokeSecurityGroupIngressCommand, RevokeSecurityGroupEgressCommand } =
    await import('@aws-sdk/client-ec2');
  const client = await aws.client('ec2');
  for (const way of ['ip-permission.group-id', 'egress.ip-permission.group-id']) {
    const asked = { Filters: [{ Name: way, Values: [id] }] };
    for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups({ client }, asked, { abortSignal }))
      for (const group of SecurityGroups.filter((one) => one.GroupId !== id && isOwn(one, cluster, own))) {
        const GroupId = group.GroupId ?? '';
        const ingress = way.startsWith('ip');
        const IpPermissions = onlyNaming(ingress ? group.IpPermissions : group.IpPermissionsEgress, id);
        if (IpPermissions.length === 0) continue;
        await (ingress
          ? client.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }), { abortSignal })
          : client.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions }), { abortSignal }));
      }
  }
}

/** EKS's own group of the cluster counts as well: its rules may be changed, though it is not ours to take away. */
function isOwn({ GroupId = '', Tags }: SecurityGroup, cluster: string, own: Belongings): boolean {
  const tags = tagsOf(Tags);
  return (
    own.managed.has(GroupId) || tags['aws:eks:cluster-name'] === cluster || clusterTag(tags, cluster, own) !== undefined
  );
}

const onlyNaming = (permissions: readonly IpPermission[] | undefined, id: string): IpPermission[] =>
  (permissions ?? []).flatMap(({ IpProtocol, FromPort, ToPort, UserIdGroupPairs = [] }) => {
    const pairs = UserIdGroupPairs.filter(({ GroupId }) => GroupId === id).map(({ GroupId, UserId }) => ({
      GroupId,
      UserId,
    }));
    return pairs.length === 0 ? [] : [{ IpProtocol, FromPort, ToPort, UserIdGroupPairs: pairs }];
  });
