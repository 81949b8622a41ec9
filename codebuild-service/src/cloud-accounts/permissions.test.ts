import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { leastPolicy, partitionOf, PERMISSIONS, type PermissionPlace } from './permissions.js';

const PLACE: PermissionPlace = {
  partition: 'aws',
  accountId: '123456789012',
  regions: ['eu-central-1', 'us-east-1'],
  prefix: 'team-',
  bucket: 'sources',
  serviceRole: null,
};

test('the least policy grants each action once, on things of these regions, this account and this prefix', () => {
  const { Statement } = leastPolicy(PLACE);
  const actions = Statement.flatMap(({ Action }) => Action);
  expect(new Set(actions).size).toBe(actions.length);
  expect(actions.every((action) => /^[a-z0-9]+:[A-Za-z]+$/.test(action))).toBe(true);
  const wide = Statement.filter(({ Resource }) => Resource.includes('*')).map(({ Sid }) => Sid);
  expect(wide).toEqual(['FindProjects', 'RegistryLogin', 'Quota']); // AWS knows no narrower resource for these
  const of = (sid: string) => Statement.find(({ Sid }) => Sid === sid);
  expect(of('Builds')?.Resource).toEqual([
    'arn:aws:codebuild:eu-central-1:123456789012:project/team-*',
    'arn:aws:codebuild:us-east-1:123456789012:project/team-*',
  ]);
  expect(of('Repositories')?.Resource[0]).toBe('arn:aws:ecr:eu-central-1:123456789012:repository/team-*');
  expect(of('Objects')?.Resource).toEqual(['arn:aws:s3:::sources/*']);
  expect(of('PassBuildRole')).toMatchObject({
    Resource: ['arn:aws:iam::123456789012:role/aws-deployer-codebuild'],
    Condition: { StringEquals: { 'iam:PassedToService': 'codebuild.amazonaws.com' } },
  });
});

test('it stays within what IAM takes: statement ids, size of a managed policy', () => {
  expect(PERMISSIONS.every(({ id }) => /^[A-Za-z0-9]+$/.test(id))).toBe(true);
  expect(JSON.stringify(leastPolicy({ ...PLACE, regions: [PLACE.regions[0] ?? ''] })).length).toBeLessThan(6_144);
});

test('partitions by region', () => {
  expect(['eu-west-1', 'cn-north-1', 'us-gov-west-1'].map(partitionOf)).toEqual(['aws', 'aws-cn', 'aws-us-gov']);
});

test('every command that the adapters of builds, projects and images send has its action in the catalogue', () => {
  const adapters = join(import.meta.dirname, '..', 'adapters');
  const sent = ['aws-codebuild', 'aws-ecr'].flatMap((adapter) =>
    readdirSync(join(adapters, adapter))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .flatMap((name) => {
        const text = readFileSync(join(adapters, adapter, name), 'utf8');
        const commands = [...text.matchAll(/new (?:\w+\.)?([A-Z]\w+)Command\(/g)];
        const pages = [...text.matchAll(/\bpaginate([A-Z]\w+)\(/g)];
        return [...commands, ...pages].map(([, operation = '']) => operation);
      }),
  );
  expect(sent.length).toBeGreaterThan(20);
  /** Another name for the permission, or none needed. */
  const named: Readonly<Record<string, string | null>> = {
    HeadBucket: 'ListBucket',
    PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
    PutBucketLifecycleConfiguration: 'PutLifecycleConfiguration',
    GetCallerIdentity: null,
    HeadObject: 'GetObject',
    ListObjectsV2: 'ListBucket',
  };
  const known = new Set(PERMISSIONS.flatMap(({ actions }) => actions.map((action) => action.split(':')[1])));
  const wanted = sent.map((operation) => (operation in named ? named[operation] : operation));
  expect([...new Set(wanted)].filter((operation) => operation !== null && !known.has(operation))).toEqual([]);
});
