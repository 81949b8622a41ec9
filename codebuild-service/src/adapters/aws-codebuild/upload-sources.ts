/**
 * Uploaded sources where CodeBuild can take them: a zip in a bucket of the account, once per digest. The bucket is the
 * configured one, else `aws-deployer-builds-<account>-<region>`, made private on first use with uploads that end after a week.
 */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../../ports/aws-session.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { OWN_BUCKET_PREFIX } from './role-policy.js';

const UPLOAD_ATTEMPT_MS = 300_000;
const KEPT_DAYS = 7;
/** Zip knows no earlier time; the same for all files, so that the same source is the same zip. */
const ZIP_EPOCH = new Date(1980, 0, 1);

export class UploadSources {
  /** By region and credential's account: buckets that are known to be there. */
  private readonly buckets = new Map<string, Promise<string>>();

  constructor(
    private readonly aws: AwsCaller,
    /** Folder of the uploads: `<sha256>.tar`. */
    private readonly uploads: string,
    private readonly bucket: string | undefined,
  ) {}

  /** `bucket/key.zip`, put there unless it is. Throws invalid/`upload_missing` when the tar is gone. */
  async locationOf(session: AwsSession, sha256: string, signal: AbortSignal): Promise<string> {
    const bucket = this.bucket ?? (await this.ownBucket(session, signal));
    const key = `uploads/${sha256}.zip`;
    if (!(await this.isThere(session, bucket, key, signal))) await this.put(session, bucket, key, sha256, signal);
    return `${bucket}/${key}`;
  }

  private async isThere(session: AwsSession, bucket: string, key: string, signal: AbortSignal): Promise<boolean> {
    const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
    return found(
      this.aws.call(
        session,
        's3',
        (s3, abortSignal) => s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }),
        { signal },
      ),
    );
  }

  private async put(
    session: AwsSession,
    bucket: string,
    key: string,
    sha256: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-upload-'));
    try {
      const file = join(folder, 'source.zip');
      await zipOfTar(join(this.uploads, `${sha256}.tar`), file, signal);
      const { size } = await stat(file);
      await this.aws.call(
        session,
        's3',
        (s3, abortSignal) => {
          const Body = createReadStream(file); // afresh for each attempt
          return s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentLength: size }), {
            abortSignal,
          });
        },
        { signal, attemptMs: UPLOAD_ATTEMPT_MS },
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private ownBucket(session: AwsSession, signal: AbortSignal): Promise<string> {
    const place = `${session.account ?? ''} ${session.region}`;
    const known = this.buckets.get(place);
    if (known) return known;
    const made = this.makeBucket(session, signal);
    this.buckets.set(place, made);
    made.catch(() => this.buckets.delete(place)); // told to the caller; the next one tries again
    return made;
  }

  private async makeBucket(session: AwsSession, signal: AbortSignal): Promise<string> {
    const [{ GetCallerIdentityCommand }, s3] = await Promise.all([
      import('@aws-sdk/client-sts'),
      import('@aws-sdk/client-s3'),
    ]);
    const identity = await this.aws.call(
      session,
      'sts',
      (sts, abortSignal) => sts.send(new GetCallerIdentityCommand({}), { abortSignal }),
      { signal },
    );
    const Bucket = `${OWN_BUCKET_PREFIX}${identity.Account ?? ''}-${session.region}`;
    const there = await found(
      this.aws.call(
        session,
        's3',
        (client, abortSignal) => client.send(new s3.HeadBucketCommand({ Bucket }), { abortSignal }),
        { signal },
      ),
    );
    if (there) return Bucket;
    // Outside of the first region AWS wants its name said.
    const configuration =
      session.region === 'us-east-1'
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: session.region as 'eu-central-1' } };
    await this.aws.call(
      session,
      's3',
      async (client, abortSignal) => {
        await client.send(new s3.CreateBucketCommand({ Bucket, ...configuration }), { abortSignal });
        const shut = {
          BlockPublicAcls: true,
          IgnorePublicAcls: true,
          BlockPublicPolicy: true,
          RestrictPublicBuckets: true,
        };
        await client.send(new s3.PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: shut }), {
          abortSignal,
        });
        const rule = {
          ID: 'uploads-end',
          Status: 'Enabled' as const,
          Filter: { Prefix: 'uploads/' },
          Expiration: { Days: KEPT_DAYS },
        };
        await client.send(
          new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
          { abortSignal },
        );
      },
      { signal },
    );
    return Bucket;
  }
}

/** Whether what was asked for is there. */
async function found(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** An answer to HEAD has no body: its status is all that tells. */
function statusOf(error: unknown): number | undefined {
  const cause = error instanceof AppError ? error.cause : undefined;
  const facts = typeof cause === 'object' && cause !== null && '$metadata' in cause ? cause.$metadata : undefined;
  return (facts as { httpStatusCode?: number } | undefined)?.httpStatusCode;
}

/** Links stay links: as files of their mode that hold the target, which `unzip` makes links again. */
async function zipOfTar(tar: string, zip: string, signal: AbortSignal): Promise<void> {
  const [{ extract }, { ZipFile }] = await Promise.all([import('tar-stream'), import('yazl')]);
  const entries = extract();
  if (!existsSync(tar)) throw new AppError('invalid', 'upload_missing', 'The uploaded source is gone: send it again');
  const fed = pipeline(createReadStream(tar), entries, { signal });
  const archive = new ZipFile();
  const written = pipeline(Readable.from(archive.outputStream), createWriteStream(zip), { signal });
  const add = async (): Promise<void> => {
    for await (const source of entries) {
      const entry = Readable.from(source); // tar-stream's own kind of stream, as Node knows them
      const { name, type, linkname, mode = 0o644 } = source.header;
      const options = { mtime: ZIP_EPOCH, mode: 0o100000 | (mode & 0o777) };
      if (type === 'directory') {
        archive.addEmptyDirectory(name.replace(/\/$/, ''), { mtime: ZIP_EPOCH, mode: 0o040000 | (mode & 0o777) });
        await text(entry);
      } else if (type === 'symlink') {
        archive.addBuffer(Buffer.from(linkname ?? ''), name, { mtime: ZIP_EPOCH, mode: 0o120777 });
        await text(entry);
      } else {
        archive.addReadStream(entry, name, options);
        await finished(entry, { writable: false });
      }
    }
    archive.end();
  };
  await Promise.all([fed, add(), written]);
}
