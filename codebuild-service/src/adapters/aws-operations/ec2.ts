/** EC2: instances, volumes, images, addresses, security groups. */
import type { IpPermission } from '@aws-sdk/client-ec2';
import * as declared from '../../aws-operations/catalogue/ec2.js';
import { carriedOut, filters, nameOf } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-ec2');

/** `tcp 443 from 10.0.0.0/8, sg-…` */
function rule({ IpProtocol, FromPort, ToPort, IpRanges, Ipv6Ranges, UserIdGroupPairs }: IpPermission): string {
  const ports =
    FromPort === undefined || FromPort === -1 ? '' : FromPort === ToPort ? ` ${FromPort}` : ` ${FromPort}-${ToPort}`;
  const others = [
    ...(IpRanges ?? []).map(({ CidrIp }) => CidrIp),
    ...(Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
    ...(UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
  ];
  return `${IpProtocol === '-1' ? 'all' : IpProtocol}${ports}: ${others.join(', ')}`;
}
const isOpen = ({ IpRanges, Ipv6Ranges }: IpPermission): boolean =>
  IpRanges?.some(({ CidrIp }) => CidrIp === '0.0.0.0/0') === true ||
  Ipv6Ranges?.some(({ CidrIpv6 }) => CidrIpv6 === '::/0') === true;

export const ec2Calls = [
  carriedOut(declared.describeInstances, async (call, { instance_ids, state, vpc_id, ...tag }) => {
    const { DescribeInstancesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeInstancesCommand({
          InstanceIds: instance_ids,
          Filters: filters({ 'instance-state-name': state, 'vpc-id': vpc_id }, tag),
          ...(instance_ids === undefined ? { MaxResults: call.pageSize(5, 1000), NextToken: call.token } : {}), // EC2 takes only one of the two
        }),
        options,
      ),
    );
    const rows = (from.Reservations ?? []).flatMap(({ Instances = [] }) =>
      Instances.map((instance) => ({
        instance_id: instance.InstanceId,
        name: nameOf(instance.Tags),
        state: instance.State?.Name,
        type: instance.InstanceType,
        private_ip: instance.PrivateIpAddress,
        public_ip: instance.PublicIpAddress,
        vpc_id: instance.VpcId,
        subnet_id: instance.SubnetId,
        availability_zone: instance.Placement?.AvailabilityZone,
        image_id: instance.ImageId,
        launched_at: instance.LaunchTime,
      })),
    );
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeInstanceStatus, async (call, { instance_ids }) => {
    const { DescribeInstanceStatusCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeInstanceStatusCommand({
          InstanceIds: instance_ids,
          ...(instance_ids === undefined ? { MaxResults: call.pageSize(5, 1000), NextToken: call.token } : {}),
        }),
        options,
      ),
    );
    const rows = (from.InstanceStatuses ?? []).map((status) => ({
      instance_id: status.InstanceId,
      state: status.InstanceState?.Name,
      system_status: status.SystemStatus?.Status,
      instance_status: status.InstanceStatus?.Status,
      events: (status.Events ?? []).map(({ Description }) => Description),
      availability_zone: status.AvailabilityZone,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.startInstances, async (call, { instance_ids }) => {
    const { StartInstancesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(new StartInstancesCommand({ InstanceIds: instance_ids }), options),
    );
    return { rows: (from.StartingInstances ?? []).map(stateChange), from };
  }),
  carriedOut(declared.stopInstances, async (call, { instance_ids }) => {
    const { StopInstancesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(new StopInstancesCommand({ InstanceIds: instance_ids }), options),
    );
    return { rows: (from.StoppingInstances ?? []).map(stateChange), from };
  }),
  carriedOut(declared.rebootInstances, async (call, { instance_ids }) => {
    const { RebootInstancesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(new RebootInstancesCommand({ InstanceIds: instance_ids }), options),
    );
    return { rows: instance_ids.map((instance_id) => ({ instance_id, state: 'rebooting' })), from };
  }),
  carriedOut(declared.terminateInstances, async (call, { instance_ids }) => {
    const { TerminateInstancesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(new TerminateInstancesCommand({ InstanceIds: instance_ids }), options),
    );
    return { rows: (from.TerminatingInstances ?? []).map(stateChange), from };
  }),
  carriedOut(declared.getConsoleOutput, async (call, { instance_id }) => {
    const { GetConsoleOutputCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(new GetConsoleOutputCommand({ InstanceId: instance_id }), options),
    );
    const output = Buffer.from(from.Output ?? '', 'base64').toString('utf8');
    return { rows: [{ instance_id, taken_at: from.Timestamp, output }], from };
  }),
  carriedOut(declared.describeVolumes, async (call, { volume_ids, instance_id, state, ...tag }) => {
    const { DescribeVolumesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeVolumesCommand({
          VolumeIds: volume_ids,
          Filters: filters({ 'attachment.instance-id': instance_id, status: state }, tag),
          ...(volume_ids === undefined ? { MaxResults: call.pageSize(5, 500), NextToken: call.token } : {}),
        }),
        options,
      ),
    );
    const rows = (from.Volumes ?? []).map((volume) => ({
      volume_id: volume.VolumeId,
      name: nameOf(volume.Tags),
      state: volume.State,
      size_gib: volume.Size,
      type: volume.VolumeType,
      encrypted: volume.Encrypted,
      instance_id: volume.Attachments?.[0]?.InstanceId,
      availability_zone: volume.AvailabilityZone,
      created_at: volume.CreateTime,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeSnapshots, async (call, { volume_id, ...tag }) => {
    const { DescribeSnapshotsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeSnapshotsCommand({
          OwnerIds: ['self'],
          Filters: filters({ 'volume-id': volume_id }, tag),
          MaxResults: call.pageSize(5, 1000),
          NextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.Snapshots ?? []).map((snapshot) => ({
      snapshot_id: snapshot.SnapshotId,
      name: nameOf(snapshot.Tags),
      state: snapshot.State,
      volume_id: snapshot.VolumeId,
      size_gib: snapshot.VolumeSize,
      encrypted: snapshot.Encrypted,
      started_at: snapshot.StartTime,
      description: snapshot.Description,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(
    declared.createSnapshot,
    async (call, { volume_id, description }) => {
      const { CreateSnapshotCommand } = await sdk();
      const from = await call.send('ec2', (ec2, options) =>
        ec2.send(new CreateSnapshotCommand({ VolumeId: volume_id, Description: description }), options),
      );
      const row = {
        snapshot_id: from.SnapshotId,
        volume_id: from.VolumeId,
        state: from.State,
        size_gib: from.VolumeSize,
        started_at: from.StartTime,
      };
      return { rows: [row], from };
    },
    { once: true },
  ),
  carriedOut(declared.describeImages, async (call, { image_ids, ...tag }) => {
    const { DescribeImagesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeImagesCommand({
          Filters: filters({}, tag),
          ...(image_ids === undefined
            ? { Owners: ['self'], MaxResults: call.pageSize(1, 1000), NextToken: call.token }
            : { ImageIds: image_ids }),
        }),
        options,
      ),
    );
    const rows = (from.Images ?? []).map((image) => ({
      image_id: image.ImageId,
      name: image.Name,
      state: image.State,
      architecture: image.Architecture,
      platform: image.PlatformDetails,
      owner: image.OwnerId,
      created_at: image.CreationDate,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeAddresses, async (call) => {
    const { DescribeAddressesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) => ec2.send(new DescribeAddressesCommand({}), options));
    const rows = (from.Addresses ?? []).map((address) => ({
      public_ip: address.PublicIp,
      allocation_id: address.AllocationId,
      instance_id: address.InstanceId,
      private_ip: address.PrivateIpAddress,
      network_interface_id: address.NetworkInterfaceId,
    }));
    return { rows, from };
  }),
  carriedOut(declared.describeKeyPairs, async (call) => {
    const { DescribeKeyPairsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) => ec2.send(new DescribeKeyPairsCommand({}), options));
    const rows = (from.KeyPairs ?? []).map((pair) => ({
      key_name: pair.KeyName,
      key_pair_id: pair.KeyPairId,
      type: pair.KeyType,
      fingerprint: pair.KeyFingerprint,
      created_at: pair.CreateTime,
    }));
    return { rows, from };
  }),
  carriedOut(declared.describeRegions, async (call) => {
    const { DescribeRegionsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) => ec2.send(new DescribeRegionsCommand({}), options));
    const rows = (from.Regions ?? []).map((region) => ({
      region: region.RegionName,
      endpoint: region.Endpoint,
      opt_in_status: region.OptInStatus,
    }));
    return { rows, from };
  }),
  carriedOut(declared.describeSecurityGroups, async (call, { group_ids, vpc_id, ...tag }) => {
    const { DescribeSecurityGroupsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeSecurityGroupsCommand({
          GroupIds: group_ids,
          Filters: filters({ 'vpc-id': vpc_id }, tag),
          ...(group_ids === undefined ? { MaxResults: call.pageSize(5, 1000), NextToken: call.token } : {}),
        }),
        options,
      ),
    );
    const rows = (from.SecurityGroups ?? []).map((group) => ({
      group_id: group.GroupId,
      name: group.GroupName,
      vpc_id: group.VpcId,
      inbound: (group.IpPermissions ?? []).map(rule),
      outbound: (group.IpPermissionsEgress ?? []).map(rule),
      open_to_the_world: (group.IpPermissions ?? []).some(isOpen),
      description: group.Description,
    }));
    return { rows, next: from.NextToken, from };
  }),
];

interface StateChange {
  readonly InstanceId?: string | undefined;
  readonly PreviousState?: { readonly Name?: string | undefined } | undefined;
  readonly CurrentState?: { readonly Name?: string | undefined } | undefined;
}
const stateChange = ({ InstanceId, PreviousState, CurrentState }: StateChange) => ({
  instance_id: InstanceId,
  previous_state: PreviousState?.Name,
  state: CurrentState?.Name,
});
