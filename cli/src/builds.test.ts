import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildStatus, BuildView } from '@aws-deployer/platform/contracts/builds';
import { expect, onTestFinished, test } from 'vitest';
import { commandWith, eventText, ID, platformWith, problem, type Routes } from './testing/platform-double.js';

const build = (status: BuildStatus, more: Partial<BuildView> = {}): BuildView => ({
  id: ID,
  number: 7,
  project: 'shop',
  account: 'local',
  region: 'local',
  engine: 'local',
  status,
  status_reason: `It is ${status}.`,
  phase: 'BUILD',
  phases: [
    { name: 'BUILD', status: 'failed', started_at: null, ended_at: null, duration_seconds: 1.25, message: null },
  ],
  failure: null,
  queue: null,
  overrides: { variables: [], no_artifacts: false },
  source_version: null,
  resolved_commit: null,
  runtime: null,
  image_substituted: null,
  exported_variables: {},
  reports: null,
  artifacts: 0,
  gates: [],
  team: 'default',
  trigger: 'api',
  retry_of: null,
  batch_id: null,
  batch_identifier: null,
  depends_on: [],
  attempt: 1,
  stop_requested: false,
  aws_build_id: null,
  aws_console_url: null,
  duration_seconds: null,
  billed_minutes: null,
  cost_usd: null,
  created_by: 'ann',
  created_at: '2026-01-01T00:00:00.000Z',
  started_at: null,
  ended_at: null,
  ...more,
});
const failed = build('failed', {
  failure: {
    phase: 'BUILD',
    command: 'npm test',
    exit_code: 1,
    message: 'npm test ended with exit code 1.',
    last_lines: ['1 failing', 'expected 2'],
  },
});

async function deployerOf(routes: Routes) {
  const platform = await platformWith(routes);
  return { platform, deployer: commandWith({ DEPLOYER_URL: platform.url }) };
}
function fileWith(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-cli-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test('a build is started with its variables, followed with its log, and ends with the code of its end', async () => {
  const { platform, deployer } = await deployerOf({
    'POST /api/v1/build-projects/shop/builds': () => ({ status: 202, body: build('queued') }),
    [`GET /api/v1/builds/${ID}/events`]: () => ({
      stream: (response) => {
        response.write(eventText('build', build('in_progress'), 1));
        response.end(eventText('end', { status: 'failed' }));
      },
    }),
    [`GET /api/v1/builds/${ID}/logs`]: () => ({
      stream: (response) => {
        const line = { ts: '2026-01-01T00:00:00.000Z', phase: 'BUILD', stream: 'stdout', text: 'expected 2' };
        response.end(eventText('line', line, 1) + eventText('end', { status: 'failed' }));
      },
    }),
    [`GET /api/v1/builds/${ID}`]: () => ({ body: failed }),
  });
  const ended = await deployer(['build', 'start', 'shop', '--ref', 'main', '--var', 'A=1=2', '--follow']);
  expect(ended.code).toBe(3);
  expect(platform.asked[0]?.body).toEqual({ source_version: 'main', variables: [{ name: 'A', value: '1=2' }] });
  expect(ended.err).toContain('in_progress BUILD: It is in_progress.');
  expect(ended.err).toContain('expected 2');
  expect(ended.out).toContain("BUILD, 'npm test', exit code 1\n  | 1 failing\n  | expected 2");
});

test('a gate that is not passed makes a good build bad for scripts', async () => {
  const gates = [{ gate: 'tests_passed' as const, passed: false, detail: '1 of 2 tests failed.' }];
  const { deployer } = await deployerOf({
    [`GET /api/v1/builds/${ID}`]: () => ({ body: build('succeeded', { gates }) }),
  });
  expect(await deployer(['build', 'show', ID])).toMatchObject({
    code: 3,
    out: expect.stringContaining('gate tests_passed: not passed: 1 of 2 tests failed.') as string,
  });
});

test('a batch is started and stopped as one', async () => {
  const { platform, deployer } = await deployerOf({
    'POST /api/v1/build-projects/shop/batches': () => ({
      status: 202,
      body: { batch_id: ID, items: [{ id: ID, project: 'shop', number: 3, batch_identifier: 'linux' }] },
    }),
    [`POST /api/v1/builds/batches/${ID}/stop`]: () => ({ body: { batch_id: ID, stopping: 1 } }),
  });
  expect(await deployer(['build', 'batch', 'shop', '--var', 'A=1'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('shop     3  linux') as string,
  });
  expect(platform.asked[0]?.body).toEqual({ variables: [{ name: 'A', value: '1' }] });
  expect(await deployer(['build', 'stop-batch', ID])).toMatchObject({ code: 0, err: '1 builds are being stopped\n' });
});

test('artifacts are fetched into a folder, and none can lead out of it', async () => {
  const artifact = (path: string) => ({ path, artifact: 'primary', size_bytes: 5, url: '/file' });
  let items = [artifact('dist/app.txt')];
  const { deployer } = await deployerOf({
    [`GET /api/v1/builds/${ID}/artifacts`]: () => ({ body: { items } }),
    'GET /file': () => ({ stream: (response) => response.end('hello') }),
  });
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-cli-artifacts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect((await deployer(['build', 'artifacts', ID, '--download', folder])).code).toBe(0);
  expect(readFileSync(join(folder, 'dist/app.txt'), 'utf8')).toBe('hello');
  items = [artifact('../../evil')];
  expect(await deployer(['build', 'artifacts', ID, '--download', folder])).toMatchObject({ code: 1 });
});

test('a buildspec is checked with file, line and column', async () => {
  const found = { line: 3, column: 5, path: 'phases.biuld', message: 'is no phase', mend: 'write build' };
  const { deployer } = await deployerOf({
    'POST /api/v1/build-projects/check-buildspec': () => ({ body: { valid: false, problems: [found], warnings: [] } }),
  });
  const file = fileWith('buildspec.yml', 'version: 0.2');
  expect(await deployer(['project', 'check-buildspec', file])).toMatchObject({
    code: 1,
    out: `${file}:3:5: error: phases.biuld is no phase (mend: write build)\n`,
  });
});

const change = {
  confirmation_needed: true,
  operation: 'ec2.stop_instances',
  effect: 'change',
  region: 'eu-central-1',
  account: 'main',
  summary: 'Stops i-1.',
  confirm: 'c-1',
  expires_at: '2026-01-01T00:05:00.000Z',
};
const result = {
  operation: 'ec2.stop_instances',
  region: 'eu-central-1',
  account: 'main',
  columns: ['id', 'state'],
  rows: [{ id: 'i-1', state: 'stopping' }],
  next_cursor: null,
  aws_console_url: null,
  request_id: 'r',
};

test('what changes something in AWS is done only with a yes', async () => {
  const { platform, deployer } = await deployerOf({
    'POST /api/v1/aws/operations/ec2.stop_instances/run': ({ body }) =>
      (body as { confirm?: string }).confirm === 'c-1' ? { body: result } : { status: 202, body: change },
  });
  const run = ['aws', 'run', 'ec2.stop_instances', '--param', 'instance_ids=["i-1"]', '--region', 'eu-central-1'];
  expect(await deployer(run)).toMatchObject({ code: 2, err: expect.stringContaining('give --yes') as string });
  const done = await deployer([...run, '--yes']);
  expect(done).toMatchObject({ code: 0, out: 'id   state\ni-1  stopping\n' });
  expect(platform.asked.at(-1)?.body).toEqual({
    region: 'eu-central-1',
    parameters: { instance_ids: ['i-1'] },
    confirm: 'c-1',
  });
});

test('words become an operation; those that fit none show what comes nearest', async () => {
  const asked = {
    query: 'x',
    parameters: {},
    understood_by: 'local',
    summary: 'Lists buckets.',
    expires_at: null,
    output: null,
  };
  const candidate = {
    operation: 's3.list_buckets',
    title: 'List buckets',
    effect: 'read',
    score: 1,
    parameters: {},
    missing: [],
  };
  let fits = true;
  const { platform, deployer } = await deployerOf({
    'POST /api/ask': () => ({
      body: fits
        ? { ...asked, confirmation_needed: false, operation: 's3.list_buckets', candidates: [], output: result }
        : { ...asked, confirmation_needed: false, operation: null, candidates: [candidate] },
    }),
  });
  expect(await deployer(['ask', 'list', 'my', 'buckets'])).toMatchObject({ code: 0 });
  expect(platform.asked[0]?.body).toEqual({ query: 'list my buckets' });
  fits = false;
  expect(await deployer(['ask', 'sing'])).toMatchObject({
    code: 1,
    out: expect.stringContaining('s3.list_buckets') as string,
  });
});

test('an import says what it took, what it left out, and what AWS keeps for itself', async () => {
  const { deployer } = await deployerOf({
    'POST /api/v1/build-projects/import': () => ({
      body: {
        imported: ['shop'],
        skipped: [{ name: 'till', reason: 'only a pipeline can start it' }],
        lost: [{ name: 'shop', parts: ['fileSystemLocations', 'a fleet'] }],
      },
    }),
  });
  const done = await deployer(['project', 'import', 'main', 'shop', 'till']);
  expect(done.out).toContain('shop imported');
  expect(done.err).toMatch(/till left out: only a pipeline.*\n.*shop keeps in AWS .*: fileSystemLocations, a fleet/);
});

test('a project file makes a project or changes it; a refusal names the field', async () => {
  const file = fileWith('shop.yaml', 'name: shop\nsource: {type: none}\n');
  const { deployer } = await deployerOf({
    'GET /api/v1/build-projects': () => ({ body: { items: [], next_cursor: null } }),
    'POST /api/v1/build-projects': () =>
      problem(400, 'invalid_field', 'buildspec: a project without a source needs it inline', [
        { field: 'buildspec', message: 'is a path', mend: 'write it inline' },
      ]),
  });
  expect(await deployer(['project', 'apply', '-f', file])).toMatchObject({
    code: 1,
    err: expect.stringContaining('buildspec: is a path (mend: write it inline)') as string,
  });
});
