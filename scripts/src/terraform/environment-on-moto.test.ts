/**
 * Whole development environments against moto: up from an empty account, planned again without a change, and gone without an
 * orphan. On EKS with its state in the bucket that the bootstrap makes, and on a single node.
 */
import {
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { findMotoPython } from '@aws-deployer/platform/testing/moto';
import { expect, test } from 'vitest';
import { StandInAccount } from './testing/stand-in-account.js';
import { inventory, openToAll } from './testing/stand-in-inventory.js';
import { findTerraform } from './terraform-machine.js';

const PATIENCE_MS = 1_800_000;
const DEVELOPMENT = 'environments/development';
const STATE = { Bucket: 'aws-deployer-state-123456789012', Key: 'development.tfstate' };

const machine = findTerraform();
const absent =
  typeof machine === 'string' ? machine : (await findMotoPython()) === null ? 'no python3 on the PATH has moto' : null;
const missing = absent !== null && process.env['CI'] !== 'true';
if (missing) console.log(`terraform against moto: not tried, ${absent}`);

/** Does `scene` in an account of its own, which is gone after it. */
async function inAccount(scene: (account: StandInAccount) => Promise<void>): Promise<void> {
  if (typeof machine === 'string') throw new Error(machine);
  if (absent !== null) throw new Error(absent);
  const account = await StandInAccount.start(machine);
  try {
    await scene(account);
  } finally {
    await account.stop();
  }
}

interface StateModule {
  readonly resources?: readonly { address: string; mode: string; values: { tags_all?: Record<string, string> } }[];
  readonly child_modules?: readonly StateModule[];
}

/** Managed resources of the state by address, with the tags that each carries (null: it cannot). */
function tagsOf({ resources = [], child_modules = [] }: StateModule): Map<string, Record<string, string> | null> {
  const own = resources.filter(({ mode }) => mode === 'managed');
  return new Map([
    ...own.map(({ address, values }) => [address, values.tags_all ?? null] as const),
    ...child_modules.flatMap((module) => [...tagsOf(module)]),
  ]);
}

/** What must hold of an environment that is up: no change is left to plan, all is tagged, and only the web's ports are open. */
async function expectSound(account: StandInAccount, variables: readonly string[]): Promise<void> {
  const { code, output } = await account.run(DEVELOPMENT, 'plan', '-detailed-exitcode', ...variables);
  expect(code, output).toBe(0);
  expect(output).toContain('No changes.');

  const shown = JSON.parse(await account.succeed(DEVELOPMENT, 'show', '-json')) as {
    values: { root_module: StateModule };
  };
  const tags = tagsOf(shown.values.root_module);
  expect(tags.size).toBeGreaterThan(80);
  const expected = { Project: 'aws-deployer', Environment: 'development', ManagedBy: 'terraform' };
  for (const [address, carried] of tags) if (carried !== null) expect(carried, address).toMatchObject(expected);

  const vpcId = (await account.succeed(DEVELOPMENT, 'output', '-raw', 'vpc_id')).trim();
  const open = await openToAll(account.url, vpcId);
  // Out of it, Git over SSH and mail too.
  expect(open.filter((rule) => !/ tcp (80-80|443-443)$| egress tcp (22-22|587-587)$/.test(rule))).toEqual([]);
}

/** Terraform empties a disposable bucket itself, by a call for many versions at once that moto fails at. */
async function emptyBucket(s3: S3Client, Bucket: string): Promise<void> {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
}

test.skipIf(missing).concurrent(
  'an environment on EKS comes up from an empty account, keeps others out while it works, and goes without an orphan',
  () =>
    inAccount(async (account) => {
      const s3 = new S3Client({
        endpoint: account.url,
        forcePathStyle: true,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      const variables = ['-var', 'eks_extensions=false'];
      const empty = await inventory(account.url);

      await account.bareBuckets();
      await account.succeed('bootstrap', 'init');
      await account.succeed('bootstrap', 'apply', '-var', 'disposable=true');
      const printed = await account.succeed('bootstrap', 'output', '-json', 'backend');
      const backend = JSON.parse(printed) as Record<string, string>;
      expect(backend).toMatchObject({
        bucket: STATE.Bucket,
        use_lockfile: 'true',
        encrypt: 'true',
        region: 'us-east-1',
      });
      const encryption = await s3.send(new GetBucketEncryptionCommand({ Bucket: STATE.Bucket }));
      const rule = encryption.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
      expect(rule).toEqual({ SSEAlgorithm: 'aws:kms', KMSMasterKeyID: backend['kms_key_id'] });
      const bootstrapped = await inventory(account.url);

      const settings = { ...backend, key: STATE.Key, use_path_style: 'true', skip_metadata_api_check: 'true' };
      const init = Object.entries(settings).map(([name, value]) => `-backend-config=${name}=${value}`);
      await account.succeed(DEVELOPMENT, 'init', ...init);
      const up = await account.succeed(DEVELOPMENT, 'apply', ...variables);
      expect(up).toMatch(/Apply complete! Resources: \d+ added, 0 changed, 0 destroyed/);
      expect(await inventory(account.url)).toContain('eks cluster aws-deployer-development');
      const kept = await s3.send(new HeadObjectCommand(STATE));
      expect(kept).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: backend['kms_key_id'] });
      await expectSound(account, variables);

      // Another run holds the lock: a file beside the state, in the way until it is taken off.
      const lock = { Bucket: STATE.Bucket, Key: `${STATE.Key}.tflock` };
      const holder = { ID: '11111111-2222-3333-4444-555555555555', Operation: 'apply', Who: 'someone@else' };
      await s3.send(new PutObjectCommand({ ...lock, Body: JSON.stringify(holder) }));
      const refused = await account.run(DEVELOPMENT, 'destroy', ...variables);
      expect(refused.code).not.toBe(0);
      expect(refused.output).toContain('Error acquiring the state lock');
      expect(refused.output).toContain('someone@else');
      await s3.send(new DeleteObjectCommand(lock));

      await account.succeed(DEVELOPMENT, 'destroy', ...variables);
      expect(await inventory(account.url), 'what the environment leaves behind').toEqual(bootstrapped);
      await emptyBucket(s3, STATE.Bucket);
      await account.succeed('bootstrap', 'destroy', '-var', 'disposable=true');
      expect(await inventory(account.url), 'what the bootstrap leaves behind').toEqual(empty);
      s3.destroy();
    }),
  PATIENCE_MS,
);

test.skipIf(missing).concurrent(
  'an environment on a single node comes up from an empty account and goes without an orphan',
  () =>
    inAccount(async (account) => {
      const variables = ['-var', 'cluster=kubeadm'];
      const empty = await inventory(account.url);
      await account.localState(DEVELOPMENT);
      await account.succeed(DEVELOPMENT, 'init');
      const up = await account.succeed(DEVELOPMENT, 'apply', ...variables);
      expect(up).toMatch(/Apply complete! Resources: \d+ added, 0 changed, 0 destroyed/);
      await expectSound(account, variables);
      const there = await inventory(account.url);
      expect(there.filter((one) => one.startsWith('ec2 instance ')).length).toBe(1);
      await account.succeed(DEVELOPMENT, 'destroy', ...variables);
      expect(await inventory(account.url), 'what the environment leaves behind').toEqual(empty);
    }),
  PATIENCE_MS,
);
