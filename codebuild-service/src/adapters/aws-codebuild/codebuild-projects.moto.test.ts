/** The life of projects and of the role that the platform keeps, against moto: shapes that AWS itself would take. */
import { GetRoleCommand, GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AwsSession } from '../../ports/aws-session.js';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { AwsCaller } from '../aws/aws-caller.js';
import { CodeBuildProjects } from './codebuild-projects.js';
import { ServiceRoles } from './service-roles.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const session: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'x', secretAccessKey: 'x' },
};
const signal = AbortSignal.timeout(60_000);
const settingsOf = (input: CreateBuildProjectInput) => CreateBuildProjectBody.parse(input);
const whole = settingsOf({
  name: 'shop',
  description: 'The shop',
  source: { type: 'github', location: 'https://github.com/acme/shop.git', version: 'main', clone_depth: 0 },
  buildspec: {
    type: 'inline',
    text: 'version: 0.2\nenv:\n  secrets-manager:\n    TOKEN: ci/npm:token\nphases:\n  build:\n    commands: [make]\n',
  },
  environment: {
    privileged: true,
    compute: 'BUILD_GENERAL1_MEDIUM',
    variables: [
      { name: 'LEVEL', value: 'info' },
      { name: 'KEY', value: '/shop/key', type: 'PARAMETER_STORE' },
    ],
  },
  artifacts: { type: 's3', bucket: 'shop-artifacts', packaging: 'zip' },
  cache: { type: 'local', modes: ['docker_layer'] },
  vpc: { vpc_id: 'vpc-1', subnets: ['subnet-1'], security_group_ids: ['sg-1'] },
  logs: { cloudwatch: { group: '/acme/builds' }, s3: { enabled: true, location: 'shop-logs/builds' } },
  timeout_minutes: 30,
  queued_timeout_minutes: 60,
  tags: { team: 'shop' },
});

let moto: Moto;
let aws: AwsCaller;
let projects: CodeBuildProjects;
let iam: IAMClient;
beforeAll(async () => {
  if (missing) return;
  moto = await startMoto();
  aws = new AwsCaller({ endpoint: moto.url, pathStyle: true });
  const role = { aws, configuredArn: undefined, bucket: 'aws-deployer-sources' };
  projects = new CodeBuildProjects(aws, new ServiceRoles(role));
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  iam = new IAMClient({ endpoint: moto.url, region: 'eu-central-1', credentials });
});
afterAll(async () => {
  iam?.destroy();
  await aws?.close();
  await moto?.stop();
});
const policyOf = async (name: string): Promise<string> => {
  const command = new GetRolePolicyCommand({ RoleName: 'aws-deployer-codebuild', PolicyName: name });
  return decodeURIComponent((await iam.send(command)).PolicyDocument ?? '');
};

test.skipIf(missing)(
  'a project is made, found, read as it was said, and removed; removing it twice is harmless',
  async () => {
    const made = await projects.create(session, whole, signal);
    expect(made.arn).toBe('arn:aws:codebuild:eu-central-1:123456789012:project/shop');
    const second = settingsOf({ name: 'plain', source: { type: 's3', location: 'sources/plain.zip' } });
    await projects.create(session, second, signal);

    const found = await projects.list(session, signal);
    expect(found.map(({ name }) => name).toSorted()).toEqual(['plain', 'shop']);
    const { settings, lost, mirrored } = await projects.read(session, 'shop', signal);
    expect(settings).toEqual({ ...whole, service_role: 'arn:aws:iam::123456789012:role/aws-deployer-codebuild' });
    expect(lost).toEqual([]);
    expect(mirrored.arn).toBe(made.arn);

    await expect(projects.create(session, whole, signal)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'project_exists',
    });
    for (const _ of [1, 2]) await projects.remove(session, 'shop', signal);
    await expect(projects.read(session, 'shop', signal)).rejects.toMatchObject({ code: 'project_not_found' });
  },
);

test.skipIf(missing)(
  'the role trusts CodeBuild for this account alone, and is allowed what builds and this project need',
  async () => {
    await Promise.all([
      projects.create(session, { ...whole, name: 'aa' }, signal),
      projects.create(session, { ...whole, name: 'bb' }, signal),
    ]);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'aws-deployer-codebuild' }));
    expect(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''))).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'codebuild.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
        },
      ],
    });
    const base = await policyOf('aws-deployer-builds');
    for (const part of [
      'ecr:PutImage',
      'codebuild:CreateReport',
      'arn:aws:s3:::aws-deployer-sources/*',
      '/aws/codebuild/*',
    ])
      expect(base).toContain(part);
    const own = await policyOf('project-aa');
    for (const part of [
      'arn:aws:ssm:*:123456789012:parameter/shop/key',
      'arn:aws:secretsmanager:*:123456789012:secret:ci/npm-??????',
      'arn:aws:s3:::shop-artifacts/*',
      'arn:aws:s3:::shop-logs/*',
      'log-group:/acme/builds',
      'ec2:CreateNetworkInterface',
    ])
      expect(own).toContain(part);

    await projects.remove(session, 'aa', signal);
    const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName: 'aws-deployer-codebuild' }));
    expect(PolicyNames).toContain('project-bb');
    expect(PolicyNames).not.toContain('project-aa');
  },
);

test.skipIf(missing)('a named role is taken as it is, and nothing is made in IAM for it', async () => {
  const arn = 'arn:aws:iam::123456789012:role/own';
  await projects.create(session, { ...whole, name: 'own', service_role: arn }, signal);
  expect((await projects.read(session, 'own', signal)).settings.service_role).toBe(arn);
  await expect(policyOf('project-own')).rejects.toThrow();
});
