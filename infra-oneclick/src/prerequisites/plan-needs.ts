/** What a plan needs of an account's quotas, and the actions that Terraform takes there; derived from the plan. Pure. */
import type { PlanSummaryView } from '@aws-deployer/platform/contracts/infra';
import type { QuotaKind } from '../ports/account-facts.js';

/** Actions that making, changing and destroying a type takes; the types that the repository's environments are made of. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  aws_vpc: ['ec2:CreateVpc', 'ec2:ModifyVpcAttribute', 'ec2:DeleteVpc'],
  aws_subnet: ['ec2:CreateSubnet', 'ec2:DeleteSubnet'],
  aws_nat_gateway: ['ec2:CreateNatGateway', 'ec2:DeleteNatGateway'],
  aws_eip: ['ec2:AllocateAddress', 'ec2:ReleaseAddress'],
  aws_internet_gateway: ['ec2:CreateInternetGateway', 'ec2:AttachInternetGateway', 'ec2:DeleteInternetGateway'],
  aws_route_table: ['ec2:CreateRouteTable', 'ec2:CreateRoute', 'ec2:DeleteRouteTable'],
  aws_vpc_endpoint: ['ec2:CreateVpcEndpoint', 'ec2:DeleteVpcEndpoints'],
  aws_security_group: ['ec2:CreateSecurityGroup', 'ec2:DeleteSecurityGroup'],
  aws_instance: ['ec2:RunInstances', 'ec2:TerminateInstances'],
  aws_ebs_volume: ['ec2:CreateVolume', 'ec2:DeleteVolume'],
  aws_launch_template: ['ec2:CreateLaunchTemplate', 'ec2:DeleteLaunchTemplate'],
  aws_eks_cluster: ['eks:CreateCluster', 'eks:DeleteCluster', 'iam:PassRole'],
  aws_eks_node_group: ['eks:CreateNodegroup', 'eks:DeleteNodegroup'],
  aws_eks_addon: ['eks:CreateAddon', 'eks:DeleteAddon'],
  aws_iam_role: ['iam:CreateRole', 'iam:DeleteRole', 'iam:TagRole'],
  aws_iam_role_policy: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'],
  aws_iam_role_policy_attachment: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
  aws_iam_openid_connect_provider: ['iam:CreateOpenIDConnectProvider', 'iam:DeleteOpenIDConnectProvider'],
  aws_kms_key: ['kms:CreateKey', 'kms:ScheduleKeyDeletion'],
  aws_s3_bucket: ['s3:CreateBucket', 's3:DeleteBucket', 's3:PutBucketTagging'],
  aws_ecr_repository: ['ecr:CreateRepository', 'ecr:DeleteRepository'],
  aws_codebuild_project: ['codebuild:CreateProject', 'codebuild:DeleteProject'],
  aws_cloudwatch_log_group: ['logs:CreateLogGroup', 'logs:DeleteLogGroup'],
  aws_secretsmanager_secret: ['secretsmanager:CreateSecret', 'secretsmanager:DeleteSecret'],
};
/** What the sweep and the scan of a destroy take. */
const SWEEP_ACTIONS = [
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DeleteLoadBalancer',
  'elasticloadbalancing:DeleteTargetGroup',
  'ec2:DescribeVolumes',
  'ec2:DeleteVolume',
  'ec2:DeleteNetworkInterface',
  'ec2:DeleteSecurityGroup',
  'tag:GetResources',
];

/** Of what is made anew: an address, a VPC each. vCPUs need the sizes of instances, which the summary's attributes tell in part. */
export function neededOf(kind: QuotaKind, summary: PlanSummaryView | null): number | null {
  if (summary === null || summary.more_changes > 0) return null;
  const made = summary.changes.filter(({ action }) => action === 'create');
  const count = (type: string): number => made.filter((change) => change.type === type).length;
  if (kind === 'addresses') return count('aws_eip');
  if (kind === 'vpcs') return count('aws_vpc');
  return count('aws_instance') + count('aws_eks_node_group') === 0 ? 0 : null;
}

export function neededActions(summary: PlanSummaryView | null): string[] {
  const types = summary === null ? Object.keys(ACTIONS) : summary.changes.map(({ type }) => type);
  return [...new Set([...types.flatMap((type) => ACTIONS[type] ?? []), ...SWEEP_ACTIONS])].sort();
}
