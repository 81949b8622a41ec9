/** What moto has not: updates, webhooks, badges, and roles that are not known everywhere yet; against the HTTP double. */
import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AwsSession } from '../../ports/aws-session.js';
import { startCodeBuildDouble, type CodeBuildDouble } from '../../testing/codebuild-double.js';
import { AwsCaller } from '../aws/aws-caller.js';
import { CodeBuildProjects } from './codebuild-projects.js';
import { ServiceRoles } from './service-roles.js';

const session: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'x', secretAccessKey: 'x' },
};
const signal = AbortSignal.timeout(60_000);
const settingsOf = (input: CreateBuildProjectInput) => CreateBuildProjectBody.parse(input);
const shop: CreateBuildProjectInput = {
  name: 'shop',
  source: { type: 'github', location: 'https://github.com/acme/shop.git' },
};
const KEPT = 'arn:aws:iam::123456789012:role/aws-deployer-codebuild';

let double: CodeBuildDouble;
let aws: AwsCaller;
let projects: CodeBuildProjects;
beforeEach(async () => {
  double = await startCodeBuildDouble();
  aws = new AwsCaller({ endpoint: double.url, pathStyle: true });
  const role = { aws, configuredArn: undefined, bucket: undefined, retryAfterMs: 5, propagationMs: 50 };
  projects = new CodeBuildProjects(aws, new ServiceRoles(role));
});
afterEach(async () => {
  await aws.close();
  await double.stop();
});

test('an update sends every setting, clears what is cleared, and keeps what the platform has no word for', async () => {
  const before = settingsOf({
    ...shop,
    description: 'The shop',
    source: { ...shop.source, version: 'main' },
    vpc: { vpc_id: 'vpc-1', subnets: ['subnet-1'], security_group_ids: ['sg-1'] },
    concurrent_build_limit: 3,
    tags: { team: 'shop' },
  });
  await projects.create(session, before, signal);
  const kept = double.projects.get('shop');
  Object.assign(kept?.['source'] as object, { reportBuildStatus: true });
  Object.assign(kept as object, { fileSystemLocations: [{ identifier: 'efs' }] });

  const after = settingsOf({ ...shop, environment: { privileged: true }, timeout_minutes: 20 });
  await projects.update(session, after, before, signal);
  expect(double.requests.at(-1)).toMatchObject({
    operation: 'UpdateProject',
    input: {
      description: '',
      sourceVersion: '',
      vpcConfig: {},
      concurrentBuildLimit: -1,
      tags: [],
      timeoutInMinutes: 20,
    },
  });
  const { settings, lost } = await projects.read(session, 'shop', signal);
  expect(settings).toEqual({ ...after, service_role: KEPT });
  expect(lost).toEqual(['fileSystemLocations', 'source.reportBuildStatus']);
});

test('what an imported project had and the platform knows not stays through an update', async () => {
  await projects.create(session, settingsOf(shop), signal);
  const theirs = double.projects.get('shop');
  const odd = { name: 'not.good', value: '1', type: 'PLAINTEXT' };
  const environment = { type: 'LINUX_EC2', computeType: 'ATTRIBUTE_BASED_COMPUTE', environmentVariables: [odd] };
  Object.assign(theirs?.['environment'] as object, environment);
  const { settings: before } = await projects.read(session, 'shop', signal);
  const after = { ...before, description: 'Ours now' };
  await projects.update(session, after, before, signal);
  expect(double.projects.get('shop')).toMatchObject({ description: 'Ours now', environment });
  const machine = { ...after.environment, type: 'ARM_CONTAINER' as const, compute: 'BUILD_GENERAL1_LARGE' as const };
  await projects.update(session, { ...after, environment: machine }, after, signal);
  expect(double.projects.get('shop')?.['environment']).toMatchObject({
    type: 'ARM_CONTAINER',
    computeType: 'BUILD_GENERAL1_LARGE',
    environmentVariables: [odd],
  });
});

test('every kind of source is read back as it was said', async () => {
  const sources: CreateBuildProjectInput['source'][] = [
    {
      type: 'github',
      location: 'https://github.com/a/b.git',
      credential: 'arn:aws:codeconnections:eu-central-1:1:connection/x',
    },
    { type: 'github_enterprise', location: 'https://git.acme.io/a/b.git', submodules: true },
    {
      type: 'gitlab',
      location: 'https://gitlab.com/a/b.git',
      credential: 'arn:aws:secretsmanager:eu-central-1:1:secret:t-AbCdEf',
    },
    { type: 'gitlab', location: 'https://gitlab.acme.io/a/b.git' },
    { type: 'bitbucket', location: 'https://bitbucket.org/a/b.git', clone_depth: 0 },
    { type: 'codecommit', location: 'https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/b' },
    { type: 's3', location: 'bucket/source.zip', version: 'v1' },
    { type: 'none' },
  ];
  for (const [index, source] of sources.entries()) {
    const buildspec = source.type === 'none' ? { type: 'inline' as const, text: 'version: 0.2' } : undefined;
    const settings = settingsOf({ name: `project-${index}`, source, buildspec });
    await projects.create(session, settings, signal);
    expect((await projects.read(session, settings.name, signal)).settings.source).toEqual(settings.source);
  }
  const types = [...double.projects.values()].map(({ source }) => (source as { type: string }).type);
  expect(types.slice(2, 4)).toEqual(['GITLAB', 'GITLAB_SELF_MANAGED']);
});

test.for([
  [{ ...shop, source: { type: 'git', location: 'https://git.acme.io/b.git' } }, 'source.type'],
  [{ ...shop, source: { type: 'none' } }, 'buildspec'],
  [{ ...shop, source: { type: 'github' } }, 'source.location'],
  [{ ...shop, source: { ...shop.source, credential: 'token' } }, 'source.credential'],
] as const)('what CodeBuild cannot have is refused before anything is made: %#', async ([input, field]) => {
  await expect(projects.create(session, settingsOf(input), signal)).rejects.toMatchObject({
    kind: 'invalid',
    fields: [{ field }],
  });
  expect(double.roles.size).toBe(0);
});

test('a webhook is made with its secret, changed, and taken away; pushes alone where no filter is given', async () => {
  const before = settingsOf({ ...shop, badge: true, webhook: {} });
  const made = await projects.create(session, before, signal);
  expect(made.webhookUrl).toMatch(/^https:\/\/codebuild\./);
  expect(made.webhookSecret).toMatch(/^[0-9a-f]{64}$/);
  expect(made.badgeUrl).toContain('/badges?');
  const hook = () => (double.projects.get('shop')?.['webhook'] as { filterGroups: unknown } | undefined)?.filterGroups;
  expect(hook()).toEqual([[{ type: 'EVENT', pattern: 'PUSH' }]]);
  expect((await projects.read(session, 'shop', signal)).settings.webhook).toEqual({ filter_groups: [] });

  const main = settingsOf({
    ...before,
    webhook: { filter_groups: [[{ type: 'HEAD_REF', pattern: '^refs/heads/main$' }]] },
  });
  const changed = await projects.update(session, main, before, signal);
  expect(changed.webhookSecret).toBeNull();
  expect(hook()).toEqual([
    [
      { type: 'EVENT', pattern: 'PUSH' },
      { type: 'HEAD_REF', pattern: '^refs/heads/main$' },
    ],
  ]);
  const none = settingsOf({ ...shop, webhook: null });
  expect((await projects.update(session, none, main, signal)).webhookUrl).toBeNull();
  expect(hook()).toBeUndefined();
});

test('a project whose webhook cannot be made is taken away again', async () => {
  double.refuse('CreateWebhook', {
    type: 'OAuthProviderException',
    message: 'Could not find access token for server type github',
  });
  await expect(projects.create(session, settingsOf({ ...shop, webhook: {} }), signal)).rejects.toMatchObject({
    kind: 'invalid',
    fields: [{ field: 'source' }],
  });
  expect(double.projects.size).toBe(0);
});

test('a new role that CodeBuild does not know yet is tried again, and given up in the end; a named one at once', async () => {
  const refusal = {
    type: 'InvalidInputException',
    message:
      'CodeBuild is not authorized to perform: sts:AssumeRole on arn:aws:iam::123456789012:role/aws-deployer-codebuild',
  };
  double.refuse('CreateProject', { ...refusal, times: 3 });
  await projects.create(session, settingsOf(shop), signal);
  expect(double.requests.filter(({ operation }) => operation === 'CreateProject')).toHaveLength(4);

  double.refuse('CreateProject', { ...refusal, times: 100 });
  const again = settingsOf({ ...shop, name: 'again' });
  await expect(projects.create(session, again, signal)).rejects.toMatchObject({ fields: [{ field: 'service_role' }] });
  const asked = double.requests.length;
  const named = settingsOf({ ...shop, name: 'named', service_role: 'arn:aws:iam::123456789012:role/own' });
  await expect(projects.create(session, named, signal)).rejects.toMatchObject({ kind: 'invalid' });
  expect(double.requests).toHaveLength(asked + 1);
});

test.for(['GetRole', 'CreateRole', 'PutRolePolicy'])(
  'credentials that may not keep the role are told how to do without: %s',
  async (action) => {
    const message = `User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:${action} on resource: role aws-deployer-codebuild`;
    double.refuse(action, { type: 'AccessDenied', message, status: 403 });
    const refused = projects.create(session, settingsOf(shop), signal);
    await expect(refused).rejects.toMatchObject({ kind: 'forbidden', code: 'service_role_missing' });
    await expect(refused).rejects.toThrow(`iam:${action}`);
    await expect(refused).rejects.toMatchObject({
      fields: expect.arrayContaining([expect.objectContaining({ field: 'service_role' })]),
    });
    expect(double.projects.size).toBe(0);
  },
);

test('more projects than fit a page are all listed, and one of a pipeline is told from the rest', async () => {
  for (let number = 0; number < 230; number++)
    (double.projects as Map<string, Record<string, unknown>>).set(`p-${number}`, {
      name: `p-${number}`,
      arn: `arn:${number}`,
      source: { type: 'CODEPIPELINE' },
    });
  expect(await projects.list(session, signal)).toHaveLength(230);
  await expect(projects.read(session, 'p-1', signal)).rejects.toMatchObject({ code: 'project_not_importable' });
});
