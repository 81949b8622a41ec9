/** The lock of a state in a bucket: that of another run, as Terraform's own S3 backend meets it, against moto. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { hasTerraform, startInfra, until, type InfraHarness } from '../testing/infra-harness.js';

const missing = !hasTerraform() || (process.env['CI'] === undefined && (await findMotoPython()) === null);
const REGION = 'us-east-1';
const BUCKET = 'states-of-all';
const KEYS = { accessKeyId: 'test', secretAccessKey: 'test' };
const backend = (settings = '') => `
terraform {
  backend "s3" {
    use_path_style              = true
    skip_metadata_api_check     = true
    skip_credentials_validation = true
    use_lockfile                = true
    ${settings}
  }
}
`;
const slow = (gate: string) =>
  `resource "terraform_data" "slow" {\n  provisioner "local-exec" { command = "until [ -e ${gate} ]; do sleep 0.05; done" }\n}\n`;

describe.skipIf(missing).each(testDatabases())('a state in a bucket, on $kind', (kind) => {
  let moto: Moto;
  let infra: InfraHarness;
  let s3: S3Client;
  let folder: string;
  let identity: Record<string, string>;
  beforeAll(async () => {
    moto = await startMoto();
    folder = mkdtempSync(join(tmpdir(), 'infra-bucket-lock-'));
    identity = {
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      AWS_ENDPOINT_URL: moto.url,
    };
    s3 = new S3Client({ endpoint: moto.url, region: REGION, credentials: KEYS, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    infra = await startInfra(kind, { MODE: 'production', TERRAFORM_DIR: folder, ...identity });
  }, 90_000);
  afterAll(async () => {
    await infra.service.stop();
    s3.destroy();
    await moto.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const environment = async (name: string): Promise<void> => {
    const root = join(folder, 'environments', name);
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, 'main.tf'), backend() + slow(join(folder, `${name}.gate`)));
    const made = await infra.send('POST', '/environments', {
      name,
      module: `repository/${name}`,
      account: 'environment',
      region: REGION,
      backend: { bucket: BUCKET, key: `${name}.tfstate`, region: REGION },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
  };
  /** Somebody else's Terraform on the same state, which holds its lock until it is let go or killed. */
  const other = async (name: string) => {
    const elsewhere = join(folder, `${name}-elsewhere`);
    mkdirSync(elsewhere, { recursive: true });
    const settings = `bucket = "${BUCKET}"\n    key = "${name}.tfstate"\n    region = "${REGION}"`;
    writeFileSync(join(elsewhere, 'main.tf'), backend(settings) + slow(join(folder, `${name}.gate`)));
    const options = { cwd: elsewhere, stdio: 'ignore' as const, env: { PATH: process.env['PATH'], ...identity } };
    execFileSync('terraform', ['init', '-input=false'], options);
    const running = spawn('terraform', ['apply', '-auto-approve', '-input=false'], { ...options, detached: true });
    const ended = once(running, 'exit');
    const kill = async (): Promise<void> => {
      if (running.exitCode === null && running.signalCode === null && running.pid !== undefined) {
        process.kill(-running.pid, 'SIGKILL'); // with what it started
        await ended;
      }
    };
    onTestFinished(kill);
    await until(async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: name }));
      return Contents.some(({ Key }) => Key === `${name}.tfstate.tflock`);
    });
    return { kill, ended };
  };

  test('the lock of another run is shown with its holder; forced with the right id only, it is broken in the bucket', async () => {
    await environment('shop');
    expect((await infra.send('GET', '/environments/shop/lock')).body).toEqual({ lock: null });
    const holder = await other('shop');
    const refused = await infra.ran('shop', { kind: 'plan' });
    expect(refused, JSON.stringify(refused.failure)).toMatchObject({
      status: 'failed',
      failure: { code: 'state_locked' },
      lock: { operation: 'OperationTypeApply', held: null, pid: null, path: `${BUCKET}/shop.tfstate` },
    });
    expect(refused.lock?.who).toMatch(/@/);
    expect(refused.lock?.created).not.toBe('');
    const { lock } = (await infra.send('GET', '/environments/shop/lock')).body as { lock: { lock_id: string } };
    expect(lock).toEqual(refused.lock);

    const unlock = (body: object) => infra.send('POST', '/environments/shop/unlock', body);
    expect(await unlock({ lock_id: '00000000-0000-0000-0000-000000000000', force: true })).toMatchObject({
      status: 409,
      body: { code: 'lock_not_there' },
    });
    expect(await unlock({ lock_id: lock.lock_id })).toMatchObject({ status: 409, body: { code: 'lock_foreign' } });
    await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'shop.tfstate.tflock' })); // still there

    await holder.kill(); // a person made sure
    expect(await unlock({ lock_id: lock.lock_id, force: true })).toMatchObject({ status: 204 });
    await expect(s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'shop.tfstate.tflock' }))).rejects.toThrow();
    expect((await infra.send('GET', '/environments/shop/lock')).body).toEqual({ lock: null });
    const actions = await infra.service.test.database.db.selectFrom('outbox').select('record').execute();
    expect(actions.filter(({ record }) => record.includes('"infra_lock.break"'))).not.toEqual([]);

    writeFileSync(join(folder, 'shop.gate'), '');
    const applied = await infra.apply(await infra.ran('shop', { kind: 'plan' }));
    expect(applied, JSON.stringify(applied.failure)).toMatchObject({ status: 'succeeded', made_version: 1 });
  }, 90_000);

  test('a lock that its holder gave back meanwhile is gone: what is asked for is refused with words, and the next plan goes on', async () => {
    await environment('back');
    const holder = await other('back');
    const refused = await infra.ran('back', { kind: 'plan' });
    expect(refused).toMatchObject({ failure: { code: 'state_locked' } });
    writeFileSync(join(folder, 'back.gate'), '');
    await holder.ended;
    const late = await infra.send('POST', '/environments/back/unlock', { lock_id: refused.lock?.lock_id, force: true });
    expect(late).toMatchObject({ status: 409, body: { code: 'lock_not_there' } });
    expect((await infra.send('GET', '/environments/back/lock')).body).toEqual({ lock: null });
    expect(await infra.ran('back', { kind: 'plan' })).toMatchObject({ status: 'succeeded', reason: 'No changes' });
  }, 90_000);

  test('a lock that another took meanwhile is not broken with the id of the first', async () => {
    await environment('twice');
    const first = await other('twice');
    const refused = await infra.ran('twice', { kind: 'plan' });
    writeFileSync(join(folder, 'twice.gate'), '');
    await first.ended;
    rmSync(join(folder, 'twice.gate'));
    writeFileSync(
      join(folder, 'twice-elsewhere', 'more.tf'),
      slow(join(folder, 'twice.gate')).replace('"slow" {', '"more" {'),
    );
    const second = await other('twice');
    const late = await infra.send('POST', '/environments/twice/unlock', {
      lock_id: refused.lock?.lock_id,
      force: true,
    });
    expect(late).toMatchObject({ status: 409, body: { code: 'lock_not_there' } });
    await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'twice.tfstate.tflock' }));
    await second.kill();
  }, 90_000);
});
