/**
 * The sweep and the scan against moto's account, over real HTTP: what is a cluster's goes, what is another's stays.
 * All in one file: they share that account.
 */
import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  EC2Client,
  RunInstancesCommand,
  type ResourceType,
} from '@aws-sdk/client-ec2';
import {
  CreateLoadBalancerCommand as CreateClassicCommand,
  DescribeLoadBalancersCommand as DescribeClassicCommand,
  ElasticLoadBalancingClient,
} from '@aws-sdk/client-elastic-load-balancing';
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { CreateBucketCommand, PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AwsInventory } from '../adapters/aws/aws-inventory.js';
import type { Traces } from './environment-traces.js';
import { unapproved, type KeptSweep } from './kept-sweep.js';
import { Sweep, type ItemChanged } from './sweep.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const REGION = 'eu-central-1';
const ENVIRONMENT_TAGS = { Project: 'aws-deployer', Environment: 'test' };
const SCANNED = { Project: 'aws-deployer', Environment: 'scanned' };
const tags = (pairs: Record<string, string>) => Object.entries(pairs).map(([Key, Value]) => ({ Key, Value }));
const owned = (cluster: string) => ({ [`kubernetes.io/cluster/${cluster}`]: 'owned' });
const never = new AbortController().signal;

describe.skipIf(missing)('against moto', () => {
  let moto: Moto;
  let identity: Record<string, string>;
  let ec2: EC2Client;
  let elb: ElasticLoadBalancingClient;
  let elbv2: ElasticLoadBalancingV2Client;
  let place: { vpc: string; subnet: string };
  const sweep = new Sweep(new AwsInventory(), { againMs: 50, patienceMs: 200 });
  const traces = (more: Partial<Traces> = {}): Traces => ({
    clusters: [{ name: 'mine', region: REGION }],
    tags: ENVIRONMENT_TAGS,
    regions: [REGION],
    managed: [],
    ...more,
  });
  const tagged = (type: ResourceType, pairs: Record<string, string>) => ({
    TagSpecifications: [{ ResourceType: type, Tags: tags(pairs) }],
  });
  const volume = async (pairs: Record<string, string>) =>
    (await ec2.send(new CreateVolumeCommand({ AvailabilityZone: `${REGION}a`, Size: 1, ...tagged('volume', pairs) })))
      .VolumeId ?? '';
  const group = async (name: string, pairs: Record<string, string>) =>
    (
      await ec2.send(
        new CreateSecurityGroupCommand({
          GroupName: name,
          Description: name,
          VpcId: place.vpc,
          ...tagged('security-group', pairs),
        }),
      )
    ).GroupId ?? '';
  /** What a cluster of this name has made, as its controllers do. */
  const made = async (cluster: string) => {
    const byController = { 'elbv2.k8s.aws/cluster': cluster };
    const { LoadBalancers } = await elbv2.send(
      new CreateLoadBalancerCommand({
        Name: `k8s-${cluster}`,
        Subnets: [place.subnet],
        Type: 'network',
        Tags: tags(byController),
      }),
    );
    const { TargetGroups } = await elbv2.send(
      new CreateTargetGroupCommand({
        Name: `k8s-tg-${cluster}`,
        Protocol: 'TCP',
        Port: 80,
        VpcId: place.vpc,
        Tags: tags(byController),
      }),
    );
    await elb.send(
      new CreateClassicCommand({
        LoadBalancerName: `classic-${cluster}`,
        Listeners: [{ Protocol: 'TCP', LoadBalancerPort: 80, InstancePort: 30_080 }],
        Subnets: [place.subnet],
        Tags: tags(owned(cluster)),
      }),
    );
    const { NetworkInterface } = await ec2.send(
      new CreateNetworkInterfaceCommand({
        SubnetId: place.subnet,
        Description: `aws-K8S-${cluster}`,
        ...tagged('network-interface', { 'cluster.k8s.amazonaws.com/name': cluster }),
      }),
    );
    return {
      balancer: LoadBalancers?.[0]?.LoadBalancerArn ?? '',
      targets: TargetGroups?.[0]?.TargetGroupArn ?? '',
      classic: `classic-${cluster}`,
      interface: NetworkInterface?.NetworkInterfaceId ?? '',
      group: await group(`k8s-elb-${cluster}`, owned(cluster)),
      volume: await volume({ ...owned(cluster), 'kubernetes.io/created-for/pvc/name': 'data' }),
    };
  };
  const there = async (): Promise<string[]> => {
    const [balancers, targets, classics, interfaces, groups, volumes] = await Promise.all([
      elbv2.send(new DescribeLoadBalancersCommand({})),
      elbv2.send(new DescribeTargetGroupsCommand({})),
      elb.send(new DescribeClassicCommand({})),
      ec2.send(new DescribeNetworkInterfacesCommand({})),
      ec2.send(new DescribeSecurityGroupsCommand({})),
      ec2.send(new DescribeVolumesCommand({})),
    ]);
    return [
      ...(balancers.LoadBalancers ?? []).map(({ LoadBalancerArn = '' }) => LoadBalancerArn),
      ...(targets.TargetGroups ?? []).map(({ TargetGroupArn = '' }) => TargetGroupArn),
      ...(classics.LoadBalancerDescriptions ?? []).map(({ LoadBalancerName = '' }) => LoadBalancerName),
      ...(interfaces.NetworkInterfaces ?? []).map(({ NetworkInterfaceId = '' }) => NetworkInterfaceId),
      ...(groups.SecurityGroups ?? []).map(({ GroupId = '' }) => GroupId),
      ...(volumes.Volumes ?? []).map(({ VolumeId = '' }) => VolumeId),
    ];
  };
  /** Carries a sweep out and gives what became of each. */
  const carriedOut = async (kept: KeptSweep, when: 'before' | 'after' = 'before') => {
    const ends: [string, string, string | null][] = [];
    const changed: ItemChanged = async ({ kind, reason }, status) => {
      if (status !== 'started') ends.push([kind, status, reason]);
    };
    await sweep.carryOut(identity, kept, when, changed, sweep.deadline(), never);
    return ends;
  };

  beforeAll(async () => {
    moto = await startMoto();
    identity = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL: moto.url };
    const settings = {
      endpoint: moto.url,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    ec2 = new EC2Client(settings);
    elb = new ElasticLoadBalancingClient(settings);
    elbv2 = new ElasticLoadBalancingV2Client(settings);
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.9.1.0/24', AvailabilityZone: `${REGION}a` }),
    );
    place = { vpc: Vpc?.VpcId ?? '', subnet: Subnet?.SubnetId ?? '' };
  }, 60_000);
  afterAll(async () => {
    for (const client of [ec2, elb, elbv2]) client.destroy();
    await moto.stop();
  });

  test('all that the cluster has made goes, what another has made and what is managed stays', async () => {
    const mine = await made('mine');
    const foreign = await made('foreign');
    const eksOwn = await group('eks-cluster-sg-mine', { ...owned('mine'), 'aws:eks:cluster-name': 'mine' });
    const managed = await group('nodes', owned('mine'));
    const shared = await group('shared', { 'kubernetes.io/cluster/mine': 'shared' });
    const claimed = await volume({ ...ENVIRONMENT_TAGS, 'kubernetes.io/created-for/pvc/name': 'data' });
    const elsewhere = await volume({ Environment: 'test', 'kubernetes.io/created-for/pvc/name': 'data' });
    // The nodes let the load balancer in: its group would not go while they name it.
    await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: managed,
        IpPermissions: [
          { IpProtocol: 'tcp', FromPort: 30_000, ToPort: 32_767, UserIdGroupPairs: [{ GroupId: mine.group }] },
        ],
      }),
    );
    const kept = await sweep.plan(identity, traces({ managed: [managed] }), never);
    expect(kept.items.map(({ kind, id, when, state }) => [kind, id, when, state])).toEqual([
      ['load_balancer', mine.balancer, 'before', 'planned'],
      ['classic_load_balancer', mine.classic, 'before', 'planned'],
      ['target_group', mine.targets, 'before', 'planned'],
      ['network_interface', mine.interface, 'before', 'planned'],
      ['security_group', mine.group, 'before', 'planned'],
      ['volume', mine.volume, 'before', 'planned'],
      ['volume', claimed, 'before', 'planned'],
    ]);
    expect(kept.items.map(({ tag }) => tag)).toContain('elbv2.k8s.aws/cluster=mine');

    const ends = await carriedOut(kept);
    expect(ends.filter(([, status]) => status !== 'done')).toEqual([]);
    const left = await there();
    for (const gone of [...Object.values(mine), claimed]) expect(left).not.toContain(gone);
    for (const stays of [...Object.values(foreign), eksOwn, managed, shared, elsewhere]) expect(left).toContain(stays);
    // Again, as after an interruption: what is gone is gone.
    expect((await carriedOut(kept)).every(([, status]) => status === 'done')).toBe(true);
    expect((await sweep.plan(identity, traces({ managed: [managed] }), never)).items).toEqual([]);
  }, 60_000);

  test('a disk that a node holds waits for it, and says so when it lasts too long', async () => {
    const { Instances } = await ec2.send(
      new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1, SubnetId: place.subnet }),
    );
    const InstanceId = Instances?.[0]?.InstanceId ?? '';
    const VolumeId = await volume(owned('disk'));
    await ec2.send(new AttachVolumeCommand({ InstanceId, VolumeId, Device: '/dev/sdh' }));
    const kept = await sweep.plan(identity, traces({ clusters: [{ name: 'disk', region: REGION }] }), never);
    expect(kept.items).toMatchObject([{ id: VolumeId, when: 'after' }]);
    expect(await carriedOut(kept, 'before')).toEqual([]);
    expect(await carriedOut(kept, 'after')).toEqual([['volume', 'failed', 'something still uses it']]);
    await ec2.send(new DetachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdh' }));
    expect(await carriedOut(kept, 'after')).toEqual([['volume', 'done', null]]);
  }, 60_000);

  test('what came after the plan is told apart', async () => {
    const kept = await sweep.plan(identity, traces({ clusters: [{ name: 'late', region: REGION }] }), never);
    const late = await volume(owned('late'));
    const found = await sweep.find(identity, traces({ clusters: [{ name: 'late', region: REGION }] }), never);
    expect(unapproved(found, kept).map(({ id }) => id)).toEqual([late]);
    await carriedOut({
      ...kept,
      items: (await sweep.plan(identity, traces({ clusters: [{ name: 'late', region: REGION }] }), never)).items,
    });
  }, 60_000);

  test('the scan names what bears the tags of the environment or its cluster, and nothing else', async () => {
    expect(
      await sweep.orphans(identity, traces({ clusters: [{ name: 'scanned', region: REGION }], tags: SCANNED }), never),
    ).toEqual({ orphans: [], unseen: null });
    const mine = await volume(SCANNED);
    const ofCluster = await volume(owned('scanned'));
    await volume({ ...SCANNED, Environment: 'other' });
    const scan = await sweep.orphans(
      identity,
      traces({ clusters: [{ name: 'scanned', region: REGION }], tags: SCANNED }),
      never,
    );
    expect(scan?.orphans.map(({ id, type }) => [id.split('/').at(-1), type]).sort()).toEqual(
      [
        [mine, 'ec2:volume'],
        [ofCluster, 'ec2:volume'],
      ].sort(),
    );
    expect(await sweep.orphans(identity, traces({ clusters: [], tags: {} }), never)).toBeNull();
  }, 60_000);

  test('roles, policies, instance profiles, identity providers and buckets are found by their tags', async () => {
    const settings = {
      endpoint: moto.url,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const [iam, s3] = [new IAMClient(settings), new S3Client({ ...settings, forcePathStyle: true })];
    const made = async (suffix: string, own: Record<string, string>) => {
      const Tags = tags(own);
      await iam.send(new CreateRoleCommand({ RoleName: `role-${suffix}`, AssumeRolePolicyDocument: '{}', Tags }));
      await iam.send(
        new CreatePolicyCommand({
          PolicyName: `policy-${suffix}`,
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
          }),
          Tags,
        }),
      );
      await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: `profile-${suffix}`, Tags }));
      await iam.send(
        new CreateOpenIDConnectProviderCommand({
          Url: `https://oidc-${suffix}.example.com`,
          ThumbprintList: ['a'.repeat(40)],
          Tags,
        }),
      );
      await s3.send(new CreateBucketCommand({ Bucket: `bucket-${suffix}` }));
      await s3.send(new PutBucketTaggingCommand({ Bucket: `bucket-${suffix}`, Tagging: { TagSet: Tags } }));
    };
    const own = { Project: 'aws-deployer', Environment: 'named' };
    try {
      await made('mine', own);
      await made('other', { ...own, Environment: 'other' });
      await made('half', { Environment: 'named' });
      const scan = await sweep.orphans(identity, traces({ clusters: [], tags: own }), never);
      expect(scan?.unseen).toBeNull();
      expect(scan?.orphans.map(({ id, type, region }) => [id, type, region]).sort()).toEqual(
        [
          ['arn:aws:iam::123456789012:role/role-mine', 'iam:role', 'global'],
          ['arn:aws:iam::123456789012:policy/policy-mine', 'iam:policy', 'global'],
          ['arn:aws:iam::123456789012:instance-profile/profile-mine', 'iam:instance-profile', 'global'],
          ['arn:aws:iam::123456789012:oidc-provider/oidc-mine.example.com', 'iam:oidc-provider', 'global'],
          ['arn:aws:s3:::bucket-mine', 's3', REGION],
        ].sort(),
      );
    } finally {
      iam.destroy();
      s3.destroy();
    }
  }, 60_000);

  test('where IAM may not be listed the rest is told, and that it was not looked at', async () => {
    const refusing = new (class extends AwsInventory {
      override taggedIam(): Promise<never> {
        return Promise.reject(new AppError('forbidden', 'aws_refused', 'AWS in eu-central-1 refused: AccessDenied'));
      }
    })();
    const left = await volume({ ...SCANNED, Environment: 'refused' });
    const scan = await new Sweep(refusing, { againMs: 10, patienceMs: 20 }).orphans(
      identity,
      traces({ clusters: [], tags: { ...SCANNED, Environment: 'refused' } }),
      never,
    );
    expect(scan?.orphans.map(({ id }) => id.split('/').at(-1))).toEqual([left]);
    expect(scan?.unseen).toMatch(/^IAM could not be looked through/);
  }, 60_000);

  test('an account that cannot be asked is an error, not an empty answer', async () => {
    const away = { ...identity, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    await expect(sweep.plan(away, traces(), never)).rejects.toMatchObject({ code: 'aws_failed' });
  }, 60_000);
});
