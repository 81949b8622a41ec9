/**
 * S3: buckets and objects. A bucket is asked in the region where it lies, whatever the region of the call: S3 says which that
 * is when it is asked in another. (The client's own way to follow changes its region for all calls that run beside.)
 */
import type { BucketLocationConstraint, S3Client } from '@aws-sdk/client-s3';
import * as declared from '../../aws-operations/catalogue/s3.js';
import { carriedOut, type AwsCall } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-s3');

type Work<Output> = (s3: S3Client, options: { abortSignal: AbortSignal }) => Promise<Output>;
async function atBucket<Output>(call: AwsCall, work: Work<Output>): Promise<Output> {
  let itsRegion: string | undefined;
  const looking: Work<Output> = (s3, options) =>
    work(s3, options).catch((error: unknown) => {
      itsRegion = regionTold(error);
      throw error;
    });
  try {
    return await call.send('s3', looking);
  } catch (error) {
    if (itsRegion === undefined || itsRegion === call.region) throw error;
    return call.send('s3', work, itsRegion);
  }
}
/** Of a redirect, or of a request that was signed for another region. */
function regionTold(error: unknown): string | undefined {
  const { $response: answer } = error as { $response?: { statusCode?: number; headers?: Record<string, string> } };
  return answer?.statusCode === 301 || answer?.statusCode === 400 ? answer.headers?.['x-amz-bucket-region'] : undefined;
}

export const s3Calls = [
  carriedOut(declared.listBuckets, async (call, { prefix }) => {
    const { ListBucketsCommand } = await sdk();
    const from = await call.send('s3', (s3, options) =>
      s3.send(
        new ListBucketsCommand({ MaxBuckets: call.pageSize(1, 10_000), ContinuationToken: call.token, Prefix: prefix }),
        options,
      ),
    );
    const rows = (from.Buckets ?? []).map(({ Name, BucketRegion, CreationDate }) => ({
      bucket: Name,
      region: BucketRegion,
      created_at: CreationDate,
    }));
    return { rows, next: from.ContinuationToken, from };
  }),
  carriedOut(declared.listObjects, async (call, { bucket, prefix }) => {
    const { ListObjectsV2Command } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          MaxKeys: call.pageSize(1, 1000),
          ContinuationToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.Contents ?? []).map((object) => ({
      key: object.Key,
      size_bytes: object.Size,
      storage_class: object.StorageClass,
      modified_at: object.LastModified,
      etag: object.ETag,
    }));
    return { rows, next: from.NextContinuationToken, from };
  }),
  carriedOut(declared.headObject, async (call, { bucket, key }) => {
    const { HeadObjectCommand } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), options),
    );
    const row = {
      key,
      size_bytes: from.ContentLength,
      content_type: from.ContentType,
      storage_class: from.StorageClass ?? 'STANDARD',
      encryption: from.ServerSideEncryption,
      version_id: from.VersionId,
      modified_at: from.LastModified,
      etag: from.ETag,
    };
    return { rows: [row], from };
  }),
  carriedOut(declared.getBucketVersioning, async (call, { bucket }) => {
    const { GetBucketVersioningCommand } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(new GetBucketVersioningCommand({ Bucket: bucket }), options),
    );
    return {
      rows: [{ bucket, versioning: from.Status ?? 'Never enabled', mfa_delete: from.MFADelete ?? 'Disabled' }],
      from,
    };
  }),
  carriedOut(declared.getBucketEncryption, async (call, { bucket }) => {
    const { GetBucketEncryptionCommand } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(new GetBucketEncryptionCommand({ Bucket: bucket }), options),
    );
    const rows = (from.ServerSideEncryptionConfiguration?.Rules ?? []).map((rule) => ({
      bucket,
      algorithm: rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm,
      kms_key: rule.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID,
      bucket_key: rule.BucketKeyEnabled,
    }));
    return { rows, from };
  }),
  carriedOut(declared.getPublicAccessBlock, async (call, { bucket }) => {
    const { GetPublicAccessBlockCommand } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(new GetPublicAccessBlockCommand({ Bucket: bucket }), options),
    );
    const block = from.PublicAccessBlockConfiguration;
    const row = {
      bucket,
      block_public_acls: block?.BlockPublicAcls,
      ignore_public_acls: block?.IgnorePublicAcls,
      block_public_policy: block?.BlockPublicPolicy,
      restrict_public_buckets: block?.RestrictPublicBuckets,
    };
    return { rows: [row], from };
  }),
  carriedOut(declared.createBucket, async (call, { bucket }) => {
    const { CreateBucketCommand } = await sdk();
    const elsewhere = call.region !== 'us-east-1'; // S3 takes no constraint for the region that it began in
    const from = await call.send('s3', (s3, options) =>
      s3.send(
        new CreateBucketCommand({
          Bucket: bucket,
          ...(elsewhere
            ? { CreateBucketConfiguration: { LocationConstraint: call.region as BucketLocationConstraint } }
            : {}),
        }),
        options,
      ),
    );
    return { rows: [{ bucket, location: from.Location }], from };
  }),
  carriedOut(declared.deleteBucket, async (call, { bucket }) => {
    const { DeleteBucketCommand } = await sdk();
    const from = await atBucket(call, (s3, options) => s3.send(new DeleteBucketCommand({ Bucket: bucket }), options));
    return { rows: [{ bucket }], from };
  }),
  carriedOut(declared.putObject, async (call, { bucket, key, content, content_type }) => {
    const { PutObjectCommand } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: content_type }), options),
    );
    return { rows: [{ bucket, key, version_id: from.VersionId, etag: from.ETag }], from };
  }),
  carriedOut(declared.deleteObject, async (call, { bucket, key, version_id }) => {
    const { DeleteObjectCommand } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: version_id }), options),
    );
    return { rows: [{ bucket, key, version_id: from.VersionId, delete_marker: from.DeleteMarker ?? false }], from };
  }),
  carriedOut(declared.putBucketVersioning, async (call, { bucket, status }) => {
    const { PutBucketVersioningCommand } = await sdk();
    const from = await atBucket(call, (s3, options) =>
      s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: status } }), options),
    );
    return { rows: [{ bucket, versioning: status }], from };
  }),
];
