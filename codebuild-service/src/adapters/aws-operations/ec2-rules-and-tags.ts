/** EC2: rules of security groups, and tags. */
import type { z } from 'zod';
import * as declared from '../../aws-operations/catalogue/ec2-rules-and-tags.js';
import { carriedOut, filters } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-ec2');

type Rule = z.output<typeof declared.revokeSecurityGroupIngress.parameters>;
const portsOf = ({ protocol, from_port, to_port }: Rule) =>
  protocol === 'icmp' ? { FromPort: -1, ToPort: -1 } : { FromPort: from_port, ToPort: to_port ?? from_port };
const permissionOf = (rule: Rule, description?: string) => ({
  IpProtocol: rule.protocol,
  ...portsOf(rule),
  ...(rule.cidr.includes(':')
    ? { Ipv6Ranges: [{ CidrIpv6: rule.cidr, Description: description }] }
    : { IpRanges: [{ CidrIp: rule.cidr, Description: description }] }),
});

export const ec2RuleAndTagCalls = [
  carriedOut(declared.authorizeSecurityGroupIngress, async (call, { description, ...rule }) => {
    const { AuthorizeSecurityGroupIngressCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: rule.group_id,
          IpPermissions: [permissionOf(rule, description)],
        }),
        options,
      ),
    );
    const rows = (from.SecurityGroupRules ?? []).map((made) => ({
      rule_id: made.SecurityGroupRuleId,
      group_id: made.GroupId,
      protocol: made.IpProtocol,
      from_port: made.FromPort,
      to_port: made.ToPort,
      cidr: made.CidrIpv4 ?? made.CidrIpv6,
    }));
    return { rows, from };
  }),
  carriedOut(declared.revokeSecurityGroupIngress, async (call, rule) => {
    const { RevokeSecurityGroupIngressCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new RevokeSecurityGroupIngressCommand({ GroupId: rule.group_id, IpPermissions: [permissionOf(rule)] }),
        options,
      ),
    );
    const { FromPort, ToPort } = portsOf(rule);
    const row = {
      group_id: rule.group_id,
      protocol: rule.protocol,
      from_port: FromPort,
      to_port: ToPort,
      cidr: rule.cidr,
    };
    return { rows: [row], from };
  }),
  carriedOut(declared.createTags, async (call, { resources, tags }) => {
    const { CreateTagsCommand } = await sdk();
    const pairs = Object.entries(tags);
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new CreateTagsCommand({ Resources: resources, Tags: pairs.map(([Key, Value]) => ({ Key, Value })) }),
        options,
      ),
    );
    return { rows: resources.flatMap((resource) => pairs.map(([key, value]) => ({ resource, key, value }))), from };
  }),
  carriedOut(declared.deleteTags, async (call, { resources, tag_keys }) => {
    const { DeleteTagsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(new DeleteTagsCommand({ Resources: resources, Tags: tag_keys.map((Key) => ({ Key })) }), options),
    );
    return { rows: resources.flatMap((resource) => tag_keys.map((key) => ({ resource, key }))), from };
  }),
  carriedOut(declared.describeTags, async (call, { resources, tag_key }) => {
    const { DescribeTagsCommand } = await sdk();
    const from = await call.send('ec2', (ec2, options) =>
      ec2.send(
        new DescribeTagsCommand({
          Filters: [
            ...(filters({ key: tag_key }) ?? []),
            ...(resources === undefined ? [] : [{ Name: 'resource-id', Values: resources }]),
          ],
          MaxResults: call.pageSize(5, 1000),
          NextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.Tags ?? []).map((tag) => ({
      resource: tag.ResourceId,
      resource_type: tag.ResourceType,
      key: tag.Key,
      value: tag.Value,
    }));
    return { rows, next: from.NextToken, from };
  }),
];
