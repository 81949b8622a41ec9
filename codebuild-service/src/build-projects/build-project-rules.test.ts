import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { expect, test } from 'vitest';
import { settingsOf } from './build-project.js';
import { projectProblems, type ProjectPlace } from './build-project-rules.js';
import { sourceOfUrl } from './source-of-url.js';

const AWS: ProjectPlace = { engine: 'codebuild', region: 'eu-central-1', isLocalMode: false };
const LOCAL: ProjectPlace = { engine: 'local', region: 'local', isLocalMode: true };
const SHARED: ProjectPlace = { ...LOCAL, isLocalMode: false };
const GITHUB = { type: 'github', location: 'https://github.com/acme/shop.git' } as const;
const INLINE = { type: 'inline', text: 'version: 0.2\nphases:\n  build:\n    commands: [make]\n' } as const;

const problems = (input: Partial<CreateBuildProjectInput>, place: ProjectPlace) =>
  projectProblems(settingsOf(CreateBuildProjectBody.parse({ name: 'shop', source: GITHUB, ...input })), place);

type Case = readonly [string, Partial<CreateBuildProjectInput>, ProjectPlace];
const GOOD: readonly Case[] = [
  ['GitHub', {}, AWS],
  ['GitHub Enterprise', { source: { type: 'github_enterprise', location: 'https://git.acme.example/a/b' } }, AWS],
  ['GitLab in groups', { source: { type: 'gitlab', location: 'https://gitlab.com/a/b/c.git' } }, AWS],
  ['Bitbucket with its user', { source: { type: 'bitbucket', location: 'https://me@bitbucket.org/a/b.git' } }, AWS],
  [
    'CodeCommit',
    { source: { type: 'codecommit', location: 'https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/shop' } },
    AWS,
  ],
  ['S3', { source: { type: 's3', location: 'acme-sources/shop/source.zip', version: 'x.y_Z' } }, AWS],
  ['no source', { source: { type: 'none' }, buildspec: INLINE }, AWS],
  ['any server', { source: { type: 'git', location: 'git@git.acme.example:team/shop.git' } }, LOCAL],
  ['a folder of this machine', { source: { type: 'git', location: 'file:///srv/shop.git' } }, LOCAL],
  ['a buildspec in a bucket', { buildspec: { type: 'file', path: 'arn:aws:s3:::acme/buildspec.yml' } }, AWS],
  ['Lambda', { environment: { type: 'LINUX_LAMBDA_CONTAINER', compute: 'BUILD_LAMBDA_1GB' } }, AWS],
  ['Docker layers', { environment: { privileged: true }, cache: { type: 'local', modes: ['docker_layer'] } }, AWS],
  [
    'artifacts and logs',
    {
      artifacts: { type: 's3', bucket: 'acme-artifacts', path: 'shop' },
      logs: { s3: { enabled: true, location: 'acme-logs/x' } },
    },
    AWS,
  ],
  ['a role', { service_role: 'arn:aws:iam::123456789012:role/path/build' }, AWS],
  [
    'a connection',
    { source: { ...GITHUB, credential: 'arn:aws:codeconnections:eu-central-1:123456789012:connection/x' } },
    AWS,
  ],
  [
    'a webhook with filters',
    {
      webhook: {
        filter_groups: [
          [
            { type: 'EVENT', pattern: 'PUSH,PULL_REQUEST_MERGED' },
            { type: 'BASE_REF', pattern: '^refs/heads/' },
          ],
        ],
      },
    },
    AWS,
  ],
  [
    "a webhook of a server of one's own",
    { source: { type: 'git', location: 'https://git.acme.example/a/b' }, webhook: {} },
    LOCAL,
  ],
];
test.each(GOOD)('%s is taken', (_name, input, place) => {
  expect(problems(input, place)).toEqual([]);
});

const BAD: readonly (readonly [...Case, string, RegExp])[] = [
  ['a missing address', { source: { type: 'github' } }, AWS, 'source.location', /github\.com/],
  [
    'an address without a source',
    { source: { type: 'none', location: 'https://x.example/y' }, buildspec: INLINE },
    AWS,
    'source.location',
    /remove/,
  ],
  [
    'another host than GitHub',
    { source: { type: 'github', location: 'https://git.acme.example/a/b' } },
    AWS,
    'source.location',
    /github_enterprise/,
  ],
  [
    'GitHub itself as Enterprise',
    { source: { type: 'github_enterprise', location: GITHUB.location } },
    AWS,
    'source.location',
    /github/,
  ],
  [
    'no repository',
    { source: { type: 'github', location: 'https://github.com/acme' } },
    AWS,
    'source.location',
    /owner\/repository/,
  ],
  [
    'a token in the address',
    { source: { type: 'github', location: 'https://me:ghp@github.com/a/b' } },
    AWS,
    'source.location',
    /remove it/,
  ],
  [
    'an ssh address',
    { source: { type: 'github', location: 'git@github.com:acme/shop.git' } },
    AWS,
    'source.location',
    /https:\/\/github\.com\/acme\/shop\.git/,
  ],
  ['http', { source: { type: 'gitlab', location: 'http://gitlab.com/a/b' } }, AWS, 'source.location', /https/],
  [
    'an option of git',
    { source: { type: 'git', location: '--upload-pack=x' } },
    LOCAL,
    'source.location',
    /write it as/,
  ],
  ['ext::', { source: { type: 'git', location: 'ext::sh -c x' } }, LOCAL, 'source.location', /write it as/],
  [
    'a folder where others work too',
    { source: { type: 'git', location: 'file:///srv/shop.git' } },
    SHARED,
    'source.location',
    /https/,
  ],
  [
    'a Git server of another kind in AWS',
    { source: { type: 'git', location: 'https://git.acme.example/a/b' } },
    AWS,
    'source.type',
    /github_enterprise/,
  ],
  [
    'CodeCommit of another region',
    { source: { type: 'codecommit', location: 'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/shop' } },
    AWS,
    'source.location',
    /us-east-1/,
  ],
  [
    'CodeCommit on this machine',
    { source: { type: 'codecommit', location: 'https://git-codecommit.us-east-1.amazonaws.com/v1/repos/shop' } },
    LOCAL,
    'source.type',
    /Git repository/,
  ],
  [
    'a bucket with its scheme',
    { source: { type: 's3', location: 's3://acme/source.zip' } },
    AWS,
    'source.location',
    /write acme\/source\.zip/,
  ],
  [
    'a credential on this machine',
    { source: { ...GITHUB, credential: 'arn:aws:codeconnections:eu-central-1:123456789012:connection/x' } },
    LOCAL,
    'source.credential',
    /remove/,
  ],
  [
    'a credential that is no ARN',
    { source: { ...GITHUB, credential: 'token' } },
    AWS,
    'source.credential',
    /codeconnections/,
  ],
  ['a version that is an option', { source: { ...GITHUB, version: '--exec' } }, AWS, 'source.version', /main/],
  [
    'a path outside the source',
    { buildspec: { type: 'file', path: '../buildspec.yml' } },
    AWS,
    'buildspec.path',
    /buildspec\.yml/,
  ],
  ['a file without a source', { source: { type: 'none' } }, AWS, 'buildspec.path', /inline/],
  [
    'a size of another kind',
    { environment: { compute: 'BUILD_LAMBDA_1GB' } },
    AWS,
    'environment.compute',
    /BUILD_GENERAL1_SMALL/,
  ],
  [
    'privileged Lambda',
    { environment: { type: 'ARM_LAMBDA_CONTAINER', compute: 'BUILD_LAMBDA_1GB', privileged: true } },
    AWS,
    'environment.privileged',
    /LINUX_CONTAINER/,
  ],
  [
    'Windows on this machine',
    { environment: { type: 'WINDOWS_SERVER_2022_CONTAINER', compute: 'BUILD_GENERAL1_LARGE' } },
    LOCAL,
    'environment.type',
    /LINUX_CONTAINER/,
  ],
  [
    'Docker layers without privileges',
    { cache: { type: 'local', modes: ['docker_layer'] } },
    AWS,
    'environment.privileged',
    /true/,
  ],
  [
    'a variable twice',
    {
      environment: {
        variables: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
    },
    AWS,
    'environment.variables.1.name',
    /one of the two/,
  ],
  [
    'a reserved variable',
    { environment: { variables: [{ name: 'CODEBUILD_X', value: '1' }] } },
    AWS,
    'environment.variables.0.name',
    /another name/,
  ],
  [
    'a secret of AWS on this machine',
    { environment: { variables: [{ name: 'A', value: '/a', type: 'PARAMETER_STORE' }] } },
    LOCAL,
    'environment.variables.0.type',
    /PLAINTEXT/,
  ],
  [
    'a key in plain text',
    { environment: { variables: [{ name: 'A', value: 'AKIAIOSFODNN7EXAMPLE' }] } },
    AWS,
    'environment.variables.0.value',
    /Secrets Manager/,
  ],
  ['a bucket that is none', { artifacts: { type: 's3', bucket: 'No_Bucket' } }, AWS, 'artifacts.bucket', /lower-case/],
  [
    'artifacts that leave their bucket',
    { artifacts: { type: 's3', bucket: 'acme', path: '../x' } },
    AWS,
    'artifacts.path',
    /\.\./,
  ],
  [
    'a cache with its scheme',
    { cache: { type: 's3', location: 's3://acme/cache' } },
    AWS,
    'cache.location',
    /without s3/,
  ],
  [
    'a cached source of a bucket',
    { source: { type: 's3', location: 'acme/a.zip' }, cache: { type: 'local', modes: ['source'] } },
    AWS,
    'cache.modes',
    /take source out/,
  ],
  [
    'a VPC on this machine',
    { vpc: { vpc_id: 'vpc-1', subnets: ['subnet-1'], security_group_ids: ['sg-1'] } },
    LOCAL,
    'vpc',
    /null/,
  ],
  ['a role that is none', { service_role: 'admin' }, AWS, 'service_role', /arn:aws:iam/],
  ['logs that go nowhere', { logs: { s3: { enabled: true } } }, AWS, 'logs.s3.location', /bucket\/prefix/],
  ['a webhook of a bucket', { source: { type: 's3', location: 'acme/a.zip' }, webhook: {} }, AWS, 'webhook', /github/],
  [
    'a webhook of a folder',
    { source: { type: 'git', location: 'file:///srv/a' }, webhook: {} },
    LOCAL,
    'webhook',
    /null/,
  ],
  [
    'an event that is none',
    { webhook: { filter_groups: [[{ type: 'EVENT', pattern: 'PUHS' }]] } },
    AWS,
    'webhook.filter_groups.0.0.pattern',
    /did you mean PUSH/,
  ],
  [
    'a pattern that is none',
    { webhook: { filter_groups: [[{ type: 'HEAD_REF', pattern: '(' }]] } },
    AWS,
    'webhook.filter_groups.0.0.pattern',
    /regular expression/,
  ],
  [
    'the target of a push',
    { webhook: { filter_groups: [[{ type: 'BASE_REF', pattern: 'main' }]] } },
    AWS,
    'webhook.filter_groups.0.0.type',
    /PULL_REQUEST_CREATED/,
  ],
  ['a badge of a bucket', { source: { type: 's3', location: 'acme/a.zip' }, badge: true }, AWS, 'badge', /false/],
  ["the platform's own tag", { tags: { 'aws-deployer': 'mine' } }, AWS, 'tags.aws-deployer', /another key/],
];
test.each(BAD)('%s is refused with its field and the mend', (_name, input, place, field, mend) => {
  const found = problems(input, place);
  expect(found.map((problem) => problem.field)).toEqual([field]);
  expect(found[0]?.mend).toMatch(mend);
});

test('all that is wrong is told at once', () => {
  const found = problems(
    { source: { type: 'github' }, environment: { compute: 'BUILD_LAMBDA_1GB' }, service_role: 'x' },
    AWS,
  );
  expect(found.map(({ field }) => field)).toEqual(['source.location', 'environment.compute', 'service_role']);
});

test.each([
  ['https://github.com/a/b', 'codebuild', 'github', 'https://github.com/a/b'],
  ['https://gitlab.com/a/b', 'codebuild', 'gitlab', 'https://gitlab.com/a/b'],
  ['https://gitlab.acme.example/a/b', 'codebuild', 'gitlab', 'https://gitlab.acme.example/a/b'],
  ['https://bitbucket.org/a/b', 'local', 'bitbucket', 'https://bitbucket.org/a/b'],
  ['https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/a', 'codebuild', 'codecommit', undefined],
  ['https://git.acme.example/a/b', 'codebuild', 'github_enterprise', undefined],
  ['https://git.acme.example/a/b', 'local', 'git', undefined],
  ['file:///srv/a', 'local', 'git', undefined],
  ['s3://acme/a.zip', 'codebuild', 's3', 'acme/a.zip'],
  ['arn:aws:s3:::acme/a.zip', 'codebuild', 's3', 'acme/a.zip'],
  ['acme/a.zip', 'codebuild', 's3', 'acme/a.zip'],
] as const)('%s with the engine %s is a source of type %s', (address, engine, type, location) => {
  expect(sourceOfUrl(address, engine)).toEqual({ type, location: location ?? address });
});
