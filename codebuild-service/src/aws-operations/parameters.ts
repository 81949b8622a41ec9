/**
 * The parameters that operations share, each with its shape. Their names are AWS's own in snake case, so that the words of
 * its documentation work. What is asked for by name is checked by shape before anything goes to AWS.
 */
import { z } from 'zod';

const id = (prefix: string, what: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `must be the id of ${what}, such as ${prefix}-0123456789abcdef0`);
const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).min(1).max(100);

export const InstanceId = id('i', 'an EC2 instance');
export const InstanceIds = listOf(InstanceId);
export const VpcId = id('vpc', 'a VPC');
export const VpcIds = listOf(VpcId);
export const SubnetId = id('subnet', 'a subnet');
export const GroupId = id('sg', 'a security group');
export const GroupIds = listOf(GroupId);
export const VolumeIds = listOf(id('vol', 'an EBS volume'));
export const VolumeId = id('vol', 'an EBS volume');
export const ImageIds = listOf(id('ami', 'a machine image'));
/** Whatever in EC2 can carry tags. */
export const ResourceIds = listOf(
  z
    .string()
    .regex(/^[a-z]{1,12}-[0-9a-f]{8,17}$/, 'must be an EC2 id, such as i-0123456789abcdef0 or vpc-0123456789abcdef0'),
);

const TagKey = z
  .string()
  .min(1)
  .max(128)
  .refine((key) => !/^aws:/i.test(key), 'must not begin with aws:, which AWS keeps for itself');
export const Tags = z.record(TagKey, z.string().max(256)).refine((tags) => {
  const count = Object.keys(tags).length;
  return count >= 1 && count <= 50;
}, 'must name 1 to 50 tags');
export const TagKeys = listOf(TagKey);
export const TagFilter = {
  tag_key: z.string().min(1).max(128).optional().describe('Only what carries this tag'),
  tag_value: z.string().max(256).optional().describe('With tag_key: only where the tag has this value'),
};

export const BucketName = z
  .string()
  .regex(
    /^(?!xn--|\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens',
  );
export const ObjectKey = z.string().min(1).max(1024);
export const RepositoryName = z
  .string()
  .max(256)
  .regex(/^[a-z0-9]+([._/-][a-z0-9]+)*$/, 'must be the name of an ECR repository, such as team/shop');
export const ImageDigest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');

const named = (what: string, characters: string, most: number) =>
  z
    .string()
    .max(most)
    .regex(new RegExp(`^[${characters}]+$`), `must be the name of ${what}`);
export const ClusterName = named('an EKS cluster', '0-9A-Za-z_-', 100);
export const NodegroupName = named('a node group', '0-9A-Za-z_-', 63);
export const UserName = named('an IAM user', '\\w+=,.@-', 64);
export const RoleName = named('an IAM role', '\\w+=,.@-', 64);
export const AccessKeyId = z
  .string()
  .regex(/^[A-Z0-9]{16,128}$/, 'must be an access key id, such as AKIA and 16 more capitals and digits');
export const LogGroupName = named('a log group', '\\w./#-', 512);
export const LogStreamName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^:*]+$/, 'must be the name of a log stream, without : and *');
export const DbInstanceIdentifier = z
  .string()
  .max(63)
  .regex(/^[A-Za-z](-?[A-Za-z0-9])*$/, 'must be the identifier of an RDS instance: letters, digits and single hyphens');
export const DbSnapshotIdentifier = z
  .string()
  .max(255)
  .regex(/^[A-Za-z](-?[A-Za-z0-9])*$/, 'must be letters, digits and single hyphens, beginning with a letter');
export const FunctionName = z
  .string()
  .max(170)
  .regex(
    /^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,64}$/,
    'must be the name or the ARN of a Lambda function',
  );
export const StackName = z
  .string()
  .max(300)
  .regex(/^([A-Za-z][A-Za-z0-9-]{0,127}|arn:aws[a-z-]*:cloudformation:.+)$/, 'must be the name or the ARN of a stack');
export const SecretId = z
  .string()
  .max(2048)
  .regex(/^[\w/+=.@:-]+$/, 'must be the name or the ARN of a secret');
export const ProjectName = z.string().regex(/^[A-Za-z0-9][\w-]{1,254}$/, 'must be the name of a CodeBuild project');

/** What CloudWatch Logs takes for a retention; `never` is asked for by leaving events to live for ever. */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;
export const RetentionDays = z
  .number()
  .int()
  .refine(
    (days) => (RETENTION_DAYS as readonly number[]).includes(days),
    `must be one of the numbers of days that AWS knows: ${RETENTION_DAYS.join(', ')}`,
  );
export const NodeCount = z.number().int().min(0).max(450);

/** A list in a sentence: the first few by name. */
export const listed = (things: readonly string[]): string =>
  things.length <= 5 ? things.join(', ') : `${things.slice(0, 5).join(', ')} and ${things.length - 5} more`;
export const counted = (things: readonly string[], one: string): string =>
  `${things.length === 1 ? `the ${one}` : `the ${things.length} ${one}s`} ${listed(things)}`;
