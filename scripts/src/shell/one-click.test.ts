/**
 * From an empty account to the running platform and back, by the two scripts as an operator runs them. AWS is moto, the cluster is
 * local-cluster, its pods are pretended and answered for by the platform's own services (testing/stand-in-installation.ts);
 * Terraform, its provider, kubectl, the AWS CLI and every object that is applied are real.
 */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateVolumeCommand, DeleteVolumeCommand, EC2Client } from '@aws-sdk/client-ec2';
import { findMotoPython } from '@aws-deployer/platform/testing/moto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findTerraform } from '../terraform/terraform-machine.js';
import { inventory } from '../terraform/testing/stand-in-inventory.js';
import { lacks } from './run-script.js';
import { ACCOUNT, REGION, StandInInstallation } from './testing/stand-in-installation.js';

const NAME = 'aws-deployer-development';
const NAMESPACE = 'aws-deployer-dev';
const UP = ['development', '--yes', '--var', 'cluster=kubeadm', '--tag', 'v1'];
const DOWN = ['development', '--yes', '--patience', '15'];
const KEYS = { region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

const machine = findTerraform();
const missing =
  process.env['CI'] !== 'true' &&
  (typeof machine === 'string' ||
    lacks('aws', 'jq', 'kubectl', 'openssl', 'curl') ||
    (await findMotoPython()) === null);

interface Found {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly uid: string; readonly generation?: number };
  readonly data?: Readonly<Record<string, string>>;
}

// One life of one environment: each test goes on from where the one before has left it.
describe.skipIf(missing)('one click', { timeout: 600_000 }, () => {
  let there: StandInInstallation;
  let empty: string[];
  let node: Promise<void>;
  const ended = new AbortController();

  beforeAll(async () => {
    if (typeof machine === 'string') throw new Error(machine);
    there = await StandInInstallation.start(machine);
    empty = await inventory(there.aws);
    node = there.nodeComesUp(NAME, ended.signal);
  }, 120_000);
  afterAll(async () => {
    ended.abort();
    await node;
    await there.stop();
  });

  const objects = async (): Promise<string[]> => {
    const kinds = 'deployments,statefulsets,jobs,configmaps,secrets,services,ingresses,networkpolicies,pods';
    const { out } = await there.kubectl('get', kinds, '--namespace', NAMESPACE, '--output', 'json');
    return (JSON.parse(out) as { items: Found[] }).items
      .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.uid} ${metadata.generation ?? 0}`)
      .sort();
  };
  const stateFile = (Key: string) => {
    const s3 = new S3Client({ ...KEYS, endpoint: there.aws, forcePathStyle: true });
    return s3.send(new HeadObjectCommand({ Bucket: `aws-deployer-state-${ACCOUNT}`, Key }));
  };

  test('up, told to end in the middle of its work, ends what it has begun and frees the state', async () => {
    const stopped = await there.interrupt('one-click-up.sh', UP, /module\.environment\.\S+: Creation complete/g, 15);
    expect(stopped.code, stopped.err).toBe(1);
    expect(stopped.err).toMatch(
      /interrupted: terraform ends what it has begun[\s\S]*run this again, it goes on from there/,
    );
    expect(stopped.err).not.toContain('Apply complete! Resources: 101');
    expect(stopped.out, 'nothing to show yet').toBe('');
    await expect(stateFile('development.tfstate.tflock')).rejects.toThrow();
    expect(await stateFile('development.tfstate')).toBeDefined();
    await expect(access(join(there.repository.state, 'development/up.plan'))).rejects.toThrow();
  });

  test('up again goes on from there, to a platform that is well and an address to open', async () => {
    const up = await there.run('one-click-up.sh', ...UP);
    expect(up.code, up.err).toBe(0);
    const added = Number(/Apply complete! Resources: (\d+) added, \d+ changed, \d+ destroyed/.exec(up.err)?.[1]);
    expect(added).toBeGreaterThan(0);
    expect(added, 'the rest of 101').toBeLessThan(87);
    expect(up.err).toMatch(/health +history at deployer +ok[\s\S]*v1 runs in aws-deployer-dev/);
    const kubeconfig = join(there.repository.state, 'development/kubeconfig');
    expect(up.out).toMatch(
      /^url {9}https:\/\/dev\.aws-deployer\.example\.com\naddress {5}\d+\.\d+\.\d+\.\d+\nkubeconfig {2}(\S+)\n$/,
    );
    expect(up.out).toContain(kubeconfig);
    expect(up.err).toContain('is an example: set');
    expect(up.err, 'no colours in a log').not.toContain('\u001b[');
    expect(await readFile(kubeconfig, 'utf8')).toContain('clusters');
  });

  test('the platform is told the region, the buckets and the role that were made for it', async () => {
    const { out } = await there.kubectl('get', 'configmaps', '--namespace', NAMESPACE, '--output', 'json');
    const { items } = JSON.parse(out) as { items: Found[] };
    const data = (name: string) => items.find(({ metadata }) => metadata.name.startsWith(`${name}-`))?.data;
    expect(data('platform')).toMatchObject({
      AWS_REGION: REGION,
      CODEBUILD_BUCKET: `${NAME}-builds-${ACCOUNT}`,
      CODEBUILD_SERVICE_ROLE_ARN: `arn:aws:iam::${ACCOUNT}:role/${NAME}-builds`,
      PUBLIC_URL: 'https://dev.aws-deployer.example.com',
    });
    expect(data('aws-roles'), 'and to each its own role').toEqual({
      TOKEN_FILE: '/var/run/secrets/aws/token',
      CODEBUILD_SERVICE: `arn:aws:iam::${ACCOUNT}:role/${NAME}-codebuild-service`,
      DEPLOYER: `arn:aws:iam::${ACCOUNT}:role/${NAME}-deployer`,
      INFRA_ONECLICK: `arn:aws:iam::${ACCOUNT}:role/${NAME}-infra-oneclick`,
      MYSQL_BACKUP: `arn:aws:iam::${ACCOUNT}:role/${NAME}-backup`,
    });
    expect(data('backup')).toMatchObject({ AWS_REGION: REGION, BACKUP_BUCKET: `${NAME}-backups-${ACCOUNT}` });
  });

  test('up once more changes nothing, and neither does a dry run', async () => {
    const before = { aws: await inventory(there.aws), cluster: await objects() };
    const again = await there.run('one-click-up.sh', ...UP);
    expect(again.code, again.err).toBe(0);
    expect(again.err.match(/^nothing to change$/gm)?.length, 'bucket and environment').toBe(2);
    expect(again.out).toMatch(/^url {9}https:/);
    for (const script of ['one-click-up.sh', 'one-click-down.sh']) {
      const dry = await there.run(script, 'development', '--dry-run');
      expect(dry.code, dry.err).toBe(0);
      expect(dry.out).toMatch(/^would /m);
    }
    expect({ aws: await inventory(there.aws), cluster: await objects() }).toEqual(before);
  });

  test('down sweeps the cluster, destroys all, and names what it has not made; then nothing is left', async () => {
    for (const words of [
      ['create', 'namespace', 'shop'],
      ['create', 'deployment', 'web', '--namespace', 'shop', '--image', 'r.example/web:1', '--port', '80'],
      ['expose', 'deployment', 'web', '--namespace', 'shop', '--type', 'LoadBalancer'],
    ])
      expect(await there.kubectl(...words)).toMatchObject({ code: 0 });
    const ec2 = new EC2Client({ ...KEYS, endpoint: there.aws });
    const Tags = [{ Key: `kubernetes.io/cluster/${NAME}`, Value: 'owned' }];
    const { VolumeId } = await ec2.send(
      new CreateVolumeCommand({
        AvailabilityZone: `${REGION}a`,
        Size: 1,
        TagSpecifications: [{ ResourceType: 'volume', Tags }],
      }),
    );

    const down = await there.run('one-click-down.sh', ...DOWN);
    expect(down).toMatchObject({ code: 1, out: `arn:aws:ec2:${REGION}:${ACCOUNT}:volume/${VolumeId ?? ''}\n` });
    expect(down.err).toMatch(/0 added, 0 changed, 101 destroyed[\s\S]*still there:/);
    const { out } = await there.kubectl(
      'get',
      'services,deployments,ingresses,persistentvolumeclaims',
      '-A',
      '-o',
      'name',
    );
    expect(out, 'what would keep a load balancer or a disk').toBe('');

    await ec2.send(new DeleteVolumeCommand({ VolumeId }));
    const again = await there.run('one-click-down.sh', ...DOWN);
    expect(again.code, again.err).toBe(0);
    expect(again.err).toMatch(/there is no cluster[\s\S]*nothing to change[\s\S]*3\. what is left\nnothing\n$/);
    const left = (await inventory(there.aws)).filter((one) => !empty.includes(one));
    expect(left, 'the states of environments to come').toEqual([
      'kms Aliases alias/aws-deployer-state',
      expect.stringMatching(/^kms key /),
      `s3 Buckets aws-deployer-state-${ACCOUNT}`,
    ]);
  });
});
