/** Backups that go to a bucket and come back from it: by the scripts, and by the upload of the nightly CronJob. Against moto's S3.
 * The AWS CLI takes seconds for each call on a busy machine. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '@aws-deployer/platform/database/open-database';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacks, repositoryRoot, runProgram, runScript } from './run-script.js';

const server = process.env['TEST_MYSQL_URL'] ?? '';
const missing =
  process.env['CI'] !== 'true' &&
  (server === '' || lacks('jq', 'mariadb', 'mariadb-dump', 'aws') || (await findMotoPython()) === null);
const run = randomBytes(4).toString('hex');
const [original, copy] = [`bb${run}_`, `bc${run}_`];
const BUCKET = 'backups';

describe.skipIf(missing)('a backup in a bucket', { timeout: 300_000 }, () => {
  let moto: Moto;
  let admin: Database<unknown>;
  let folder: string;
  let env: Record<string, string>;
  const aws = (...words: string[]) => runProgram('aws', words, { PATH: process.env['PATH'], ...env });
  const drop = async (prefix: string) => sql`drop database if exists ${sql.ref(`${prefix}notes`)}`.execute(admin.db);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-deployer-bucket-'));
    moto = await startMoto();
    env = {
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      HOME: folder,
      DATABASE_URL: server,
    };
    expect(await aws('s3api', 'create-bucket', '--bucket', BUCKET)).toMatchObject({ code: 0 });
    admin = await openDatabase<unknown>({ url: server });
    await sql`create database ${sql.ref(`${original}notes`)} character set utf8mb4 collate utf8mb4_bin`.execute(
      admin.db,
    );
    await sql`create table ${sql.ref(`${original}notes.notes`)} (id int primary key, text text)`.execute(admin.db);
    await sql`insert into ${sql.ref(`${original}notes.notes`)} values (1, 'žluťoučký'), (2, null)`.execute(admin.db);
  }, 300_000);
  afterAll(async () => {
    await drop(original);
    await drop(copy);
    await admin.close();
    await moto.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('is put there, comes back under another name, and is refused when it was changed', async () => {
    const made = await runScript('backup.sh', ['--prefix', original, `s3://${BUCKET}/nightly/`], env, 120_000);
    expect(made).toMatchObject({ code: 0 });
    const backup = made.out.trim();
    expect(backup).toMatch(new RegExp(`^s3://${BUCKET}/nightly/aws-deployer-\\d{8}T\\d{6}Z$`));
    expect(await runScript('restore.sh', ['--as', copy, backup], env, 120_000)).toMatchObject({
      code: 0,
      err: expect.stringContaining('1 tables, 2 rows, as the manifest says') as string,
    });
    const { rows } = await sql`select * from ${sql.ref(`${copy}notes.notes`)} order by id`.execute(admin.db);
    expect(rows).toEqual([
      { id: 1, text: 'žluťoučký' },
      { id: 2, text: null },
    ]);
    await drop(copy);
    const other = join(folder, 'other');
    await writeFile(other, 'not that dump');
    expect(await aws('s3', 'cp', other, `${backup}/dump.sql.gz`)).toMatchObject({ code: 0 });
    expect(await runScript('restore.sh', ['--as', copy, backup], env, 120_000)).toMatchObject({
      code: 1,
      err: expect.stringContaining('Nothing was restored') as string,
    });
    expect(await runScript('restore.sh', ['--as', copy, `s3://${BUCKET}/nothing`], env)).toMatchObject({ code: 1 });
  });

  test("of the CronJob is encrypted with the bucket's own key and comes back; a bucket that is not there fails the Job", async () => {
    const key = JSON.parse((await aws('kms', 'create-key')).out) as { KeyMetadata: { Arn: string } };
    const rule = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key.KeyMetadata.Arn };
    const encryption = JSON.stringify({ Rules: [{ ApplyServerSideEncryptionByDefault: rule }] });
    const words = ['--bucket', BUCKET, '--server-side-encryption-configuration', encryption];
    expect(await aws('s3api', 'put-bucket-encryption', ...words)).toMatchObject({ code: 0 });

    const { hostname, port, username, password } = new URL(server);
    const ofCronJob = (script: string, bucket: string) =>
      runProgram('bash', [join(repositoryRoot, 'k8s/base/mysql', script)], {
        PATH: process.env['PATH'],
        ...env,
        MYSQL_HOST: hostname,
        MYSQL_PORT: port === '' ? '3306' : port,
        MYSQL_USER: decodeURIComponent(username),
        MYSQL_PREFIX: original,
        BACKUP_PASSWORD: decodeURIComponent(password),
        BACKUP_FOLDER: folder,
        BACKUP_BUCKET: bucket,
        BACKUP_PREFIX: 'production/mysql',
      });
    expect(await ofCronJob('dump.sh', BUCKET)).toMatchObject({ code: 0 });
    const uploaded = await ofCronJob('upload.sh', BUCKET);
    expect(uploaded).toMatchObject({ code: 0 });
    const [, backup = ''] =
      /^s3:\/\/backups\/(production\/mysql\/aws-deployer-\w+), \d+ bytes\n$/.exec(uploaded.out) ?? [];
    const head = await aws('s3api', 'head-object', '--bucket', BUCKET, '--key', `${backup}/dump.sql.gz`);
    expect(JSON.parse(head.out)).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key.KeyMetadata.Arn });

    expect(await runScript('restore.sh', ['--as', copy, `s3://${BUCKET}/${backup}`], env, 120_000)).toMatchObject({
      code: 0,
      err: expect.stringContaining('1 tables, 2 rows, as the manifest says') as string,
    });
    const { rows } = await sql`select text from ${sql.ref(`${copy}notes.notes`)} order by id`.execute(admin.db);
    expect(rows).toEqual([{ text: 'žluťoučký' }, { text: null }]);
    await drop(copy);
    expect((await ofCronJob('upload.sh', 'no-such-bucket')).code).not.toBe(0);
  });
});
