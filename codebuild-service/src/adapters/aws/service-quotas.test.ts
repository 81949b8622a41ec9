/** The quota of concurrent builds: found by its name over pages, absent, or not to be read. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { AwsSession } from '../../ports/aws-session.js';
import { AwsCaller } from './aws-caller.js';
import { serviceQuotas } from './service-quotas.js';

const SESSION: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'AKID', secretAccessKey: 'secret' },
};
const quota = (QuotaName: string, Value: number) => ({ QuotaName, Value, ServiceCode: 'codebuild' });

async function quotasOf(pages: object[]) {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      asked.push(body);
      const page = pages[asked.length - 1] ?? {};
      response.writeHead('__type' in page ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(page));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const aws = new AwsCaller({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  onTestFinished(async () => {
    await aws.close();
    server.closeAllConnections();
    server.close();
  });
  return { asked, read: () => serviceQuotas(aws).concurrentBuilds(SESSION, AbortSignal.timeout(10_000)) };
}

test('the quota of small Linux builds, on whatever page it is', async () => {
  const { asked, read } = await quotasOf([
    { Quotas: [quota('Concurrently running builds for Linux/Medium environment', 3)], NextToken: 'more' },
    { Quotas: [quota('Concurrently running builds for Linux/Small environment', 20)] },
  ]);
  expect(await read()).toBe(20);
  expect(asked).toMatchObject([{ ServiceCode: 'codebuild' }, { NextToken: 'more' }]);
});

test('no such quota, and no right to ask', async () => {
  expect(await (await quotasOf([{ Quotas: [] }])).read()).toBeNull();
  const denied = await quotasOf([
    {
      __type: 'AccessDeniedException',
      Message: 'User: arn:aws:iam::1:user/ci is not authorized to perform: servicequotas:ListServiceQuotas',
    },
  ]);
  await expect(denied.read()).rejects.toMatchObject({
    code: 'aws_access_denied',
    message: expect.stringContaining('servicequotas:ListServiceQuotas') as unknown,
  });
});
