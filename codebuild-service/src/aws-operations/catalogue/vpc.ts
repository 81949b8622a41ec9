/** VPC: networks, subnets, routes and gateways. All of it only reads: networks are made by infrastructure code. */
import { z } from 'zod';
import { page } from '../console-link.js';
import { operation } from '../operation.js';
import { TagFilter, VpcId, VpcIds } from '../parameters.js';

const inVpc = z.strictObject({ vpc_id: VpcId.optional(), ...TagFilter });

export const describeVpcs = operation({
  name: 'vpc.describe_vpcs',
  title: 'List VPCs',
  description: 'Private networks with their address ranges.',
  effect: 'read',
  parameters: z.strictObject({ vpc_ids: VpcIds.optional(), ...TagFilter }),
  permissions: ['ec2:DescribeVpcs'],
  columns: ['vpc_id', 'name', 'cidr', 'state', 'is_default'],
  paged: true,
  console: () => page('vpcconsole/home#vpcs:'),
  phrases: [
    'list vpcs',
    'show networks',
    'describe virtual private clouds',
    'default vpc',
    'what is the cidr of the vpc',
  ],
});
export const describeSubnets = operation({
  name: 'vpc.describe_subnets',
  title: 'List subnets',
  description: 'Subnets with range, zone and free addresses; of all VPCs or one.',
  effect: 'read',
  parameters: inVpc,
  permissions: ['ec2:DescribeSubnets'],
  columns: ['subnet_id', 'name', 'vpc_id', 'cidr', 'availability_zone', 'free_addresses', 'public_by_default', 'state'],
  paged: true,
  console: () => page('vpcconsole/home#subnets:'),
  phrases: ['list subnets', 'show subnets of vpc', 'free ip addresses in the subnet', 'public subnets'],
});
export const describeRouteTables = operation({
  name: 'vpc.describe_route_tables',
  title: 'List route tables',
  description: 'Where traffic of each subnet goes.',
  effect: 'read',
  parameters: inVpc,
  permissions: ['ec2:DescribeRouteTables'],
  columns: ['route_table_id', 'name', 'vpc_id', 'main', 'subnets', 'routes'],
  paged: true,
  console: () => page('vpcconsole/home#RouteTables:'),
  phrases: ['list route tables', 'show routes of vpc', 'routing table'],
});
export const describeInternetGateways = operation({
  name: 'vpc.describe_internet_gateways',
  title: 'List internet gateways',
  description: 'Gateways to the internet and the VPC that each is attached to.',
  effect: 'read',
  parameters: inVpc,
  permissions: ['ec2:DescribeInternetGateways'],
  columns: ['internet_gateway_id', 'name', 'vpc_id', 'state'],
  paged: true,
  console: () => page('vpcconsole/home#igws:'),
  phrases: ['list internet gateways', 'internet gateway of vpc', 'show igw'],
});
export const describeNatGateways = operation({
  name: 'vpc.describe_nat_gateways',
  title: 'List NAT gateways',
  description: 'Ways out for private subnets, with their public addresses; each is charged for by the hour.',
  effect: 'read',
  parameters: inVpc,
  permissions: ['ec2:DescribeNatGateways'],
  columns: ['nat_gateway_id', 'name', 'vpc_id', 'subnet_id', 'state', 'public_ip', 'created_at'],
  paged: true,
  console: () => page('vpcconsole/home#NatGateways:'),
  phrases: ['list nat gateways', 'show nat gateway', 'nat gateways of vpc'],
});
export const describeNetworkInterfaces = operation({
  name: 'vpc.describe_network_interfaces',
  title: 'List network interfaces',
  description: 'What holds which address in which subnet: the way to find what an address belongs to.',
  effect: 'read',
  parameters: inVpc,
  permissions: ['ec2:DescribeNetworkInterfaces'],
  columns: [
    'network_interface_id',
    'name',
    'status',
    'private_ip',
    'public_ip',
    'vpc_id',
    'subnet_id',
    'instance_id',
    'description',
  ],
  paged: true,
  console: () => page('ec2/home#NIC:'),
  phrases: ['list network interfaces', 'show enis', 'who has this ip address', 'elastic network interface'],
});

export const vpcOperations = [
  describeVpcs,
  describeSubnets,
  describeRouteTables,
  describeInternetGateways,
  describeNatGateways,
  describeNetworkInterfaces,
];
