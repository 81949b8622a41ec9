/** What a plan needs of an account's quotas, and the actions that Terraform takes there; derived from the plan. Pure. */
import type { PlanSummaryView } from '@aws-deployer/platform/contracts/infra';
import { DEFAULT_NODE } from '../plans/cost-estimate.js';
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
  aws_s3_object: ['s3:PutObject', 's3:DeleteObject'],
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
  'iam:GetAccountAuthorizationDetails',
  'iam:ListInstanceProfiles',
  'iam:ListInstanceProfileTags',
  'iam:ListOpenIDConnectProviders',
  'iam:ListOpenIDConnectProviderTags',
  'iam:ListPolicies',
  'iam:ListPolicyTags',
  'tag:GetResources',
];

/** Of what is made anew: an address, a VPC each. */
export function neededOf(kind: Exclude<QuotaKind, 'vcpus'>, summary: PlanSummaryView | null): number | null {
  if (summary === null || summary.more_changes > 0) return null;
  const type = kind === 'addresses' ? 'aws_eip' : 'aws_vpc';
  return summary.changes.filter((change) => change.action === 'create' && change.type === type).length;
}

/** Instances on demand that a plan adds. */
export interface AddedInstances {
  readonly type: string;
  readonly count: number;
  /** How many they may become by themselves. */
  readonly most: number;
}
/** null: the plan does not tell them all. What is spot counts elsewhere; what goes makes no room before it is gone. */
export function addedInstances(summary: PlanSummaryView | null): AddedInstances[] | null {
  if (summary === null || summary.more_changes > 0) return null;
  const added: AddedInstances[] = [];
  for (const change of summary.changes) {
    if (change.action !== 'create' && change.action !== 'update' && change.action !== 'replace') continue;
    const of = READERS[change.type];
    if (of === undefined) continue;
    const values = new Map(change.attributes.map((one) => [one.path, one]));
    const read = of(values, change.action === 'create');
    if (read === null) return null;
    if (read.count > 0 || read.most > 0) added.push(read);
  }
  return added;
}

type Attributes = ReadonlyMap<string, PlanSummaryView['changes'][number]['attributes'][number]>;
const NONE: AddedInstances = { type: '', count: 0, most: 0 };
const READERS: Readonly<Record<string, (values: Attributes, isNew: boolean) => AddedInstances | null>> = {
  aws_instance: (values, isNew) => {
    const type = values.get('instance_type');
    if (type === undefined) return isNew ? null : NONE; // what is not among the changes stays as it is
    if (values.get('instance_market_options')?.after != null) return NONE;
    return typeof type.after === 'string' ? { type: type.after, count: 1, most: 1 } : null;
  },
  aws_eks_node_group: (values, isNew) => {
    const [types, scaling, capacity] = ['instance_types', 'scaling_config', 'capacity_type'].map((path) =>
      values.get(path),
    );
    if (capacity?.after === 'SPOT') return NONE;
    if (!isNew && types === undefined && scaling === undefined) return NONE;
    // Without a type of its own a template may have one, which the plan of the group does not show.
    const named = Array.isArray(types?.after)
      ? types.after[0]
      : isNew && !values.has('launch_template')
        ? DEFAULT_NODE
        : null;
    if (typeof named !== 'string') return null;
    const [before, after] = [sizesOf(scaling?.before), sizesOf(scaling?.after)];
    if (after === undefined) return null;
    const add = (key: 'desired' | 'max'): number => Math.max(0, after[key] - (before?.[key] ?? 0));
    return { type: named, count: add('desired'), most: add('max') };
  },
};

function sizesOf(value: unknown): { desired: number; max: number } | undefined {
  const [first] = Array.isArray(value) ? (value as unknown[]) : [];
  const { desired_size: desired, max_size: max } = (first ?? {}) as Record<string, unknown>;
  return typeof desired === 'number' ? { desired, max: typeof max === 'number' ? max : desired } : undefined;
}

export function neededActions(summary: PlanSummaryView | null): string[] {
  const types = summary === null ? Object.keys(ACTIONS) : summary.changes.map(({ type }) => type);
  return [...new Set([...types.flatMap((type) => ACTIONS[type] ?? []), ...SWEEP_ACTIONS])].sort();
}
