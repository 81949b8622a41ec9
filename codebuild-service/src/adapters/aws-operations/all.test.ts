/** Every operation that moto knows, carried out for real; those that it does not know are named at the end. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkedParameters } from '../../aws-operations/parameter-check.js';
import { OPERATIONS, operationNamed } from '../../aws-operations/catalogue/all.js';
import type { OperationPage, OperationRow } from '../../ports/aws-operation-runner.js';
import type { AwsSession } from '../../ports/aws-session.js';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { AwsCaller } from '../aws/aws-caller.js';
import { AwsOperationRunner } from './all.js';

const session: AwsSession = {
  account: 'test',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret-for-moto' },
};
vi.setConfig({ testTimeout: 90_000 }); // many calls each, on a machine that runs other tests beside
const python = await findMotoPython();
if (python === null && process.env['CI'] === 'true') throw new Error('moto is missing');

describe.skipIf(python === null)('against moto', () => {
  let moto: Moto;
  let aws: AwsCaller;
  const seen = new Set<string>();
  beforeAll(async () => {
    moto = await startMoto();
    aws = new AwsCaller({ endpoint: moto.url, pathStyle: true });
  });
  afterAll(async () => {
    await aws.close();
    await moto.stop();
  });

  async function run(
    name: string,
    parameters: Record<string, unknown> = {},
    page: { limit?: number; token?: string | null } = {},
  ) {
    const operation = operationNamed(name);
    if (operation === undefined) throw new Error(`there is no ${name}`);
    const order = {
      operation: name,
      parameters: checkedParameters(operation, parameters),
      limit: 50,
      token: null,
      ...page,
    };
    const answer = await new AwsOperationRunner(aws).run(session, order, AbortSignal.timeout(20_000));
    for (const row of answer.rows) expect(Object.keys(row).sort()).toEqual([...operation.columns].sort());
    expect(() => JSON.stringify(answer.rows)).not.toThrow();
    seen.add(name);
    return answer;
  }
  const first = (answer: OperationPage): OperationRow => {
    const [row] = answer.rows;
    if (row === undefined) throw new Error('there are no rows');
    return row;
  };

  test('instances, and what hangs on them', async () => {
    const { EC2Client, RunInstancesCommand } = await import('@aws-sdk/client-ec2');
    const ec2 = new EC2Client({
      endpoint: moto.url,
      region: session.region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const one = { ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, InstanceType: 't3.micro' } as const;
    for (let made = 0; made < 7; made += 1) await ec2.send(new RunInstancesCommand(one));
    ec2.destroy();

    const page = await run('ec2.describe_instances', {}, { limit: 5 });
    expect(page.rows).toHaveLength(5);
    expect(page.requestId).toEqual(expect.any(String));
    const rest = await run('ec2.describe_instances', {}, { limit: 5, token: page.nextToken });
    expect(rest.rows).toHaveLength(2);
    expect(rest.nextToken).toBeNull();

    const { instance_id, vpc_id } = first(page);
    const instance_ids = [instance_id];
    expect(first(await run('ec2.stop_instances', { instance_ids }))).toMatchObject({
      instance_id,
      previous_state: 'running',
    });
    expect((await run('ec2.describe_instances', { state: 'stopped' })).rows).toHaveLength(1);
    expect(first(await run('ec2.start_instances', { instance_ids }))).toMatchObject({ instance_id });
    expect(first(await run('ec2.reboot_instances', { instance_ids }))).toMatchObject({
      instance_id,
      state: 'rebooting',
    });
    expect((await run('ec2.describe_instance_status', { instance_ids })).rows).toHaveLength(1);
    expect(first(await run('ec2.get_console_output', { instance_id })).output).toEqual(expect.any(String));

    await run('ec2.create_tags', { resources: instance_ids, tags: { Name: 'web', env: 'test' } });
    expect(first(await run('ec2.describe_instances', { tag_key: 'env', tag_value: 'test' }))).toMatchObject({
      instance_id,
      name: 'web',
    });
    expect((await run('ec2.describe_tags', { resources: instance_ids })).rows).toHaveLength(2);
    await run('ec2.delete_tags', { resources: instance_ids, tag_keys: ['env'] });
    expect((await run('ec2.describe_tags', { resources: instance_ids, tag_key: 'env' })).rows).toHaveLength(0);

    const volume = first(await run('ec2.describe_volumes', { instance_id }));
    expect(volume).toMatchObject({ state: 'in-use', instance_id });
    const snapshot = first(
      await run('ec2.create_snapshot', { volume_id: volume['volume_id'], description: 'by hand' }),
    );
    expect(first(await run('ec2.describe_snapshots', { volume_id: volume['volume_id'] })).snapshot_id).toBe(
      snapshot['snapshot_id'],
    );

    expect(first(await run('ec2.describe_images', { image_ids: ['ami-12c6146b'] }))).toMatchObject({
      image_id: 'ami-12c6146b',
    });
    for (const name of ['describe_addresses', 'describe_key_pairs', 'describe_regions']) await run(`ec2.${name}`);

    expect((await run('vpc.describe_vpcs', { vpc_ids: [vpc_id] })).rows).toHaveLength(1);
    expect((await run('vpc.describe_subnets', { vpc_id })).rows.length).toBeGreaterThan(0);
    expect(first(await run('vpc.describe_route_tables', { vpc_id })).routes).toEqual([
      expect.stringMatching(/ by local$/),
    ]);
    expect((await run('vpc.describe_network_interfaces', { vpc_id })).rows.length).toBeGreaterThan(0);
    for (const name of ['describe_internet_gateways', 'describe_nat_gateways']) await run(`vpc.${name}`, { vpc_id });

    expect(first(await run('ec2.terminate_instances', { instance_ids }))).toMatchObject({ instance_id });
  });

  test('rules of a security group', async () => {
    const group = (await run('ec2.describe_security_groups')).rows.find(({ name }) => name === 'default');
    const rule = { group_id: group?.['group_id'], from_port: 443, cidr: '0.0.0.0/0' };
    expect(first(await run('ec2.authorize_security_group_ingress', rule))).toMatchObject({
      from_port: 443,
      cidr: '0.0.0.0/0',
    });
    const groups = () => run('ec2.describe_security_groups', { group_ids: [rule.group_id] });
    expect(first(await groups())).toMatchObject({ open_to_the_world: true });
    await run('ec2.revoke_security_group_ingress', rule);
    expect(first(await groups())).toMatchObject({ open_to_the_world: false });
  });

  test('buckets and objects', async () => {
    const bucket = 'aws-deployer-operations';
    await run('s3.create_bucket', { bucket });
    expect((await run('s3.list_buckets', { prefix: 'aws-' })).rows.map((row) => row['bucket'])).toEqual([bucket]);
    await run('s3.put_bucket_versioning', { bucket, status: 'Enabled' });
    expect(first(await run('s3.get_bucket_versioning', { bucket }))).toMatchObject({ versioning: 'Enabled' });
    for (const key of ['a/1.txt', 'a/2.txt', 'b.txt']) await run('s3.put_object', { bucket, key, content: 'hello' });
    const page = await run('s3.list_objects', { bucket }, { limit: 2 });
    expect(page.rows.map(({ key }) => key)).toEqual(['a/1.txt', 'a/2.txt']);
    expect((await run('s3.list_objects', { bucket }, { limit: 2, token: page.nextToken })).rows).toHaveLength(1);
    expect(first(await run('s3.head_object', { bucket, key: 'b.txt' }))).toMatchObject({
      size_bytes: 5,
      content_type: 'text/plain',
    });
    expect(first(await run('s3.delete_object', { bucket, key: 'b.txt' }))).toMatchObject({
      key: 'b.txt',
      delete_marker: true,
    });
    await expect(run('s3.get_bucket_encryption', { bucket })).rejects.toMatchObject({ kind: 'not_found' });
    seen.add('s3.get_bucket_encryption');
    await expect(run('s3.get_public_access_block', { bucket })).rejects.toMatchObject({ kind: 'not_found' });
    seen.add('s3.get_public_access_block');
    await expect(run('s3.delete_bucket', { bucket })).rejects.toMatchObject({ kind: 'conflict' });
    await run('s3.create_bucket', { bucket: 'aws-deployer-empty' });
    await run('s3.delete_bucket', { bucket: 'aws-deployer-empty' });
  });

  test('repositories of images', async () => {
    const repository_name = 'team/shop';
    expect(first(await run('ecr.create_repository', { repository_name }))).toMatchObject({ repository_name });
    expect(first(await run('ecr.describe_repositories'))).toMatchObject({ repository_name, scan_on_push: true });
    const { ECRClient, PutImageCommand } = await import('@aws-sdk/client-ecr');
    const ecr = new ECRClient({
      endpoint: moto.url,
      region: session.region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const digest = `sha256:${'a'.repeat(64)}`;
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: 7, digest },
      layers: [],
    });
    await ecr.send(new PutImageCommand({ repositoryName: repository_name, imageManifest, imageTag: 'v1' }));
    ecr.destroy();
    expect(first(await run('ecr.describe_images', { repository_name })).tags).toEqual(['v1']);
    await expect(run('ecr.describe_image_scan_findings', { repository_name, image_tag: 'v1' })).rejects.toMatchObject({
      kind: 'not_found',
    });
    seen.add('ecr.describe_image_scan_findings');
    expect(first(await run('ecr.batch_delete_image', { repository_name, image_tag: 'v1' }))).toMatchObject({
      tag: 'v1',
    });
    await expect(run('ecr.batch_delete_image', { repository_name, image_tag: 'v9' })).rejects.toMatchObject({
      code: 'ecr_image_not_deleted',
    });
    await run('ecr.delete_repository', { repository_name });
  });

  test('clusters and node groups', async () => {
    const { EKSClient, CreateClusterCommand, CreateNodegroupCommand } = await import('@aws-sdk/client-eks');
    const eks = new EKSClient({
      endpoint: moto.url,
      region: session.region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const roleArn = 'arn:aws:iam::123456789012:role/eks';
    await eks.send(new CreateClusterCommand({ name: 'prod', roleArn, resourcesVpcConfig: {} }));
    await eks.send(
      new CreateNodegroupCommand({
        clusterName: 'prod',
        nodegroupName: 'workers',
        nodeRole: roleArn,
        subnets: ['subnet-0123456789abcdef0'],
        scalingConfig: { minSize: 1, desiredSize: 2, maxSize: 4 },
      }),
    );
    eks.destroy();
    expect((await run('eks.list_clusters')).rows).toEqual([{ cluster_name: 'prod' }]);
    expect(first(await run('eks.describe_cluster', { cluster_name: 'prod' }))).toMatchObject({ status: 'ACTIVE' });
    expect((await run('eks.list_nodegroups', { cluster_name: 'prod' })).rows).toEqual([{ nodegroup_name: 'workers' }]);
    const group = { cluster_name: 'prod', nodegroup_name: 'workers' };
    expect(first(await run('eks.describe_nodegroup', group))).toMatchObject({ desired_size: 2, max_size: 4 });
    await expect(run('eks.describe_cluster', { cluster_name: 'none' })).rejects.toMatchObject({ kind: 'not_found' });
  });

  test('users, roles and access keys', async () => {
    const { IAMClient, CreateUserCommand, CreateRoleCommand, CreateAccessKeyCommand } =
      await import('@aws-sdk/client-iam');
    const iam = new IAMClient({
      endpoint: moto.url,
      region: session.region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    await iam.send(new CreateUserCommand({ UserName: 'ann' }));
    const trust = '{"Version":"2012-10-17","Statement":[]}';
    await iam.send(new CreateRoleCommand({ RoleName: 'builder', AssumeRolePolicyDocument: trust }));
    const key = (await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }))).AccessKey;
    iam.destroy();
    expect((await run('iam.list_users')).rows.map(({ user_name }) => user_name)).toEqual(['ann']);
    expect((await run('iam.list_roles')).rows.map(({ role_name }) => role_name)).toContain('builder');
    expect(first(await run('iam.get_role', { role_name: 'builder' })).trust_policy).toBe(trust);
    await run('iam.list_attached_role_policies', { role_name: 'builder' });
    await run('iam.list_policies');
    const access_key_id = key?.AccessKeyId;
    expect(first(await run('iam.update_access_key', { user_name: 'ann', access_key_id }))).toMatchObject({
      status: 'Inactive',
    });
    expect(first(await run('iam.list_access_keys', { user_name: 'ann' }))).toMatchObject({
      access_key_id,
      status: 'Inactive',
    });
    expect(first(await run('iam.get_access_key_last_used', { access_key_id }))).toMatchObject({ user_name: 'ann' });
    expect((await run('iam.get_account_summary')).rows.length).toBeGreaterThan(5);
  });

  test('logs', async () => {
    const log_group_name = '/aws/lambda/shop';
    await run('logs.create_log_group', { log_group_name });
    await run('logs.put_retention_policy', { log_group_name, retention_in_days: 30 });
    expect(first(await run('logs.describe_log_groups', { log_group_name_prefix: '/aws' }))).toMatchObject({
      retention_days: 30,
    });
    const { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } =
      await import('@aws-sdk/client-cloudwatch-logs');
    const logs = new CloudWatchLogsClient({
      endpoint: moto.url,
      region: session.region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const stream = { logGroupName: log_group_name, logStreamName: '2026/11/21/[$LATEST]abc' };
    await logs.send(new CreateLogStreamCommand(stream));
    const now = Date.now();
    const logEvents = ['one', 'ERROR two', 'three'].map((message, index) => ({
      message,
      timestamp: now - 1000 + index,
    }));
    await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    logs.destroy();
    const log_stream_name = stream.logStreamName;
    expect(first(await run('logs.describe_log_streams', { log_group_name }))).toMatchObject({ log_stream_name });
    const messages = (page: OperationPage) => page.rows.map(({ message }) => message);
    expect(messages(await run('logs.filter_log_events', { log_group_name, filter_pattern: 'ERROR' }))).toEqual([
      'ERROR two',
    ]);
    const page = await run('logs.get_log_events', { log_group_name, log_stream_name }, { limit: 2 });
    expect(messages(page)).toEqual(['one', 'ERROR two']);
    const rest = await run(
      'logs.get_log_events',
      { log_group_name, log_stream_name },
      { limit: 2, token: page.nextToken },
    );
    expect(messages(rest)).toEqual(['three']);
    expect(
      (await run('logs.get_log_events', { log_group_name, log_stream_name }, { limit: 2, token: rest.nextToken }))
        .nextToken,
    ).toBeNull();
    await run('logs.delete_log_group', { log_group_name });
  });

  test('databases', async () => {
    const { RDSClient, CreateDBInstanceCommand } = await import('@aws-sdk/client-rds');
    const rds = new RDSClient({
      endpoint: moto.url,
      region: session.region,
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const db_instance_identifier = 'orders';
    await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier: db_instance_identifier,
        DBInstanceClass: 'db.t3.micro',
        Engine: 'mysql',
        AllocatedStorage: 20,
        MasterUsername: 'root',
        MasterUserPassword: 'not-a-real-one',
      }),
    );
    rds.destroy();
    expect(first(await run('rds.describe_db_instances'))).toMatchObject({
      db_instance_identifier,
      engine: 'mysql',
      storage_gib: 20,
    });
    await run('rds.reboot_db_instance', { db_instance_identifier });
    const db_snapshot_identifier = 'orders-before';
    await run('rds.create_db_snapshot', { db_instance_identifier, db_snapshot_identifier });
    const snapshots = await run('rds.describe_db_snapshots', { db_instance_identifier });
    expect(snapshots.rows.map((row) => row['db_snapshot_identifier'])).toContain(db_snapshot_identifier);
    expect(first(await run('rds.stop_db_instance', { db_instance_identifier }))).toMatchObject({ status: 'stopped' });
    expect(first(await run('rds.start_db_instance', { db_instance_identifier }))).toMatchObject({
      status: 'available',
    });
    await run('rds.describe_db_clusters');
  });

  test('functions, stacks, secrets, who we are, projects', async () => {
    expect((await run('lambda.list_functions')).rows).toEqual([]);
    for (const name of ['get_function_configuration', 'update_function_configuration', 'invoke']) {
      const parameters = { function_name: 'none', ...(name.startsWith('update') ? { timeout: 3 } : {}) };
      await expect(run(`lambda.${name}`, parameters)).rejects.toMatchObject({ kind: 'not_found' });
      seen.add(`lambda.${name}`);
    }

    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const { CloudFormationClient, CreateStackCommand } = await import('@aws-sdk/client-cloudformation');
    const cloudformation = new CloudFormationClient({ endpoint: moto.url, region: session.region, credentials });
    const TemplateBody = JSON.stringify({
      Resources: { Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 't' } } },
    });
    await cloudformation.send(new CreateStackCommand({ StackName: 'shop', TemplateBody }));
    cloudformation.destroy();
    const stack_name = 'shop';
    expect(first(await run('cloudformation.describe_stacks'))).toMatchObject({ stack_name, status: 'CREATE_COMPLETE' });
    expect((await run('cloudformation.describe_stack_events', { stack_name })).rows.length).toBeGreaterThan(0);
    expect(first(await run('cloudformation.list_stack_resources', { stack_name }))).toMatchObject({
      type: 'AWS::SNS::Topic',
    });
    await run('cloudformation.delete_stack', { stack_name });

    const { SecretsManagerClient, CreateSecretCommand } = await import('@aws-sdk/client-secrets-manager');
    const secrets = new SecretsManagerClient({ endpoint: moto.url, region: session.region, credentials });
    await secrets.send(new CreateSecretCommand({ Name: 'shop/db', SecretString: 'canary-secret-value' }));
    secrets.destroy();
    const listed = await run('secretsmanager.list_secrets');
    const described = await run('secretsmanager.describe_secret', { secret_id: 'shop/db' });
    expect(JSON.stringify([listed, described])).not.toContain('canary');
    expect(first(await run('secretsmanager.get_secret_value', { secret_id: 'shop/db' }))).toMatchObject({
      name: 'shop/db',
      value: 'canary-secret-value',
    });

    expect(first(await run('sts.get_caller_identity'))).toMatchObject({ account: '123456789012' });

    expect((await run('codebuild.list_projects')).rows).toEqual([]);
    await expect(run('codebuild.batch_get_projects', { project_name: 'none' })).rejects.toMatchObject({
      kind: 'not_found',
    });
    await expect(run('codebuild.list_builds_for_project', { project_name: 'none' })).rejects.toMatchObject({
      kind: 'not_found',
    });
    for (const name of ['batch_get_projects', 'list_builds_for_project']) seen.add(`codebuild.${name}`);
  });

  test('all but what moto does not know was carried out', () => {
    expect(OPERATIONS.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([
      'eks.update_nodegroup_config',
    ]);
  });
});
