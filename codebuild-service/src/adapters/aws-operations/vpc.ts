/** VPC: networks, subnets, routes and gateways, which AWS serves by its EC2 interface. */
import * as declared from '../../aws-operations/catalogue/vpc.js';
import { carriedOut, filters, nameOf } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-ec2');

export const vpcCalls = [
  carriedOut(declared.describeVpcs, async (call, { vpc_ids, ...tag }) => {
    const { DescribeVpcsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeVpcsCommand({
          VpcIds: vpc_ids,
          Filters: filters({}, tag),
          ...(vpc_ids === undefined ? { MaxResults: call.pageSize(5, 1000), NextToken: call.token } : {}), // EC2 takes only one of the two
        }),
        options,
      ),
    );
    const rows = (from.Vpcs ?? []).map((vpc) => ({
      vpc_id: vpc.VpcId,
      name: nameOf(vpc.Tags),
      cidr: vpc.CidrBlock,
      state: vpc.State,
      is_default: vpc.IsDefault,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeSubnets, async (call, { vpc_id, ...tag }) => {
    const { DescribeSubnetsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeSubnetsCommand({
          Filters: filters({ 'vpc-id': vpc_id }, tag),
          MaxResults: call.pageSize(5, 1000),
          NextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.Subnets ?? []).map((subnet) => ({
      subnet_id: subnet.SubnetId,
      name: nameOf(subnet.Tags),
      vpc_id: subnet.VpcId,
      cidr: subnet.CidrBlock,
      availability_zone: subnet.AvailabilityZone,
      free_addresses: subnet.AvailableIpAddressCount,
      public_by_default: subnet.MapPublicIpOnLaunch,
      state: subnet.State,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeRouteTables, async (call, { vpc_id, ...tag }) => {
    const { DescribeRouteTablesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeRouteTablesCommand({
          Filters: filters({ 'vpc-id': vpc_id }, tag),
          MaxResults: call.pageSize(5, 100),
          NextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.RouteTables ?? []).map((table) => ({
      route_table_id: table.RouteTableId,
      name: nameOf(table.Tags),
      vpc_id: table.VpcId,
      main: (table.Associations ?? []).some(({ Main }) => Main === true),
      subnets: (table.Associations ?? []).flatMap(({ SubnetId }) => SubnetId ?? []),
      routes: (table.Routes ?? []).map((route) => {
        const to = route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock ?? route.DestinationPrefixListId;
        const by =
          route.GatewayId ??
          route.NatGatewayId ??
          route.TransitGatewayId ??
          route.VpcPeeringConnectionId ??
          route.NetworkInterfaceId;
        return `${to} by ${by}`;
      }),
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeInternetGateways, async (call, { vpc_id, ...tag }) => {
    const { DescribeInternetGatewaysCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeInternetGatewaysCommand({
          Filters: filters({ 'attachment.vpc-id': vpc_id }, tag),
          MaxResults: call.pageSize(5, 1000),
          NextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.InternetGateways ?? []).map((gateway) => ({
      internet_gateway_id: gateway.InternetGatewayId,
      name: nameOf(gateway.Tags),
      vpc_id: gateway.Attachments?.[0]?.VpcId,
      state: gateway.Attachments?.[0]?.State ?? 'detached',
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeNatGateways, async (call, { vpc_id, ...tag }) => {
    const { DescribeNatGatewaysCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeNatGatewaysCommand({
          Filter: filters({ 'vpc-id': vpc_id }, tag),
          MaxResults: call.pageSize(5, 1000),
          NextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.NatGateways ?? []).map((gateway) => ({
      nat_gateway_id: gateway.NatGatewayId,
      name: nameOf(gateway.Tags),
      vpc_id: gateway.VpcId,
      subnet_id: gateway.SubnetId,
      state: gateway.State,
      public_ip: gateway.NatGatewayAddresses?.[0]?.PublicIp,
      created_at: gateway.CreateTime,
    }));
    return { rows, next: from.NextToken, from };
  }),
  carriedOut(declared.describeNetworkInterfaces, async (call, { vpc_id, ...tag }) => {
    const { DescribeNetworkInterfacesCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeNetworkInterfacesCommand({
          Filters: filters({ 'vpc-id': vpc_id }, tag),
          MaxResults: call.pageSize(5, 1000),
          NextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.NetworkInterfaces ?? []).map((card) => ({
      network_interface_id: card.NetworkInterfaceId,
      name: nameOf(card.TagSet),
      status: card.Status,
      private_ip: card.PrivateIpAddress,
      public_ip: card.Association?.PublicIp,
      vpc_id: card.VpcId,
      subnet_id: card.SubnetId,
      instance_id: card.Attachment?.InstanceId,
      description: card.Description,
    }));
    return { rows, next: from.NextToken, from };
  }),
];
