import { expect, test } from 'vitest';
import { parametersFrom } from '../mission/aws-operation-parameters.js';
import { OPERATIONS } from './catalogue/all.js';
import { nearest, operationCalled } from './operation-names.js';
import { knownOperation } from './operation-list.js';

test.each([
  ['describe_instances', 'ec2.describe_instances'],
  ['DescribeInstances', 'ec2.describe_instances'],
  ['describeInstances', 'ec2.describe_instances'],
  ['describe-instances', 'ec2.describe_instances'],
  ['ec2:DescribeInstances', 'ec2.describe_instances'],
  ['ec2.describe_instances', 'ec2.describe_instances'],
  ['ec2 describe-instances', 'ec2.describe_instances'],
  ['ec2:DescribeVpcs', 'vpc.describe_vpcs'],
  ['DescribeVpcs', 'vpc.describe_vpcs'],
  ['list_buckets', 's3.list_buckets'],
  ['ListObjectsV2', 's3.list_objects'],
  ['s3api list-buckets', 's3.list_buckets'],
  ['DescribeDBInstances', 'rds.describe_db_instances'],
  ['logs:DescribeLogGroups', 'logs.describe_log_groups'],
  ['sts:GetCallerIdentity', 'sts.get_caller_identity'],
  ['ListStacks', 'cloudformation.describe_stacks'],
  ['ecr:ListImages', 'ecr.describe_images'],
  ['lambda:InvokeFunction', undefined],
])('%s is %s', (called, name) => {
  if (name === undefined) expect(() => operationCalled(called)).toThrow(/no operation/);
  else expect(operationCalled(called).name).toBe(name);
});

test('each operation is found by its own name and by that of AWS', () => {
  for (const operation of OPERATIONS) {
    expect(operationCalled(operation.name)).toBe(operation);
    const [service, verb = ''] = operation.name.split('.');
    const pascal = verb.replace(/(^|_)(.)/g, (_, __, letter: string) => letter.toUpperCase());
    expect(operationCalled(`${service}:${pascal}`)).toBe(operation);
  }
});

test('an unknown one names the nearest, an ambiguous one all', () => {
  expect(() => operationCalled('describe_instanses')).toThrowError(
    expect.objectContaining({
      code: 'operation_unknown',
      fields: [
        expect.objectContaining({ field: 'operation', mend: expect.stringContaining('ec2.describe_instances') }),
      ],
    }),
  );
  expect(nearest('list_bucket')[0]?.name).toBe('s3.list_buckets');
  expect(() => operationCalled('DescribeImages')).toThrowError(
    expect.objectContaining({
      code: 'operation_ambiguous',
      fields: [expect.objectContaining({ mend: 'say which: ec2.describe_images or ecr.describe_images' })],
    }),
  );
});

test('parameters are taken in every spelling, one where a list is meant, figures as text, and nested', () => {
  const instances = knownOperation('ec2.stop_instances');
  for (const fields of [
    { InstanceIds: ['i-0123456789abcdef0'] },
    { instanceIds: ['i-0123456789abcdef0'] },
    { instance_ids: 'i-0123456789abcdef0' },
    { instance_id: 'i-0123456789abcdef0' },
    { InstanceId: 'i-0123456789abcdef0' },
    { parameters: { InstanceIds: 'i-0123456789abcdef0' } },
  ])
    expect(parametersFrom(fields, instances)).toEqual({ instance_ids: ['i-0123456789abcdef0'] });
  expect(
    parametersFrom({ LogGroupName: '/a', retentionInDays: '30' }, knownOperation('logs.put_retention_policy')),
  ).toEqual({ log_group_name: '/a', retention_in_days: 30 });
  expect(parametersFrom({ name: 'prod' }, knownOperation('eks.describe_cluster'))).toEqual({ cluster_name: 'prod' });
  expect(parametersFrom({ command: 'rm -rf /' }, instances)).toEqual({ command: 'rm -rf /' });
});
