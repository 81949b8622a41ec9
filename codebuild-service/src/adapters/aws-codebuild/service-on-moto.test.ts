/** The service with an AWS account in its environment, over HTTP: projects really come and go in the account (moto). */
import {
  BatchGetProjectsCommand,
  CodeBuildClient,
  CreateProjectCommand,
  ListProjectsCommand,
} from '@aws-sdk/client-codebuild';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodebuildSchema } from '../../schema.js';
import { codebuild } from '../../service.js';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const REGION = 'eu-central-1';

describe.skipIf(missing).each(testDatabases().slice(0, 1))('codebuild-service on moto, $kind', (kind) => {
  let moto: Moto;
  let service: TestService<CodebuildSchema>;
  let client: CodeBuildClient;
  beforeAll(async () => {
    moto = await startMoto();
    const identity = {
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ENDPOINT_URL: moto.url,
      AWS_REGION: REGION,
    };
    Object.assign(process.env, identity); // the SDK reads them by itself
    service = await startTestService(codebuild, kind, { env: identity });
    client = new CodeBuildClient({});
  });
  afterAll(async () => {
    client?.destroy();
    await service?.stop();
    await moto?.stop();
  });
  const inAws = async (name: string) =>
    (await client.send(new BatchGetProjectsCommand({ names: [name] }))).projects?.[0];

  test("the mission's own body makes a project in the account, once", async () => {
    const body = {
      project_name: 'demo',
      source_location: 'https://github.com/acme/demo.git',
      build_spec: 'version: 0.2\nphases:\n  build:\n    commands:\n      - echo hello\n',
    };
    const made = await service.send('POST', '/create-codebuild-project', body, { as: 'devops' });
    const arn = `arn:aws:codebuild:${REGION}:123456789012:project/demo`;
    expect(made).toMatchObject({ status: 201, body: { success: true, project_name: 'demo', arn, region: REGION } });
    expect(await inAws('demo')).toMatchObject({
      arn,
      source: { type: 'GITHUB', location: body.source_location, buildspec: body.build_spec },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: { image: 'aws/codebuild/standard:7.0', computeType: 'BUILD_GENERAL1_SMALL' },
      serviceRole: 'arn:aws:iam::123456789012:role/aws-deployer-codebuild',
    });
    expect((await service.send('POST', '/create-codebuild-project', body, { as: 'devops' })).status).toBe(409);
  });

  test('a project of the account is imported as it is, and a deleted one is gone from both', async () => {
    const theirs = new CreateProjectCommand({
      name: 'theirs',
      source: { type: 'CODECOMMIT', location: 'https://git-codecommit.eu-central-1.amazonaws.com/v1/repos/theirs' },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        type: 'ARM_CONTAINER',
        image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0',
        computeType: 'BUILD_GENERAL1_LARGE',
      },
      serviceRole: 'arn:aws:iam::123456789012:role/service-role/theirs',
    });
    await client.send(theirs);
    const imported = await service.send(
      'POST',
      '/api/v1/build-projects/import',
      { account: 'environment', names: ['theirs', 'nobodys'] },
      { as: 'devops' },
    );
    expect(imported).toMatchObject({ body: { imported: ['theirs'], skipped: [{ name: 'nobodys' }] } });
    const { body } = await service.send('GET', '/api/v1/build-projects/theirs');
    expect(body).toMatchObject({
      imported: true,
      source: { type: 'codecommit' },
      environment: { type: 'ARM_CONTAINER', compute: 'BUILD_GENERAL1_LARGE' },
      service_role: 'arn:aws:iam::123456789012:role/service-role/theirs',
    });
    for (const name of ['theirs', 'demo'])
      expect((await service.send('DELETE', `/api/v1/build-projects/${name}`, undefined, { as: 'devops' })).status).toBe(
        204,
      );
    expect((await client.send(new ListProjectsCommand({}))).projects).toEqual([]);
  });
});
