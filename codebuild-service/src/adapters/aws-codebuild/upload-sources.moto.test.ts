/** Uploaded sources on moto: put once, whole, in a bucket that is made when none is configured. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fromBufferPromise, type Entry } from 'yauzl';
import { pack } from 'tar-stream';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AwsSession } from '../../ports/aws-session.js';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { sampleBuild, samplePlan } from '../../testing/sample-plan.js';
import { AwsCaller } from '../aws/aws-caller.js';
import { toStartRequest } from './start-request.js';
import { UploadSources } from './upload-sources.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const session: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'x', secretAccessKey: 'x' },
};
const signal = AbortSignal.timeout(60_000);
const SHA256 = 'c'.repeat(64);
let moto: Moto;
let aws: AwsCaller;
let folder: string;
beforeAll(async () => {
  if (missing) return;
  moto = await startMoto();
  aws = new AwsCaller({ endpoint: moto.url, pathStyle: true });
  folder = await mkdtemp(join(tmpdir(), 'upload-sources-'));
  const tar = pack();
  tar.entry({ name: 'src/', type: 'directory', mode: 0o755 });
  tar.entry({ name: 'src/run.sh', mode: 0o755 }, '#!/bin/sh\necho hello\n');
  tar.entry({ name: 'big.bin', mode: 0o644 }, Buffer.alloc(300_000, 7));
  tar.entry({ name: 'link', type: 'symlink', linkname: 'src/run.sh' });
  tar.finalize();
  await pipeline(Readable.from(tar), createWriteStream(join(folder, `${SHA256}.tar`)));
});
afterAll(async () => {
  await aws?.close();
  await moto?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

async function filesIn(location: string): Promise<Record<string, [mode: string, bytes: Buffer]>> {
  const [bucket = '', ...key] = location.split('/');
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const zip = await aws.call(
    session,
    's3',
    async (s3, abortSignal) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key.join('/') }), { abortSignal });
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    { signal },
  );
  const archive = await fromBufferPromise(zip);
  const files: Record<string, [string, Buffer]> = {};
  for await (const entry of archive.eachEntry() as AsyncIterable<Entry>) {
    const mode = (entry.externalFileAttributes >>> 16).toString(8);
    files[entry.fileName] = [
      mode,
      entry.fileName.endsWith('/') ? Buffer.alloc(0) : await buffer(await archive.openReadStreamPromise(entry)),
    ];
  }
  return files;
}

test.skipIf(missing)('a bucket is made, private; the zip holds files, modes and links; it is put once', async () => {
  const sources = new UploadSources(aws, folder, undefined);
  const location = await sources.locationOf(session, SHA256, signal);
  expect(location).toBe(`aws-deployer-builds-123456789012-eu-central-1/uploads/${SHA256}.zip`);
  const files = await filesIn(location);
  expect(Object.keys(files).sort()).toEqual(['big.bin', 'link', 'src/', 'src/run.sh']);
  expect(files['src/run.sh']).toEqual(['100755', Buffer.from('#!/bin/sh\necho hello\n')]);
  expect(files['link']).toEqual(['120777', Buffer.from('src/run.sh')]);
  expect(files['big.bin']?.[1].equals(Buffer.alloc(300_000, 7))).toBe(true);
  const { GetPublicAccessBlockCommand } = await import('@aws-sdk/client-s3');
  const shut = await aws.call(
    session,
    's3',
    (s3, abortSignal) =>
      s3.send(new GetPublicAccessBlockCommand({ Bucket: location.split('/')[0] ?? '' }), { abortSignal }),
    { signal },
  );
  expect(shut.PublicAccessBlockConfiguration).toMatchObject({ BlockPublicPolicy: true, RestrictPublicBuckets: true });
  // The tar is gone: what is in the bucket is found there.
  await rm(join(folder, `${SHA256}.tar`));
  expect(await new UploadSources(aws, folder, undefined).locationOf(session, SHA256, signal)).toBe(location);
  await expect(sources.locationOf(session, 'd'.repeat(64), signal)).rejects.toMatchObject({ code: 'upload_missing' });
});

test('a build of an upload takes it in the place of its project’s source', () => {
  const plan = { ...samplePlan({ name: 'image-shop', source: { type: 'none' as const } }), uploadSha256: SHA256 };
  expect(toStartRequest(sampleBuild(plan, { session }), [], 'bucket/uploads/c.zip')).toMatchObject({
    projectName: 'image-shop',
    sourceTypeOverride: 'S3',
    sourceLocationOverride: 'bucket/uploads/c.zip',
  });
});
