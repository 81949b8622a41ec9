/** A build on moto, which answers ISO instants: it is started, seen at its end, and stopped without harm. */
import { CreateBuildProjectBody } from '@aws-deployer/platform/contracts/build-projects';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AwsSession } from '../../ports/aws-session.js';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { sampleBuild, samplePlan } from '../../testing/sample-plan.js';
import { AwsCaller } from '../aws/aws-caller.js';
import { CodeBuildEngine } from './codebuild-engine.js';
import { CodeBuildProjects } from './codebuild-projects.js';
import { ServiceRoles } from './service-roles.js';

const missing = process.env['CI'] === undefined && (await findMotoPython()) === null;
const session: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'x', secretAccessKey: 'x' },
};
const signal = AbortSignal.timeout(60_000);
const shop = {
  name: 'shop',
  source: { type: 'github' as const, location: 'https://github.com/acme/shop.git' },
  artifacts: { type: 's3' as const, bucket: 'shop-artifacts' },
};
let moto: Moto;
let aws: AwsCaller;
let engine: CodeBuildEngine;
beforeAll(async () => {
  if (missing) return;
  moto = await startMoto();
  aws = new AwsCaller({ endpoint: moto.url, pathStyle: true });
  engine = new CodeBuildEngine({ aws, log: silentLogger, uploads: '/nowhere', bucket: undefined });
  const projects = new CodeBuildProjects(aws, new ServiceRoles({ aws, configuredArn: undefined, bucket: undefined }));
  await projects.create(session, CreateBuildProjectBody.parse(shop), signal);
});
afterAll(async () => {
  await engine?.close();
  await aws?.close();
  await moto?.stop();
});

test.skipIf(missing)('a build runs to its end; what moto has not is empty', async () => {
  const ref = await engine.start(sampleBuild(samplePlan(shop), { session, secretVariables: { TOKEN: 'x' } }), signal);
  const handle = { ref, session };
  expect((await engine.observe([handle], signal)).get(ref)).toMatchObject({
    status: 'succeeded',
    failure: null,
    startedAt: expect.stringMatching(/^20\d\d-/) as unknown,
  });
  expect((await engine.readLog(handle, null, signal)).lines).toEqual([]);
  expect(await engine.reports(handle, signal)).toEqual([]);
  await engine.stop(handle, signal);
});
