/** S3: buckets and objects. */
import { z } from 'zod';
import { page, part } from '../console-link.js';
import { operation } from '../operation.js';
import { BucketName, ObjectKey } from '../parameters.js';

const ofBucket = z.strictObject({ bucket: BucketName });
const bucketPage =
  (tab: string) =>
  ({ parameters: { bucket } }: { parameters: { bucket: string } }) =>
    page(`s3/buckets/${bucket}?tab=${tab}`);
const objectPage = ({ parameters: { bucket, key } }: { parameters: { bucket: string; key: string } }) =>
  page(`s3/object/${bucket}?prefix=${part(key)}`);
const bucketsPage = () => page('s3/buckets');
/** An object that is put by hand: text of up to half a megabyte. */
const LONGEST_CONTENT = 500_000;

export const listBuckets = operation({
  name: 's3.list_buckets',
  title: 'List S3 buckets',
  description: 'All buckets of the account, in whatever region they lie.',
  effect: 'read',
  parameters: z.strictObject({ prefix: z.string().max(63).optional().describe('Only names that begin so') }),
  permissions: ['s3:ListAllMyBuckets'],
  columns: ['bucket', 'region', 'created_at'],
  paged: true,
  console: bucketsPage,
  phrases: ['list buckets', 'show my s3 buckets', 'which buckets do we have', 'all buckets'],
});
export const listObjects = operation({
  name: 's3.list_objects',
  title: 'List objects of an S3 bucket',
  description: 'Keys with size, class and time, below a prefix where one is given.',
  effect: 'read',
  parameters: z.strictObject({ bucket: BucketName, prefix: z.string().max(1024).optional() }),
  permissions: ['s3:ListBucket'],
  columns: ['key', 'size_bytes', 'storage_class', 'modified_at', 'etag'],
  paged: true,
  console: bucketPage('objects'),
  phrases: [
    'list objects in bucket',
    'list objects',
    'show files in the bucket',
    'what is in the s3 bucket',
    'contents of bucket',
    'list files with prefix',
  ],
});
export const headObject = operation({
  name: 's3.head_object',
  title: 'Facts about an S3 object',
  description: 'Size, type, encryption and version of one object, without its content.',
  effect: 'read',
  parameters: z.strictObject({ bucket: BucketName, key: ObjectKey }),
  permissions: ['s3:GetObject'],
  columns: ['key', 'size_bytes', 'content_type', 'storage_class', 'encryption', 'version_id', 'modified_at', 'etag'],
  paged: false,
  console: objectPage,
  phrases: [
    'size of object in bucket',
    'metadata of the s3 object',
    'size and type of the object',
    'when was the file in the bucket changed',
  ],
});
export const getBucketVersioning = operation({
  name: 's3.get_bucket_versioning',
  title: 'Versioning of an S3 bucket',
  description: 'Whether a bucket keeps the versions of its objects.',
  effect: 'read',
  parameters: ofBucket,
  permissions: ['s3:GetBucketVersioning'],
  columns: ['bucket', 'versioning', 'mfa_delete'],
  paged: false,
  console: bucketPage('properties'),
  phrases: ['is versioning on for bucket', 'versioning status of bucket', 'does the bucket keep versions'],
});
export const getBucketEncryption = operation({
  name: 's3.get_bucket_encryption',
  title: 'Encryption of an S3 bucket',
  description: 'How new objects of a bucket are encrypted, and with which key.',
  effect: 'read',
  parameters: ofBucket,
  permissions: ['s3:GetEncryptionConfiguration'],
  columns: ['bucket', 'algorithm', 'kms_key', 'bucket_key'],
  paged: false,
  console: bucketPage('properties'),
  phrases: ['is the bucket encrypted', 'encryption of bucket', 'kms key of the bucket'],
});
export const getPublicAccessBlock = operation({
  name: 's3.get_public_access_block',
  title: 'Public access of an S3 bucket',
  description: 'Whether a bucket is closed to the public.',
  effect: 'read',
  parameters: ofBucket,
  permissions: ['s3:GetBucketPublicAccessBlock'],
  columns: ['bucket', 'block_public_acls', 'ignore_public_acls', 'block_public_policy', 'restrict_public_buckets'],
  paged: false,
  console: bucketPage('permissions'),
  phrases: ['is the bucket public', 'public access block of bucket', 'can everyone read the bucket'],
});
export const createBucket = operation({
  name: 's3.create_bucket',
  title: 'Create an S3 bucket',
  description: 'Makes a bucket in the region. It is encrypted and closed to the public, as AWS makes new ones.',
  effect: 'change',
  parameters: ofBucket,
  permissions: ['s3:CreateBucket'],
  columns: ['bucket', 'location'],
  paged: false,
  console: bucketPage('objects'),
  phrases: ['create bucket', 'make a new s3 bucket', 'add bucket named'],
  summary: ({ bucket }) => `Create the bucket ${bucket}`,
});
export const deleteBucket = operation({
  name: 's3.delete_bucket',
  title: 'Delete an S3 bucket',
  description:
    'Deletes an empty bucket; AWS refuses one that still holds objects. Its name is free for everybody then.',
  effect: 'destroy',
  parameters: ofBucket,
  permissions: ['s3:DeleteBucket'],
  columns: ['bucket'],
  paged: false,
  console: bucketsPage,
  phrases: ['delete bucket', 'remove the s3 bucket', 'destroy bucket', 'drop bucket'],
  summary: ({ bucket }) => `Delete the bucket ${bucket}, if it is empty`,
});
export const putObject = operation({
  name: 's3.put_object',
  title: 'Put a text into an S3 bucket',
  description: 'Writes a small text object; one of the same key is replaced.',
  effect: 'change',
  parameters: z.strictObject({
    bucket: BucketName,
    key: ObjectKey,
    content: z.string().max(LONGEST_CONTENT),
    content_type: z
      .string()
      .regex(/^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/, 'must be a media type such as text/plain')
      .default('text/plain'),
  }),
  permissions: ['s3:PutObject'],
  columns: ['bucket', 'key', 'version_id', 'etag'],
  paged: false,
  console: objectPage,
  phrases: ['put object into bucket', 'upload a file to the bucket', 'write text to s3', 'save object under key'],
  summary: ({ bucket, key, content }) =>
    `Put ${Buffer.byteLength(content)} bytes under the key ${key} into the bucket ${bucket}`,
  unrecorded: ['content'],
});
export const deleteObject = operation({
  name: 's3.delete_object',
  title: 'Delete an S3 object',
  description: 'Deletes one object; a bucket with versioning keeps the earlier versions.',
  effect: 'destroy',
  parameters: z.strictObject({ bucket: BucketName, key: ObjectKey, version_id: z.string().max(1024).optional() }),
  permissions: ['s3:DeleteObject'],
  columns: ['bucket', 'key', 'version_id', 'delete_marker'],
  paged: false,
  console: bucketPage('objects'),
  phrases: ['delete object from bucket', 'remove file from s3', 'delete key in bucket'],
  summary: ({ bucket, key, version_id }) =>
    `Delete the object ${key}${version_id === undefined ? '' : ` in its version ${version_id}`} from the bucket ${bucket}`,
});
export const putBucketVersioning = operation({
  name: 's3.put_bucket_versioning',
  title: 'Switch versioning of an S3 bucket',
  description: 'Has a bucket keep the versions of its objects, or no longer keep new ones.',
  effect: 'change',
  parameters: z.strictObject({ bucket: BucketName, status: z.enum(['Enabled', 'Suspended']) }),
  permissions: ['s3:PutBucketVersioning'],
  columns: ['bucket', 'versioning'],
  paged: false,
  console: bucketPage('properties'),
  phrases: [
    'enable versioning on bucket',
    'turn on versioning',
    'suspend versioning of bucket',
    'switch bucket versioning',
  ],
  summary: ({ bucket, status }) =>
    status === 'Enabled'
      ? `Keep the versions of objects in the bucket ${bucket}`
      : `Keep no new versions of objects in the bucket ${bucket}`,
});

export const s3Operations = [
  listBuckets,
  listObjects,
  headObject,
  getBucketVersioning,
  getBucketEncryption,
  getPublicAccessBlock,
  createBucket,
  deleteBucket,
  putObject,
  deleteObject,
  putBucketVersioning,
];
