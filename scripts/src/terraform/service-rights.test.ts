/**
 * The rights that Terraform gives codebuild-service are those that the service itself says it uses: read from both sources,
 * so that neither grows alone.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { basePolicy } from '@aws-deployer/codebuild-service/adapters/aws-codebuild/role-policy';
import { PERMISSIONS } from '@aws-deployer/codebuild-service/cloud-accounts/permissions';
import { SOURCES } from './terraform-tree.js';

/** Terraform keeps the role that builds run under, since whoever may change it may do anything, and the bucket. */
const NOT_GIVEN = [
  'iam:CreateRole',
  'iam:PutRolePolicy',
  'iam:DeleteRolePolicy',
  's3:CreateBucket',
  's3:PutBucketPublicAccessBlock',
  's3:PutLifecycleConfiguration',
];
/** Beyond an account's own check: its storage is encrypted, and asked for or in other accounts. */
const FOR_TERRAFORM = ['kms:Decrypt', 'kms:GenerateDataKey', 'sts:AssumeRole', 'bedrock:InvokeModel'];

test('codebuild-service may do what it uses, and nothing else', async () => {
  const folder = join(SOURCES, 'modules/iam');
  const own = await readFile(join(folder, 'codebuild-service.tf'), 'utf8');
  const shared =
    /push_and_pull = \[[\s\S]*?\n {2}\]/.exec(await readFile(join(folder, 'deployer.tf'), 'utf8'))?.[0] ?? '';
  const given = new Set((own + shared).match(/(?<=")[a-z0-9]+:[A-Z][A-Za-z]+(?=")/g));
  const passedOver = new Set(['iam:PassedToService', ...FOR_TERRAFORM]);
  const used = PERMISSIONS.flatMap(({ actions }) => actions).filter((action) => !NOT_GIVEN.includes(action));
  expect([...given].filter((action) => !passedOver.has(action)).sort()).toEqual([...new Set(used)].sort());
});

test('builds may do under the role of Terraform what they may under the one that the service makes itself', async () => {
  const text = await readFile(join(SOURCES, 'modules/codebuild/main.tf'), 'utf8');
  const given = new Set(text.match(/(?<=")[a-z0-9]+:[A-Z][A-Za-z]+(?=")/g));
  const { Statement } = basePolicy({ partition: 'aws', accountId: '123456789012' }, 'builds');
  expect(Statement.flatMap(({ Action }) => Action).filter((action) => !given.has(action))).toEqual([]);
});
