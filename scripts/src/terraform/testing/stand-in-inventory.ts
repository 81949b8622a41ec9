/**
 * Everything that lies in the account of a stand-in for AWS, by kind and name: what a destroy must bring back to what it was.
 *
 * It is asked by the Python that runs moto, whose own client library knows every service. What AWS itself keeps for a while
 * after its end (terminated instances, deleted NAT gateways, keys that wait for their deletion) is over and not listed.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findMotoPython } from '@aws-deployer/platform/testing/moto';

/** Each line: what is asked, where the things are in the answer, what names one, and which count. */
const INVENTORY = `
import json, sys, boto3
client = lambda service: boto3.client(service, endpoint_url=sys.argv[1], region_name='us-east-1',
                                      aws_access_key_id='test', aws_secret_access_key='test')
every = lambda thing: True
vpcs = {one['VpcId'] for one in client('ec2').describe_vpcs()['Vpcs']}
# A VPC takes what is only in it along; moto goes on showing some of that.
in_vpc = lambda one: one['VpcId'] in vpcs
KINDS = [
  ('ec2', 'describe_vpcs', 'Vpcs', 'VpcId', every),
  ('ec2', 'describe_subnets', 'Subnets', 'SubnetId', every),
  ('ec2', 'describe_internet_gateways', 'InternetGateways', 'InternetGatewayId', every),
  ('ec2', 'describe_nat_gateways', 'NatGateways', 'NatGatewayId', lambda one: one['State'] not in ('deleting', 'deleted')),
  ('ec2', 'describe_addresses', 'Addresses', 'AllocationId', every),
  ('ec2', 'describe_route_tables', 'RouteTables', 'RouteTableId', every),
  ('ec2', 'describe_network_acls', 'NetworkAcls', 'NetworkAclId', in_vpc),
  ('ec2', 'describe_security_groups', 'SecurityGroups', 'GroupId', every),
  ('ec2', 'describe_vpc_endpoints', 'VpcEndpoints', 'VpcEndpointId', lambda one: one['State'].lower() != 'deleted'),
  ('ec2', 'describe_flow_logs', 'FlowLogs', 'FlowLogId', every),
  ('ec2', 'describe_launch_templates', 'LaunchTemplates', 'LaunchTemplateId', every),
  ('ec2', 'describe_network_interfaces', 'NetworkInterfaces', 'NetworkInterfaceId', in_vpc),
  ('ec2', 'describe_volumes', 'Volumes', 'VolumeId', every),
  ('autoscaling', 'describe_auto_scaling_groups', 'AutoScalingGroups', 'AutoScalingGroupName', every),
  ('elbv2', 'describe_load_balancers', 'LoadBalancers', 'LoadBalancerArn', every),
  ('iam', 'list_roles', 'Roles', 'RoleName', every),
  ('iam', 'list_instance_profiles', 'InstanceProfiles', 'InstanceProfileName', every),
  ('iam', 'list_open_id_connect_providers', 'OpenIDConnectProviderList', 'Arn', every),
  ('kms', 'list_aliases', 'Aliases', 'AliasName', every),
  ('logs', 'describe_log_groups', 'logGroups', 'logGroupName', every),
  ('s3', 'list_buckets', 'Buckets', 'Name', every),
  ('ecr', 'describe_repositories', 'repositories', 'repositoryName', every),
  ('secretsmanager', 'list_secrets', 'SecretList', 'Name', every),
]
found = []
for service, call, where, name, counts in KINDS:
  api = client(service)
  pages = api.get_paginator(call).paginate() if api.can_paginate(call) else [getattr(api, call)()]
  found += [f'{service} {where} {one[name]}' for page in pages for one in page.get(where, []) if counts(one)]
found += [f'eks cluster {name}' for name in client('eks').list_clusters()['clusters']]
found += [f'dynamodb table {name}' for name in client('dynamodb').list_tables()['TableNames']]
found += ['ec2 instance ' + one['InstanceId'] for group in client('ec2').describe_instances()['Reservations']
          for one in group['Instances'] if one['State']['Name'] != 'terminated']
kms = client('kms')
keys = [kms.describe_key(KeyId=one['KeyId'])['KeyMetadata'] for one in kms.list_keys()['Keys']]
found += [f'kms key {key["KeyId"]}' for key in keys if key['KeyState'] != 'PendingDeletion']
print(json.dumps(sorted(found)))
`;

/** Security group rules that let the whole internet through, as `sg-1 ingress tcp 22-22`; `-1` stands for all. */
const OPEN_TO_ALL = `
import json, sys, boto3
ec2 = boto3.client('ec2', endpoint_url=sys.argv[1], region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test')
vpc = [{'Name': 'vpc-id', 'Values': [sys.argv[2]]}]
print(json.dumps([
  f"{group['GroupName']} {way} {rule['IpProtocol']} {rule.get('FromPort', -1)}-{rule.get('ToPort', -1)}"
  for group in ec2.describe_security_groups(Filters=vpc)['SecurityGroups']
  for way, rules in (('ingress', group['IpPermissions']), ('egress', group['IpPermissionsEgress']))
  for rule in rules
  if any(one['CidrIp'] == '0.0.0.0/0' for one in rule.get('IpRanges', [])) or any(one['CidrIpv6'] == '::/0' for one in rule.get('Ipv6Ranges', []))
]))
`;

async function ask(question: string, ...args: readonly string[]): Promise<string[]> {
  const python = await findMotoPython();
  if (python === null) throw new Error("No python3 on the PATH can import moto: pip install 'moto[server]'");
  const { stdout } = await promisify(execFile)(python, ['-c', question, ...args], { timeout: 300_000, maxBuffer: 1e8 });
  return JSON.parse(stdout) as string[];
}

export const inventory = (url: string): Promise<string[]> => ask(INVENTORY, url);
export const openToAll = (url: string, vpcId: string): Promise<string[]> => ask(OPEN_TO_ALL, url, vpcId);
