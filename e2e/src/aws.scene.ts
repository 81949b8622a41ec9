/** The mission's own bodies against a stand-in for AWS: a build project is made there, and operations are run. */
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlatformApi } from './platform-api.js';
import { StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

const possible = ci || (await findMotoPython()) !== null;
const SECRET = 'canary/of/a/secret+key+0123456789abcdefg';
let moto: Moto;
let platform: StartedPlatform;
let api: PlatformApi;
beforeAll(async () => {
  if (!possible) return;
  moto = await startMoto();
  platform = await StartedPlatform.start({
    env: {
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: SECRET,
      AWS_REGION: 'eu-central-1',
    },
  });
  api = await platform.signIn();
});
afterAll(async () => {
  await platform?.remove();
  await moto?.stop();
});

test.skipIf(!possible)('the start says that builds go to AWS, and prints no key', () => {
  expect(platform.output).toMatch(/^aws {7}codebuild \(AWS_ACCESS_KEY_ID is set, asked at AWS_ENDPOINT_URL\)$/m);
  expect(platform.output).not.toContain(SECRET);
});

test.skipIf(!possible)('POST /create-codebuild-project makes the project in the account', async () => {
  const body = {
    project_name: 'hello-node',
    source_location: 'https://github.com/example/hello-node.git',
    build_spec: 'version: 0.2\nphases:\n  build:\n    commands:\n      - npm test\n',
  };
  const made = await api.send('POST', '/create-codebuild-project', body);
  expect([made.status, made.body]).toMatchObject([
    201,
    {
      success: true,
      project_name: 'hello-node',
      arn: 'arn:aws:codebuild:eu-central-1:123456789012:project/hello-node',
      region: 'eu-central-1',
    },
  ]);
  const again = await api.send('POST', '/create-codebuild-project', body);
  expect([again.status, again.body]).toMatchObject([409, { code: 'project_exists' }]);
  const refused = await api.send('POST', '/create-codebuild-project', { ...body, project_name: 'no spaces' });
  expect(refused.body).toMatchObject({ errors: [{ field: 'project_name' }] });
  expect((await api.get('/api/v1/build-projects/hello-node')).body).toMatchObject({
    engine: 'codebuild',
    source: { type: 'github' },
    environment: { image: 'aws/codebuild/standard:7.0', compute: 'BUILD_GENERAL1_SMALL' },
  });
});

test.skipIf(!possible)(
  'POST /aws-operation runs an operation with the keys of the request, and forgets them',
  async () => {
    const keys = {
      region: 'eu-central-1',
      access_key: 'AKIAREQUESTKEY000001',
      secret_key: 'only/for/this/request+0123456789abcdef',
    };
    const answer = await api.send('POST', '/aws-operation', { operation: 'describe_instances', ...keys });
    expect([answer.status, answer.body]).toMatchObject([200, { success: true, operation: 'ec2.describe_instances' }]);
    const change = await api.send('POST', '/aws-operation', {
      operation: 's3.create_bucket',
      bucket: 'scene-bucket',
      ...keys,
    });
    expect([change.status, change.body]).toMatchObject([
      202,
      { confirmation_needed: true, operation: 's3.create_bucket' },
    ]);
    const { confirm } = change.body as { confirm: string };
    const done = await api.send('POST', '/aws-operation', {
      operation: 's3.create_bucket',
      bucket: 'scene-bucket',
      confirm,
      ...keys,
    });
    expect([done.status, done.body]).toMatchObject([200, { success: true }]);
    const listed = await api.send('POST', '/aws-operation', { operation: 'ListBuckets', ...keys });
    expect(JSON.stringify(listed.body)).toContain('scene-bucket');
    const books = JSON.stringify([
      await api.all('/api/v1/activity'),
      await api.all('/api/v1/history'),
      await platform.log(),
    ]);
    expect(books).toContain('s3.create_bucket');
    expect(books).not.toContain(keys.secret_key);
    expect(books).not.toContain(SECRET);
  },
);

test.skipIf(!possible)('words become an operation; what changes anything waits for a yes', async () => {
  const asked = await api.send('POST', '/api/ask', { query: 'list my s3 buckets' });
  expect(asked.body).toMatchObject({ operation: 's3.list_buckets', confirmation_needed: false });
  expect(JSON.stringify((asked.body as { output: unknown }).output)).toContain('scene-bucket');
  const query = 'delete the bucket scene-bucket';
  expect((await api.send('POST', '/api/ask', { query })).body).toMatchObject({
    operation: 's3.delete_bucket',
    confirmation_needed: true,
  });
  expect((await api.send('POST', '/api/confirm', { query, decision: 'no' })).body).toMatchObject({
    decision: 'cancelled',
  });
  expect(JSON.stringify((await api.send('POST', '/aws-operation', { operation: 's3.list_buckets' })).body)).toContain(
    'scene-bucket',
  );
  await api.send('POST', '/api/ask', { query });
  expect((await api.send('POST', '/api/confirm', { query, decision: 'yes' })).body).toMatchObject({ success: true });
  expect(
    JSON.stringify((await api.send('POST', '/aws-operation', { operation: 's3.list_buckets' })).body),
  ).not.toContain('scene-bucket');
});
