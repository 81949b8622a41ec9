/** Builds on CodeBuild from start to artifacts, against the HTTP double by the real SDK. */
import { text } from 'node:stream/consumers';
import type { CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { CreateBuildProjectBody } from '@aws-deployer/platform/contracts/build-projects';
import { isBuildEnd } from '@aws-deployer/platform/contracts/builds';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { delay } from '@aws-deployer/platform/runtime/clock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AwsSession } from '../../ports/aws-session.js';
import type { BuildHandle, BuildObservation, EngineLogLine } from '../../ports/build-engine.js';
import { startCodeBuildDouble, type CodeBuildDouble } from '../../testing/codebuild-double.js';
import { commandFailure } from '../../testing/double-build.js';
import { sampleBuild, samplePlan } from '../../testing/sample-plan.js';
import { AwsCaller } from '../aws/aws-caller.js';
import { CodeBuildEngine } from './codebuild-engine.js';
import { CodeBuildProjects } from './codebuild-projects.js';
import { ServiceRoles } from './service-roles.js';

const session: AwsSession = {
  account: 'main',
  region: 'eu-central-1',
  credential: { type: 'keys', accessKeyId: 'x', secretAccessKey: 'x' },
};
const signal = AbortSignal.timeout(60_000);
const shop: CreateBuildProjectInput = {
  name: 'shop',
  source: { type: 'github', location: 'https://github.com/acme/shop.git' },
  artifacts: { type: 's3', bucket: 'artifacts', packaging: 'none' },
};

let double: CodeBuildDouble;
let aws: AwsCaller;
let engine: CodeBuildEngine;
beforeEach(async () => {
  double = await startCodeBuildDouble();
  aws = new AwsCaller({ endpoint: double.url, pathStyle: true, guard: { firstPauseMs: 5, longestPauseMs: 20 } });
  engine = new CodeBuildEngine({ aws, log: silentLogger, uploads: '/nowhere', bucket: undefined, lookAgainMs: 5 });
});
afterEach(async () => {
  await engine.close();
  await aws.close();
  await double.stop();
});

const makeProject = (input = shop) => {
  const roles = new ServiceRoles({ aws, configuredArn: undefined, bucket: undefined });
  return new CodeBuildProjects(aws, roles).create(session, CreateBuildProjectBody.parse(input), signal);
};
const start = async (more: Parameters<typeof sampleBuild>[1] = {}, input = shop): Promise<BuildHandle> => ({
  ref: await engine.start(sampleBuild(samplePlan(input), { session, ...more }), signal),
  session,
});
async function observe(handle: BuildHandle): Promise<BuildObservation> {
  const seen = (await engine.observe([handle], signal)).get(handle.ref);
  if (seen === undefined) throw new Error('unknown to the engine');
  return seen;
}
async function ended(handle: BuildHandle): Promise<BuildObservation> {
  for (;;) {
    const seen = await observe(handle);
    if (isBuildEnd(seen.status)) return seen;
    await delay(5, signal);
  }
}
const step = (handle: BuildHandle, times = 1): void => {
  for (let time = 0; time < times; time++) double.builds.get(handle.ref)?.step();
};

test('a build is started with all that it does otherwise, and nothing else', async () => {
  await makeProject();
  const plain = await start();
  expect(plain.ref).toMatch(/^shop:[0-9a-f-]{36}$/);
  expect(double.requests.at(-1)?.input).toEqual({
    projectName: 'shop',
    idempotencyToken: '01900000-0000-7000-8000-000000000001-1',
    environmentVariablesOverride: [],
  });
  const plan = samplePlan(shop, {
    sourceVersion: 'release',
    source: { type: 's3', location: 'uploads/a.zip', clone_depth: 1, submodules: false },
    buildspec: { text: 'version: 0.2\n' },
    environment: {
      image: 'acme/ci:1',
      type: 'LINUX_CONTAINER',
      compute: 'BUILD_GENERAL1_LARGE',
      privileged: true,
      variables: [{ name: 'KEY', value: '/shop/key', type: 'PARAMETER_STORE' }],
    },
    artifacts: { type: 'none' },
    timeoutMinutes: 7,
    overridden: {
      buildspec: true,
      image: true,
      compute: true,
      privileged: true,
      timeout: true,
      artifacts: true,
      source: true,
    },
  });
  await engine.start(sampleBuild(plan, { session, attempt: 2 }), signal);
  expect(double.requests.at(-1)?.input).toEqual({
    projectName: 'shop',
    idempotencyToken: '01900000-0000-7000-8000-000000000001-2',
    sourceVersion: 'release',
    sourceTypeOverride: 'S3',
    sourceLocationOverride: 'uploads/a.zip',
    buildspecOverride: 'version: 0.2\n',
    imageOverride: 'acme/ci:1',
    imagePullCredentialsTypeOverride: 'SERVICE_ROLE',
    computeTypeOverride: 'BUILD_GENERAL1_LARGE',
    privilegedModeOverride: true,
    timeoutInMinutesOverride: 7,
    artifactsOverride: { type: 'NO_ARTIFACTS' },
    environmentVariablesOverride: [{ name: 'KEY', value: '/shop/key', type: 'PARAMETER_STORE' }],
  });
});

test('the same start twice is one build; another attempt is another', async () => {
  await makeProject();
  const [first, again, next] = [await start(), await start(), await start({ attempt: 2 })];
  expect(again.ref).toBe(first.ref);
  expect(next.ref).not.toBe(first.ref);
});

test('a build is seen from its start to its end, phase by phase', async () => {
  await makeProject();
  double.script('shop', {
    phaseMs: 'step',
    exportedVariables: { IMAGE_DIGEST: 'sha256:1' },
    resolvedSourceVersion: 'c0ffee',
  });
  const handle = await start();
  expect(await observe(handle)).toMatchObject({
    status: 'starting',
    phase: 'SUBMITTED',
    startedAt: null,
    endedAt: null,
  });
  step(handle, 2);
  expect(await observe(handle)).toMatchObject({ status: 'starting', phase: 'PROVISIONING' });
  step(handle, 4);
  expect(await observe(handle)).toMatchObject({
    status: 'in_progress',
    phase: 'BUILD',
    failure: null,
    resolvedCommit: 'c0ffee',
  });
  step(handle, 4);
  const end = await observe(handle);
  expect(end).toMatchObject({
    status: 'succeeded',
    phase: 'COMPLETED',
    failure: null,
    exportedVariables: { IMAGE_DIGEST: 'sha256:1' },
  });
  expect(end.phases.map(({ name, status }) => `${name} ${status}`)).toHaveLength(11);
  expect(Date.parse(end.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(end.startedAt ?? ''));
});

test('a failed command is named with its phase and exit code, also one with lines and dots of its own', async () => {
  await makeProject();
  double.script('shop', { failure: commandFailure('BUILD', 'npm test. Or\nnot', 3) });
  const end = await ended(await start());
  expect(end).toMatchObject({
    status: 'failed',
    phase: 'BUILD',
    failure: {
      phase: 'BUILD',
      command: 'npm test. Or\nnot',
      exit_code: 3,
      message: 'In BUILD, npm test. Or failed: exit status 3.',
    },
  });
  expect(end.phases.find(({ name }) => name === 'BUILD')?.message).toContain('COMMAND_EXECUTION_ERROR: Error while');
  expect(end.phases.find(({ name }) => name === 'POST_BUILD')?.status).toBe('succeeded');
});

test.for([
  ['FAULT', 'fault', 'CodeBuild itself failed in PROVISIONING: Build container found dead.'],
  ['TIMED_OUT', 'timed_out', 'The build took longer than its 60 minutes, in PROVISIONING.'],
  ['FAILED', 'failed', 'PROVISIONING failed: Build container found dead.'],
] as const)('an end that no command made is told from CodeBuild’s words: %s', async ([status, ours, message]) => {
  await makeProject();
  double.script('shop', {
    failure: { phase: 'PROVISIONING', status, statusCode: 'INTERNAL', message: 'Build container found dead' },
  });
  expect(await ended(await start())).toMatchObject({
    status: ours,
    failure: { command: null, exit_code: null, message },
  });
});

test('a stop ends a build, and is harmless for one that has ended or is gone', async () => {
  await makeProject();
  double.script('shop', { phaseMs: 'step' });
  const handle = await start();
  step(handle, 3);
  await engine.stop(handle, signal);
  expect(await observe(handle)).toMatchObject({
    status: 'stopped',
    failure: { message: 'The build was stopped in DOWNLOAD_SOURCE.' },
  });
  await engine.stop(handle, signal);
  await engine.stop({ ref: 'shop:gone', session }, signal);
});

test('many builds are looked at with few calls, and one that is unknown is missing', async () => {
  await makeProject();
  const handles = await Promise.all(Array.from({ length: 150 }, (_, number) => start({ id: `build-${number}` })));
  const before = double.requests.length;
  const seen = await engine.observe([...handles, { ref: 'shop:unknown', session }], signal);
  expect(seen.size).toBe(150);
  expect(double.requests.slice(before).map(({ operation }) => operation)).toEqual(['BatchGetBuilds', 'BatchGetBuilds']);
});

async function wholeLog(handle: BuildHandle): Promise<EngineLogLine[]> {
  const lines: EngineLogLine[] = [];
  for (let cursor: string | null = null; ;) {
    const read = await engine.readLog(handle, cursor, signal);
    lines.push(...read.lines);
    if (read.cursor === cursor) return lines;
    cursor = read.cursor;
  }
}

test('a log is read as it is written: none before its stream is there, then each line once, with its phase', async () => {
  await makeProject();
  double.script('shop', { phaseMs: 'step', output: { INSTALL: ['added 3 packages'], BUILD: ['building', 'built'] } });
  const handle = await start();
  expect(await engine.readLog(handle, null, signal)).toEqual({ lines: [], cursor: null });
  step(handle, 4);
  const first = await engine.readLog(handle, null, signal);
  expect(first.lines.at(-1)).toMatchObject({ phase: 'INSTALL', stream: 'stdout', text: 'added 3 packages' });
  expect(await engine.readLog(handle, first.cursor, signal)).toEqual({ lines: [], cursor: first.cursor });
  step(handle, 2);
  const second = await engine.readLog(handle, first.cursor, signal);
  expect(second.lines.map(({ phase, stream }) => `${phase} ${stream}`)).toContain('BUILD stdout');
  expect(second.lines[0]).toMatchObject({ phase: 'INSTALL', stream: 'system' });
  expect(await engine.readLog(handle, first.cursor, signal)).toEqual(second);
  step(handle, 4);
  const whole = await wholeLog(handle);
  expect(whole.filter(({ stream }) => stream === 'stdout').map(({ text: line }) => line)).toEqual([
    'added 3 packages',
    'building',
    'built',
  ]);
});

test('a long log comes over many pages, whole and in order, through throttling', async () => {
  await double.stop();
  double = await startCodeBuildDouble({ logEventsAPage: 50 });
  await aws.close();
  aws = new AwsCaller({ endpoint: double.url, pathStyle: true, guard: { firstPauseMs: 5, longestPauseMs: 20 } });
  engine = new CodeBuildEngine({ aws, log: silentLogger, uploads: '/nowhere', bucket: undefined });
  await makeProject();
  const said = Array.from({ length: 1_000 }, (_, number) => `line ${number}`);
  double.script('shop', { output: { BUILD: said } });
  const handle = await start();
  await ended(handle);
  double.refuse('GetLogEvents', { type: 'ThrottlingException', message: 'Rate exceeded', times: 2 });
  const lines = await wholeLog(handle);
  expect(lines.filter(({ stream }) => stream === 'stdout').map(({ text: line }) => line)).toEqual(said);
});

test('where CloudWatch is off, the log comes from S3 once the build has ended', async () => {
  const input: CreateBuildProjectInput = {
    ...shop,
    logs: { cloudwatch: { enabled: false }, s3: { enabled: true, location: 'logs/shop' } },
  };
  await makeProject(input);
  double.script('shop', { phaseMs: 'step', output: { BUILD: ['built'] } });
  const handle = await start({}, input);
  step(handle, 6);
  expect(await engine.readLog(handle, null, signal)).toEqual({ lines: [], cursor: null });
  step(handle, 4);
  const { lines, cursor } = await engine.readLog(handle, null, signal);
  expect(lines.find(({ text: line }) => line === 'built')).toMatchObject({ phase: 'BUILD', stream: 'stdout' });
  expect(await engine.readLog(handle, cursor, signal)).toEqual({ lines: [], cursor });
});

test('reports: counts, failed cases first, least covered files first', async () => {
  await makeProject();
  const passed = Array.from({ length: 250 }, (_, number) => ({
    suite: 'cart',
    name: `adds ${number}`,
    status: 'SUCCEEDED' as const,
    seconds: 0.5,
  }));
  double.script('shop', {
    reports: [
      {
        name: 'unit',
        cases: [...passed, { suite: 'cart', name: 'pays', status: 'FAILED', seconds: 1, message: 'expected 1' }],
      },
      {
        name: 'coverage',
        files: [
          { path: 'a.ts', linesCovered: 9, linesMissed: 1, branchesCovered: 1, branchesMissed: 0 },
          { path: 'b.ts', linesCovered: 1, linesMissed: 9, branchesCovered: 0, branchesMissed: 1 },
        ],
      },
    ],
  });
  const handle = await start();
  await ended(handle);
  const [unit, coverage] = await engine.reports(handle, signal);
  expect(unit).toMatchObject({
    name: 'unit',
    type: 'test',
    tests: { total: 251, passed: 250, failed: 1, errored: 0, skipped: 0, seconds: 126 },
    cases: { length: 251 },
  });
  expect(unit?.cases[0]).toEqual({ suite: 'cart', name: 'pays', outcome: 'failed', seconds: 1, message: 'expected 1' });
  expect(coverage).toMatchObject({
    name: 'coverage',
    coverage: { lines: 20, lines_covered: 10, branches: 2, branches_covered: 1, line_percent: 50 },
    files: [{ file: 'b.ts' }, { file: 'a.ts' }],
  });
});

test.for(['none', 'zip'] as const)('artifacts are listed and opened, packaging %s', async (packaging) => {
  const input: CreateBuildProjectInput = {
    ...shop,
    artifacts: { type: 's3', bucket: 'artifacts', path: 'out', packaging },
  };
  await makeProject(input);
  double.script('shop', { artifacts: { 'dist/app.js': 'app', 'dist/a&b.txt': 'ab', 'read me.md': 'me' } });
  const handle = await start({}, input);
  await ended(handle);
  const files = await engine.artifacts(handle, signal);
  expect(files.map(({ artifact, path, sizeBytes }) => `${artifact} ${path} ${sizeBytes}`).toSorted()).toEqual([
    'primary dist/a&b.txt 2',
    'primary dist/app.js 3',
    'primary read me.md 2',
  ]);
  const { body, sizeBytes } = await engine.openArtifact(handle, 'primary', 'read me.md', signal);
  expect([await text(body), sizeBytes]).toEqual(['me', 2]);
  for (const [artifact, path] of [
    ['primary', 'dist'],
    ['other', 'read me.md'],
  ] as const)
    await expect(engine.openArtifact(handle, artifact, path, signal)).rejects.toMatchObject({
      kind: 'not_found',
      code: 'artifact_not_found',
    });
});

test('secret variables are in no request of CodeBuild, and gone when the build has ended', async () => {
  await makeProject();
  double.script('shop', { phaseMs: 'step' });
  const handle = await start({ secretVariables: { REGISTRY_PASSWORD: 'hunter2-canary' } });
  expect([...double.secrets.values()]).toEqual(['{"REGISTRY_PASSWORD":"hunter2-canary"}']);
  const asked = double.requests.filter(({ operation }) => operation === 'StartBuild');
  expect(JSON.stringify(asked)).not.toContain('canary');
  expect(asked[0]?.input['environmentVariablesOverride']).toEqual([
    {
      name: 'REGISTRY_PASSWORD',
      value: 'aws-deployer/builds/01900000-0000-7000-8000-000000000001/1:REGISTRY_PASSWORD',
      type: 'SECRETS_MANAGER',
    },
  ]);
  await observe(handle);
  expect(double.secrets.size).toBe(1);
  step(handle, 10);
  await observe(handle);
  expect(double.secrets.size).toBe(0);
});

test('a full account is account_limit and keeps the secret for the next try; a refused start leaves none', async () => {
  await makeProject();
  double.setLimit(0);
  const secretVariables = { TOKEN: 'x' };
  await expect(start({ secretVariables })).rejects.toMatchObject({ kind: 'rate_limited', code: 'account_limit' });
  expect(double.secrets.size).toBe(1);
  double.setLimit(1);
  await start({ secretVariables });

  double.setLimit(5);
  double.refuse('StartBuild', { type: 'InvalidInputException', message: 'Invalid image override' });
  await expect(start({ secretVariables, attempt: 2 })).rejects.toMatchObject({
    kind: 'invalid',
    fields: [{ field: 'environment' }],
  });
  expect([...double.secrets.keys()]).toEqual(['aws-deployer/builds/01900000-0000-7000-8000-000000000001/1']);
  await expect(start({}, { ...shop, name: 'gone' })).rejects.toMatchObject({
    kind: 'invalid',
    code: 'project_missing',
  });
});

test('throttling and a broken answer are overcome; a start whose answer was lost is one build', async () => {
  await makeProject();
  double.refuse('StartBuild', { type: 'ThrottlingException', message: 'Rate exceeded' });
  double.refuse('StartBuild', { type: 'InternalFailure', message: 'We broke', status: 500 });
  const handle = await start();
  double.refuse('BatchGetBuilds', { type: 'ThrottlingException', message: 'Rate exceeded', times: 2 });
  expect((await ended(handle)).status).toBe('succeeded');
  expect(double.builds.size).toBe(1);
});
