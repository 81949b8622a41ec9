/** Builds that others started in AWS, by the whole service, the real SDK and CodeBuild's stand-in. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterEach, describe, expect, test } from 'vitest';
import { PACES, type Pace } from '../../builds/pace.js';
import type { MakeEngines } from '../../engines.js';
import type { AwsSession } from '../../ports/aws-session.js';
import type { CodebuildSchema } from '../../schema.js';
import { codebuildModule } from '../../service.js';
import { until } from '../../testing/builds-harness.js';
import { startCodeBuildDouble, type CodeBuildDouble } from '../../testing/codebuild-double.js';
import { commandFailure } from '../../testing/double-build.js';
import { AwsCaller } from '../aws/aws-caller.js';
import { CodeBuildEngine } from './codebuild-engine.js';

const IDENTITY = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-central-1' };
const quick: Pace = {
  ...PACES.codebuild,
  observeMs: () => 50,
  logMs: () => 50,
  drain: { looks: 1, apartMs: 0 },
  elsewhereMs: 200,
  backOffMs: 50,
  mostBackOffMs: 200,
};
const onDouble: MakeEngines = (_config, aws, log) => {
  const codebuild = new CodeBuildEngine({ aws, log, uploads: '/nowhere', bucket: undefined });
  return {
    builds: { codebuild },
    paces: { local: quick, codebuild: quick },
    start: async () => undefined,
    close: () => codebuild.close(),
  };
};

describe.each(testDatabases())('builds that were started in AWS, on $kind', (kind) => {
  let double: CodeBuildDouble;
  let service: TestService<CodebuildSchema>;
  afterEach(async () => {
    await service.stop();
    await double.stop();
  });
  const builds = async (): Promise<BuildView[]> =>
    ((await service.send('GET', '/api/v1/builds?limit=500')).body as { items: BuildView[] }).items;

  test('a push to AWS and a build by hand come in with phases, log, report and end; ours are not taken twice', async () => {
    double = await startCodeBuildDouble({ script: { phaseMs: 20 } });
    const env = { ...IDENTITY, AWS_ENDPOINT_URL: double.url };
    Object.assign(process.env, env); // the SDK reads them by itself
    service = await startTestService(codebuildModule(onDouble), kind, { env });
    const body = { name: 'shop', source: { type: 'github', location: 'https://github.com/acme/shop.git' } };
    expect((await service.send('POST', '/api/v1/build-projects', body, { as: 'devops' })).status).toBe(201);
    double.script('shop', {
      phaseMs: 20,
      output: { BUILD: ['expected 1 to be 2'] },
      failure: commandFailure('BUILD', 'npm test', 1),
      reports: [{ name: 'unit', cases: [{ suite: 'cart', name: 'pays', status: 'FAILED', seconds: 1 }] }],
    });
    const pushed = double.startElsewhere('shop', 'GitHub-Hookshot/abc123', { sourceVersion: 'pr/7' });
    double.refuse('ListBuildsForProject', { type: 'ThrottlingException', message: 'Rate exceeded', times: 2 });
    await until('the pushed one has ended', async () => (await builds())[0]?.ended_at != null);
    expect((await builds())[0]).toMatchObject({
      aws_build_id: pushed.id,
      trigger: 'webhook',
      created_by: 'GitHub-Hookshot/abc123',
      source_version: 'pr/7',
      status: 'failed',
      failure: { phase: 'BUILD', command: 'npm test', exit_code: 1, last_lines: ['expected 1 to be 2'] },
      reports: { tests: 1, failed: 1 },
    });
    double.script('shop', { phaseMs: 20 });
    const byHand = double.startElsewhere('shop', 'ann');
    const own = { builds: Array.from({ length: 10 }, () => ({ project: 'shop' })) };
    expect((await service.send('POST', '/api/v1/builds', own, { as: 'devops' })).status).toBe(202);
    await until('all have ended', async () => {
      const known = await builds();
      return known.length >= 12 && known.every(({ ended_at }) => ended_at !== null);
    });
    const looks = () => double.requests.filter(({ operation }) => operation === 'ListBuildsForProject').length;
    const from = looks();
    await until('two looks more', () => looks() >= from + 2);
    const known = await builds();
    expect(known.map(({ aws_build_id }) => aws_build_id).sort()).toEqual([...double.builds.keys()].sort());
    expect(known.find(({ aws_build_id }) => aws_build_id === byHand.id)).toMatchObject({
      trigger: 'aws',
      status: 'succeeded',
    });
    expect(known.map(({ number }) => number).sort((a, b) => a - b)).toEqual(known.map((_, index) => index + 1));
  }, 60_000);

  test('what ended long ago is asked about once, and a project that AWS has no more is passed by', async () => {
    double = await startCodeBuildDouble({ script: { phaseMs: 1 } });
    const env = { ...IDENTITY, AWS_ENDPOINT_URL: double.url };
    Object.assign(process.env, env);
    service = await startTestService(codebuildModule(onDouble), kind, { env });
    const aws = new AwsCaller({ endpoint: double.url });
    const engine = new CodeBuildEngine({ aws, log: silentLogger, uploads: '/nowhere', bucket: undefined });
    const session: AwsSession = {
      account: 'main',
      region: 'eu-central-1',
      credential: { type: 'keys', accessKeyId: 'x', secretAccessKey: 'x' },
    };
    const signal = AbortSignal.timeout(30_000);
    const body = { name: 'shop', source: { type: 'github', location: 'https://github.com/acme/shop.git' } };
    expect((await service.send('POST', '/api/v1/build-projects', body, { as: 'devops' })).status).toBe(201);
    const old = double.startElsewhere('shop', 'ann');
    await until('it has ended', () => old.isComplete());
    const question = {
      projects: ['shop', 'gone'],
      unknown: async (refs: readonly string[]) => refs,
      endedAfter: new Date(Date.now() + 3_600_000).toISOString(),
    };
    expect(await engine.recent(question, session, signal)).toEqual([]);
    double.script('shop', { phaseMs: 'step' });
    const running = double.startElsewhere('shop', 'codepipeline/shop');
    expect(await engine.recent(question, session, signal)).toMatchObject([
      { ref: running.id, project: 'shop', initiator: 'codepipeline/shop', byWebhook: false },
    ]);
    const asked = double.requests.filter(({ operation }) => operation === 'BatchGetBuilds').at(-1);
    expect(asked?.input['ids']).toEqual([running.id]);
    await engine.close();
    await aws.close();
  }, 60_000);
});
