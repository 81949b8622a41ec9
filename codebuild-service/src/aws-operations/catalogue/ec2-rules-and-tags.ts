/** EC2: rules of security groups, and tags. A rule that lets the whole internet in is refused but for web ports. */
import { z } from 'zod';
import { page } from '../console-link.js';
import { operation } from '../operation.js';
import { counted, GroupId, ResourceIds, TagKeys, Tags } from '../parameters.js';

const Cidr = z.union([z.cidrv4(), z.cidrv6()], 'must be a range of addresses such as 203.0.113.0/24');
const Port = z.number().int().min(0).max(65_535);
const rule = {
  group_id: GroupId,
  protocol: z.enum(['tcp', 'udp', 'icmp']).default('tcp'),
  from_port: Port.optional().describe('Of tcp and udp: the first port'),
  to_port: Port.optional().describe('The last port; absent: from_port alone'),
  cidr: Cidr.describe('Addresses, such as 203.0.113.0/24'),
};
type Rule = z.output<z.ZodObject<typeof rule>>;
const WEB_PORTS = [80, 443];
/** A range this wide is the internet, also when it is only half of it: two rules would open the rest. */
const isTheWorld = (cidr: string): boolean => Number(cidr.split('/')[1]) < (cidr.includes(':') ? 16 : 8);
const lastPort = ({ from_port, to_port }: Rule): number | undefined => to_port ?? from_port;

function checkPorts(rule: Rule, context: z.RefinementCtx): void {
  const refuse = (field: string, message: string, mend: string) =>
    context.addIssue({ code: 'custom', path: [field], message, params: { mend } });
  const { protocol, from_port, to_port } = rule;
  if (protocol !== 'icmp' && from_port === undefined)
    refuse('from_port', 'is missing', `give the port, or the first port, that the ${protocol} rule is for`);
  if (protocol === 'icmp' && (from_port !== undefined || to_port !== undefined))
    refuse('from_port', 'is not for icmp', 'leave the ports out');
  if (from_port !== undefined && to_port !== undefined && to_port < from_port)
    refuse('to_port', 'is lower than from_port', 'give the higher port as to_port');
}
function checkReach(rule: Rule, context: z.RefinementCtx): void {
  const { cidr, protocol, from_port } = rule;
  const web = protocol === 'tcp' && from_port === lastPort(rule) && WEB_PORTS.includes(from_port ?? -1);
  if (isTheWorld(cidr) && !web)
    context.addIssue({
      code: 'custom',
      path: ['cidr'],
      message: `would open this to the whole internet (${cidr}), which is allowed for the tcp ports 80 and 443 only`,
      params: { mend: 'name the addresses that need it, such as your office network or 10.0.0.0/8' },
    });
}
const ports = (rule: Rule): string => {
  const { protocol, from_port } = rule;
  if (from_port === undefined) return protocol;
  const last = lastPort(rule);
  return `${protocol} ${last === from_port ? `port ${from_port}` : `ports ${from_port} to ${last}`}`;
};
const groupsPage = ({ parameters: { group_id } }: { parameters: { group_id: string } }) =>
  page(`ec2/home#SecurityGroup:groupId=${group_id}`);

export const authorizeSecurityGroupIngress = operation({
  name: 'ec2.authorize_security_group_ingress',
  title: 'Open a port in a security group',
  description: 'Adds an inbound rule. The whole internet may be let in to the tcp ports 80 and 443 only.',
  effect: 'change',
  parameters: z
    .strictObject({ ...rule, description: z.string().max(255).optional() })
    .superRefine(checkPorts)
    .superRefine(checkReach),
  permissions: ['ec2:AuthorizeSecurityGroupIngress'],
  columns: ['rule_id', 'group_id', 'protocol', 'from_port', 'to_port', 'cidr'],
  paged: false,
  console: groupsPage,
  phrases: [
    'open port in security group',
    'allow traffic from address',
    'add inbound rule',
    'authorize ingress',
    'let in port',
  ],
  summary: (rule) => `Let ${rule.cidr} in to ${ports(rule)} in the security group ${rule.group_id}`,
});
export const revokeSecurityGroupIngress = operation({
  name: 'ec2.revoke_security_group_ingress',
  title: 'Close a port in a security group',
  description: 'Takes an inbound rule away; connections that come by it are refused from then on.',
  effect: 'change',
  parameters: z.strictObject(rule).superRefine(checkPorts),
  permissions: ['ec2:RevokeSecurityGroupIngress'],
  columns: ['group_id', 'protocol', 'from_port', 'to_port', 'cidr'],
  paged: false,
  console: groupsPage,
  phrases: [
    'close port in security group',
    'revoke inbound rule',
    'remove firewall rule',
    'block traffic from address',
    'revoke ingress',
  ],
  summary: (rule) => `No longer let ${rule.cidr} in to ${ports(rule)} in the security group ${rule.group_id}`,
});

export const createTags = operation({
  name: 'ec2.create_tags',
  title: 'Tag EC2 resources',
  description:
    'Sets tags on instances, volumes, networks and all else in EC2 that has an id; a tag of the same name is replaced.',
  effect: 'change',
  parameters: z.strictObject({ resources: ResourceIds, tags: Tags }),
  permissions: ['ec2:CreateTags'],
  columns: ['resource', 'key', 'value'],
  paged: false,
  console: () => page('ec2/home#Tags:'),
  phrases: ['tag instance', 'add tag to resource', 'set tags', 'label the volume with'],
  summary: ({ resources, tags }) =>
    `Tag ${counted(resources, 'resource')} with ${Object.entries(tags)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ')}`,
});
export const deleteTags = operation({
  name: 'ec2.delete_tags',
  title: 'Remove tags of EC2 resources',
  description: 'Takes tags off, whatever their value.',
  effect: 'change',
  parameters: z.strictObject({ resources: ResourceIds, tag_keys: TagKeys }),
  permissions: ['ec2:DeleteTags'],
  columns: ['resource', 'key'],
  paged: false,
  console: () => page('ec2/home#Tags:'),
  phrases: ['remove tag from instance', 'delete tags', 'untag', 'take the tag off'],
  summary: ({ resources, tag_keys }) => `Take ${counted(tag_keys, 'tag')} off ${counted(resources, 'resource')}`,
});
export const describeTags = operation({
  name: 'ec2.describe_tags',
  title: 'List tags of EC2 resources',
  description: 'Which tags are on what; all of them, or by resource or key.',
  effect: 'read',
  parameters: z.strictObject({ resources: ResourceIds.optional(), tag_key: z.string().min(1).max(128).optional() }),
  permissions: ['ec2:DescribeTags'],
  columns: ['resource', 'resource_type', 'key', 'value'],
  paged: true,
  console: () => page('ec2/home#Tags:'),
  phrases: ['list tags', 'show tags of instance', 'which tags are used', 'which resources carry the tag'],
});

export const ec2RuleAndTagOperations = [
  authorizeSecurityGroupIngress,
  revokeSecurityGroupIngress,
  createTags,
  deleteTags,
  describeTags,
];
