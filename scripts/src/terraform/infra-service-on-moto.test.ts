/**
 * A whole environment by way of the infrastructure's service, with the AWS provider against moto: planned, approved by its
 * hash, applied with the state and its lock in a bucket, changed behind its back, and destroyed with what Kubernetes had made.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateVolumeCommand, DescribeSubnetsCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CloudWatchLogsClient, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { CreateLoadBalancerCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { infra } from '@aws-deployer/infra-oneclick/service';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { findMotoPython, startMoto } from '@aws-deployer/platform/testing/moto';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { expect, onTestFinished, test } from 'vitest';
import { findTerraform } from './terraform-machine.js';

const machine = findTerraform();
const absent =
  typeof machine === 'string' ? machine : (await findMotoPython()) === null ? 'no python3 on the PATH has moto' : null;
const missing = absent !== null && process.env['CI'] !== 'true';
if (missing) console.log(`the infrastructure's service against moto: not tried, ${absent}`);

const MAIN = `
terraform {
  backend "s3" {
    use_path_style              = true
    skip_metadata_api_check     = true
    skip_credentials_validation = true
    use_lockfile                = true
  }
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
provider "aws" {
  s3_use_path_style       = true
  skip_metadata_api_check = true
  max_retries             = 1
  default_tags {
    tags = { Project = "aws-deployer", Environment = "small" }
  }
}
variable "days" { type = number }
resource "aws_cloudwatch_log_group" "web" {
  name              = "/small/web"
  retention_in_days = var.days
}
resource "aws_cloudwatch_log_group" "api" {
  name              = "/small/api"
  retention_in_days = var.days
}
output "cluster" {
  value = { name = "small" }
}
`;
const REGION = 'us-east-1';
const STATE = { Bucket: 'infra-states', Key: 'small.tfstate' };
const KEYS = { accessKeyId: 'test', secretAccessKey: 'secret-of-the-test' };

async function started(endpoint: string): Promise<TestService<never>> {
  if (typeof machine === 'string') throw new Error(machine);
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-infra-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const environments = join(folder, 'environments', 'small');
  await mkdir(environments, { recursive: true });
  await writeFile(join(environments, 'main.tf'), MAIN);
  const settings = join(folder, 'cli.tfrc');
  await writeFile(
    settings,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(machine.mirror)}\n  }\n}\n`,
  );
  const [kind] = testDatabases();
  if (kind === undefined) throw new Error('no database');
  const service = await startTestService<never>(infra, kind, {
    env: {
      MODE: 'production', // states lie where the module says
      PATH: `${dirname(machine.terraform)}:${process.env['PATH'] ?? ''}`,
      TERRAFORM: machine.terraform,
      TERRAFORM_DIR: folder,
      TF_CLI_CONFIG_FILE: settings,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      AWS_ENDPOINT_URL: endpoint,
      SWEEP_SECONDS: '1',
      SWEEP_AGAIN_SECONDS: '0.2',
    },
  });
  onTestFinished(() => service.stop());
  return service;
}

async function subnetOf(ec2: EC2Client): Promise<string> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  return Subnets[0]?.SubnetId ?? ''; // of the default VPC
}
/** A disk as a volume claim of this cluster gets it. */
const claimed = (cluster: string) =>
  new CreateVolumeCommand({
    AvailabilityZone: `${REGION}a`,
    Size: 1,
    TagSpecifications: [
      {
        ResourceType: 'volume',
        Tags: [{ Key: `kubernetes.io/cluster/${cluster}`, Value: 'owned' }],
      },
    ],
  });

test.skipIf(missing)(
  'goes up by an approved plan, is seen to drift, and goes down with what Kubernetes made and nothing of others',
  async () => {
    if (absent !== null) throw new Error(absent);
    const moto = await startMoto();
    onTestFinished(() => moto.stop());
    const client = { endpoint: moto.url, region: REGION, credentials: KEYS };
    const [s3, ec2, elbv2, logs] = [
      new S3Client({ ...client, forcePathStyle: true }),
      new EC2Client(client),
      new ElasticLoadBalancingV2Client(client),
      new CloudWatchLogsClient(client),
    ];
    onTestFinished(() => {
      for (const one of [s3, ec2, elbv2, logs]) one.destroy();
    });
    await s3.send(new CreateBucketCommand({ Bucket: STATE.Bucket }));
    const service = await started(moto.url);
    const send = (method: string, path: string, body?: unknown) => service.send(method, `/api/v1/infra${path}`, body);
    const ended = async ({ status, body }: Awaited<ReturnType<typeof send>>): Promise<InfraRunView> => {
      expect(status, JSON.stringify(body)).toBe(202);
      for (;;) {
        const run = (await send('GET', `/runs/${(body as InfraRunView).id}`)).body as InfraRunView;
        if (run.ended_at !== null) return run;
        await wait(100);
      }
    };
    const run = async (kind: string) => ended(await send('POST', '/environments/small/runs', { kind }));
    const apply = async (plan: InfraRunView) =>
      ended(await send('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash }));

    const made = await send('POST', '/environments', {
      name: 'small',
      module: 'repository/small',
      account: 'environment',
      region: REGION,
      variables: { days: { value: 7 } },
      backend: { bucket: STATE.Bucket, key: STATE.Key, region: REGION },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const plan = await run('plan');
    expect(plan, JSON.stringify(plan.failure)).toMatchObject({ status: 'succeeded', summary: { add: 2 }, sweep: null });
    const applied = await apply(plan);
    expect(applied, JSON.stringify(applied.failure)).toMatchObject({
      status: 'succeeded',
      resources: { done: 2, failed: 0, total: 2 },
      orphans: null,
    });
    const stream = await send('GET', `/runs/${applied.id}/events`);
    expect(stream.body).toMatch(/"address":"aws_cloudwatch_log_group.web".*"status":"started"/);
    expect(stream.body).toMatch(/"address":"aws_cloudwatch_log_group.web".*"status":"done"/);
    expect(stream.body).not.toContain(KEYS.secretAccessKey);
    await s3.send(new HeadObjectCommand(STATE)); // the state is in the bucket, and its lock is taken off
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: STATE.Bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual([STATE.Key]);

    // Behind its back: a group is gone.
    await logs.send(new DeleteLogGroupCommand({ logGroupName: '/small/api' }));
    expect(await run('drift')).toMatchObject({ reason: 'Drifted: 1 to add, 0 to change, 0 to destroy' });
    expect((await send('GET', '/drift')).body.items).toMatchObject([
      { environment: 'small', status: 'drifted', changes: 1, since: expect.any(String) as unknown },
    ]);
    // What Kubernetes makes in the account, for this cluster and for another one.
    await elbv2.send(
      new CreateLoadBalancerCommand({
        Name: 'k8s-web',
        Type: 'network',
        Subnets: [await subnetOf(ec2)],
        Tags: [{ Key: 'elbv2.k8s.aws/cluster', Value: 'small' }],
      }),
    );
    const volume = (cluster: string) => ec2.send(claimed(cluster));
    await volume('small');
    const foreign = (await volume('foreign')).VolumeId;

    const destroy = await run('destroy');
    expect(destroy).toMatchObject({
      status: 'succeeded',
      reason: '0 to add, 0 to change, 1 to destroy, 2 to sweep',
      sweep: { clusters: [{ name: 'small', region: REGION }] },
    });
    expect(destroy.sweep?.items.map(({ kind, state }) => [kind, state])).toEqual([
      ['load_balancer', 'planned'],
      ['volume', 'planned'],
    ]);
    const gone = await apply(destroy);
    expect(gone, JSON.stringify(gone.failure)).toMatchObject({ status: 'succeeded', orphans: [] });
    expect(gone.sweep?.items.map(({ state }) => state)).toEqual(['gone', 'gone']);
    expect((await send('GET', `/runs/${gone.id}/events`)).body).toMatch(/event: sweep\ndata: .*"status":"done"/);
    expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes?.map(({ VolumeId }) => VolumeId)).toEqual([
      foreign,
    ]);
    expect((await send('GET', '/environments/small')).body).toMatchObject({ status: 'empty', current_version: null });
  },
  240_000,
);
