/**
 * List prices on demand in us-east-1, in USD without tax, as of the day named; nothing here asks AWS for newer ones. Other regions are
 * told by a factor, which is within a tenth for what is listed. Only what is charged by the hour, the month or the size set
 * in a plan: what is charged by use (requests, traffic, log volume, build minutes) depends on what is done with it.
 * The NAT gateway and the interface endpoint were compared with other people's pages of April 2026, which name the same; the
 * others were not compared again.
 */
export const PRICES_OF = '2025-06-01';
export const HOURS_A_MONTH = 730;

export const HOURLY = {
  eks_cluster: 0.1,
  nat_gateway: 0.045,
  /** For each zone it is in. */
  interface_endpoint: 0.01,
  public_ipv4: 0.005,
  load_balancer: 0.0225,
} as const;
export const MONTHLY = { kms_key: 1, secret: 0.4, gp3_gib: 0.08, gp2_gib: 0.1 } as const;

/** Linux, by the hour. */
export const INSTANCE_HOURLY: Readonly<Record<string, number>> = {
  't3.micro': 0.0104,
  't3.small': 0.0208,
  't3.medium': 0.0416,
  't3.large': 0.0832,
  't3.xlarge': 0.1664,
  't3.2xlarge': 0.3328,
  't3a.medium': 0.0376,
  't3a.large': 0.0752,
  't3a.xlarge': 0.1504,
  't4g.medium': 0.0336,
  't4g.large': 0.0672,
  't4g.xlarge': 0.1344,
  'm5.large': 0.096,
  'm5.xlarge': 0.192,
  'm5.2xlarge': 0.384,
  'm5a.large': 0.086,
  'm5a.xlarge': 0.172,
  'm6a.large': 0.0864,
  'm6a.xlarge': 0.1728,
  'm6a.2xlarge': 0.3456,
  'm6g.large': 0.077,
  'm6g.xlarge': 0.154,
  'm6i.large': 0.096,
  'm6i.xlarge': 0.192,
  'm6i.2xlarge': 0.384,
  'm6i.4xlarge': 0.768,
  'm7g.large': 0.0816,
  'm7g.xlarge': 0.1632,
  'm7i.large': 0.1008,
  'm7i.xlarge': 0.2016,
  'm7i.2xlarge': 0.4032,
  'c5.large': 0.085,
  'c5.xlarge': 0.17,
  'c6i.large': 0.085,
  'c6i.xlarge': 0.17,
  'c6i.2xlarge': 0.34,
  'r5.large': 0.126,
  'r6i.large': 0.126,
  'r6i.xlarge': 0.252,
};

export const REGION_FACTOR: Readonly<Record<string, number>> = {
  'us-east-1': 1,
  'us-east-2': 1,
  'us-west-2': 1,
  'us-west-1': 1.17,
  'ca-central-1': 1.11,
  'eu-west-1': 1.11,
  'eu-west-2': 1.16,
  'eu-west-3': 1.17,
  'eu-central-1': 1.2,
  'eu-north-1': 1.06,
  'ap-southeast-1': 1.25,
  'ap-southeast-2': 1.25,
  'ap-northeast-1': 1.29,
  'ap-south-1': 1.05,
  'sa-east-1': 1.59,
};

/** Resources that cost nothing themselves. */
export const FREE: ReadonlySet<string> = new Set([
  'aws_default_security_group',
  'aws_ecr_lifecycle_policy',
  'aws_eip_association',
  'aws_eks_access_entry',
  'aws_eks_access_policy_association',
  'aws_eks_addon',
  'aws_eks_pod_identity_association',
  'aws_flow_log',
  'aws_iam_instance_profile',
  'aws_iam_openid_connect_provider',
  'aws_iam_policy',
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_iam_role_policy_attachment',
  'aws_internet_gateway',
  'aws_kms_alias',
  'aws_launch_template',
  'aws_route',
  'aws_route_table',
  'aws_route_table_association',
  'aws_s3_bucket_lifecycle_configuration',
  'aws_s3_bucket_object_lock_configuration',
  'aws_s3_bucket_ownership_controls',
  'aws_s3_bucket_policy',
  'aws_s3_bucket_public_access_block',
  'aws_s3_bucket_server_side_encryption_configuration',
  'aws_s3_bucket_versioning',
  'aws_security_group',
  'aws_subnet',
  'aws_volume_attachment',
  'aws_vpc',
  'aws_vpc_security_group_egress_rule',
  'aws_vpc_security_group_ingress_rule',
  'terraform_data',
]);
/** Charged by use alone. */
export const BY_USE: Readonly<Record<string, string>> = {
  aws_cloudwatch_log_group: 'by the log lines taken in and kept',
  aws_dynamodb_table: 'by request and size',
  aws_ecr_repository: 'by the size of its images',
  aws_s3_bucket: 'by size, requests and traffic',
  aws_codebuild_project: 'by the minutes of its builds',
};
