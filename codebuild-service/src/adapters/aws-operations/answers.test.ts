/** What moto does not know, against answers of AWS's API reference over HTTP; and that nothing is done twice by a retry. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { checkedParameters } from '../../aws-operations/parameter-check.js';
import { knownOperation } from '../../aws-operations/operation-list.js';
import type { AwsSession } from '../../ports/aws-session.js';
import { AwsCaller } from '../aws/aws-caller.js';
import { AwsOperationRunner } from './all.js';

const session: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
};
interface Given {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}
/** Answers one after the other, the last for ever; keeps what it was asked. */
async function awsAnswering(...answers: Given[]) {
  const asked: { line: string; body: string; signed: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)] as Given;
      asked.push({
        line: `${request.method} ${decodeURIComponent(request.url ?? '')}`,
        body,
        signed: request.headers.authorization ?? '',
      });
      const type = typeof answer.body === 'string' ? 'text/xml' : 'application/json';
      response.writeHead(answer.status ?? 200, {
        'content-type': type,
        'x-amzn-requestid': 'request-7',
        ...answer.headers,
      });
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const aws = new AwsCaller({ endpoint, pathStyle: true });
  onTestFinished(async () => {
    await aws.close();
    server.closeAllConnections();
    server.close();
  });
  const run = (name: string, parameters: Record<string, unknown>) =>
    new AwsOperationRunner(aws).run(
      session,
      { operation: name, parameters: checkedParameters(knownOperation(name), parameters), limit: 50, token: null },
      AbortSignal.timeout(15_000),
    );
  return { asked, run };
}

test('a node group is scaled', async () => {
  const { asked, run } = await awsAnswering({
    body: { update: { id: 'u-1', status: 'InProgress', type: 'ConfigUpdate' } },
  });
  const page = await run('eks.update_nodegroup_config', {
    cluster_name: 'prod',
    nodegroup_name: 'workers',
    desired_size: 5,
    max_size: 8,
  });
  expect(asked[0]?.line).toBe('POST /clusters/prod/node-groups/workers/update-config');
  expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ scalingConfig: { desiredSize: 5, maxSize: 8 } });
  expect(page).toMatchObject({
    requestId: 'request-7',
    rows: [{ nodegroup_name: 'workers', update_id: 'u-1', status: 'InProgress', min_size: null, max_size: 8 }],
  });
});

test('a function is shown with the names of its variables, never their values', async () => {
  const { run } = await awsAnswering({
    body: {
      FunctionName: 'thumbs',
      State: 'Active',
      Runtime: 'nodejs22.x',
      MemorySize: 256,
      Timeout: 30,
      Architectures: ['arm64'],
      Environment: { Variables: { DB_PASSWORD: 'canary-value', AREA: 'eu' } },
    },
  });
  const page = await run('lambda.get_function_configuration', { function_name: 'thumbs' });
  expect(page.rows).toMatchObject([{ function_name: 'thumbs', variables: ['AREA', 'DB_PASSWORD'], memory_mib: 256 }]);
  expect(JSON.stringify(page)).not.toContain('canary');
});

test('a function is invoked with its payload, and its failure is an answer', async () => {
  const failed = {
    body: { errorMessage: 'no size' },
    headers: { 'x-amz-function-error': 'Unhandled', 'x-amz-executed-version': '$LATEST' },
  };
  const { asked, run } = await awsAnswering(failed);
  const page = await run('lambda.invoke', { function_name: 'thumbs', payload: { size: 100 } });
  expect(asked).toMatchObject([{ line: 'POST /2015-03-31/functions/thumbs/invocations', body: '{"size":100}' }]);
  expect(page.rows).toEqual([
    { status_code: 200, failed: 'Unhandled', answer: { errorMessage: 'no size' }, version: '$LATEST' },
  ]);
});

test('what AWS may have done already is not tried again; what it did not take is', async () => {
  const broken = await awsAnswering({ status: 500, body: { Type: 'Service', Message: 'broke in the middle' } });
  await expect(broken.run('lambda.invoke', { function_name: 'thumbs' })).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'aws_outcome_unknown',
  });
  expect(broken.asked).toHaveLength(1);
  const busy = await awsAnswering(
    {
      status: 429,
      headers: { 'x-amzn-errortype': 'TooManyRequestsException' },
      body: { Type: 'User', message: 'Rate exceeded' },
    },
    { body: 'null' },
  );
  expect((await busy.run('lambda.invoke', { function_name: 'thumbs' })).rows).toMatchObject([
    { status_code: 200, failed: null },
  ]);
  expect(busy.asked).toHaveLength(2);
});

test('findings of a scan are rows', async () => {
  const attributes = [
    { key: 'package_name', value: 'openssl' },
    { key: 'package_version', value: '3.0.1' },
  ];
  const findings = [
    { name: 'CVE-2026-1', severity: 'HIGH', uri: 'https://example.com', description: 'bad', attributes },
  ];
  const { run } = await awsAnswering({ body: { imageScanFindings: { findings }, nextToken: 'more' } });
  const page = await run('ecr.describe_image_scan_findings', { repository_name: 'team/shop', image_tag: 'v1' });
  expect(page).toMatchObject({
    nextToken: 'more',
    rows: [{ finding: 'CVE-2026-1', severity: 'HIGH', package: 'openssl', version: '3.0.1' }],
  });
});

test('memory and time limit of a function, a project and its builds', async () => {
  const lambda = await awsAnswering({
    body: { FunctionName: 'thumbs', MemorySize: 512, Timeout: 60, LastUpdateStatus: 'InProgress' },
  });
  expect(
    (await lambda.run('lambda.update_function_configuration', { function_name: 'thumbs', memory_size: 512 })).rows,
  ).toMatchObject([{ memory_mib: 512, last_update: 'InProgress' }]);
  expect(JSON.parse(lambda.asked[0]?.body ?? '')).toEqual({ MemorySize: 512 });
  const codebuild = await awsAnswering(
    {
      body: {
        projects: [
          {
            name: 'shop',
            source: { type: 'GITHUB', location: 'https://example.com/shop' },
            environment: { image: 'aws/codebuild/standard:7.0', computeType: 'BUILD_GENERAL1_SMALL' },
            created: 1763700000,
          },
        ],
      },
    },
    { body: { ids: ['shop:1', 'shop:2'] } },
  );
  expect((await codebuild.run('codebuild.batch_get_projects', { project_name: 'shop' })).rows).toMatchObject([
    { project_name: 'shop', source_type: 'GITHUB', created_at: '2025-11-21T04:40:00.000Z' },
  ]);
  expect((await codebuild.run('codebuild.list_builds_for_project', { project_name: 'shop' })).rows).toEqual([
    { build_id: 'shop:1' },
    { build_id: 'shop:2' },
  ]);
});

test('a bucket that lies in another region is asked there', async () => {
  const xml = (inner: string) => `<?xml version="1.0" encoding="UTF-8"?>${inner}`;
  const { asked, run } = await awsAnswering(
    {
      status: 301,
      headers: { 'x-amz-bucket-region': 'us-west-2' },
      body: xml('<Error><Code>PermanentRedirect</Code><Message>Use the right endpoint</Message></Error>'),
    },
    {
      body: xml(
        '<ListBucketResult><Name>far</Name><Contents><Key>a.txt</Key><Size>5</Size></Contents></ListBucketResult>',
      ),
    },
  );
  expect((await run('s3.list_objects', { bucket: 'far-away' })).rows).toMatchObject([{ key: 'a.txt', size_bytes: 5 }]);
  expect(asked.map(({ signed }) => /\/([a-z0-9-]+)\/s3\//.exec(signed)?.[1])).toEqual(['eu-central-1', 'us-west-2']);
});
