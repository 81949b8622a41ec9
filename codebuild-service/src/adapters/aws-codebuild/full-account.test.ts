/**
 * The whole service on an account that runs ten builds at once: two hundred submissions, the real queue, the real SDK, CodeBuild
 * by its stand-in. Nobody may ever see that the account is full.
 */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { delay } from '@aws-deployer/platform/runtime/clock';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterEach, describe, expect, test } from 'vitest';
import { PACES, type Pace } from '../../builds/pace.js';
import type { MakeEngines } from '../../engines.js';
import type { CodebuildSchema } from '../../schema.js';
import { codebuildModule } from '../../service.js';
import {
  startCodeBuildDouble,
  type CodeBuildDouble,
  type CodeBuildDoubleOptions,
} from '../../testing/codebuild-double.js';
import { commandFailure } from '../../testing/double-build.js';
import { CodeBuildEngine } from './codebuild-engine.js';

const LIMIT = 10;
const SUBMISSIONS = 200;
/** Ten phases: less than half a second a build. */
const PHASE_MS = 40;
const IDENTITY = { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-central-1' };

/** The stand-in builds in a moment and bears to be asked often. */
const quick: Pace = {
  ...PACES.codebuild,
  observeMs: () => 50,
  logMs: () => 50,
  drain: { looks: 1, apartMs: 0 },
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

describe.each(testDatabases().slice(0, 1))('a full account, $kind', (kind) => {
  let double: CodeBuildDouble;
  let service: TestService<CodebuildSchema>;
  afterEach(async () => {
    await service.stop();
    await double.stop();
  });
  async function begin(options: CodeBuildDoubleOptions): Promise<void> {
    double = await startCodeBuildDouble(options);
    const env = { ...IDENTITY, AWS_ENDPOINT_URL: double.url };
    Object.assign(process.env, env); // the SDK reads them by itself
    service = await startTestService(codebuildModule(onDouble), kind, { env });
  }
  async function makeProject(name: string, team: string): Promise<void> {
    const body = { name, team, source: { type: 'github', location: 'https://github.com/acme/shop.git' } };
    const made = await service.send('POST', '/api/v1/build-projects', body, { as: 'devops' });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  }
  async function submit(projects: readonly string[], count: number): Promise<void> {
    const builds = Array.from({ length: count }, (_, number) => ({ project: projects[number % projects.length] }));
    const started = await service.send('POST', '/api/v1/builds', { builds }, { as: 'devops' });
    if (started.status !== 202) throw new Error(JSON.stringify(started.body));
  }
  /** All builds, once each has ended; `seen` is told of every reason that was shown meanwhile. */
  async function allEnded(count: number, seen: Set<string> = new Set()): Promise<BuildView[]> {
    for (;;) {
      const { body } = await service.send('GET', '/api/v1/builds?limit=500');
      const { items } = body as { items: BuildView[] };
      for (const { status_reason, queue } of items) seen.add(status_reason).add(queue?.reason ?? '');
      if (items.filter(({ ended_at }) => ended_at !== null).length === count) return items;
      await delay(200, AbortSignal.timeout(60_000));
    }
  }

  test('two hundred submissions at a limit of ten: all succeed, ten at once, and none is ever refused', async () => {
    await begin({ limit: LIMIT, script: { phaseMs: PHASE_MS } });
    await makeProject('shop', 'shop');
    await makeProject('bank', 'bank');
    await submit(['shop', 'bank'], SUBMISSIONS);
    const seen = new Set<string>();
    const builds = await allEnded(SUBMISSIONS, seen);
    expect(new Set(builds.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    expect(double.limitRefusals).toBe(0);
    expect(double.mostRunning).toBeLessThanOrEqual(LIMIT);
    expect(double.mostRunning).toBeGreaterThan(2); // they do run side by side
    expect(double.builds.size).toBe(SUBMISSIONS);
    expect([...seen].join('\n')).not.toMatch(/AccountLimit|in queue for the account/);
  }, 90_000);

  test('where others use up part of the account, builds go back to the queue and nobody is told of a failure', async () => {
    await begin({ limit: 0, quota: LIMIT });
    await makeProject('shop', 'shop');
    await submit(['shop'], 12);
    while (double.limitRefusals === 0) await delay(20, AbortSignal.timeout(60_000));
    double.setLimit(4);
    const seen = new Set<string>();
    const builds = await allEnded(12, seen);
    expect(new Set(builds.map(({ status }) => status))).toEqual(new Set(['succeeded']));
    expect(double.builds.size).toBe(12);
    expect([...seen].join('\n')).not.toMatch(/AccountLimit|in queue for the account/);
  }, 90_000);

  test('a failed build shows phase, command, exit code and last lines; its log, report and artifacts are kept', async () => {
    await begin({ limit: LIMIT });
    await makeProject('shop', 'shop');
    double.script('shop', {
      output: { BUILD: ['> test', 'expected 1 to be 2'] },
      failure: commandFailure('BUILD', 'npm test', 1),
      reports: [{ name: 'unit', cases: [{ suite: 'cart', name: 'pays', status: 'FAILED', seconds: 1 }] }],
    });
    await submit(['shop'], 1);
    const [build] = await allEnded(1);
    expect(build).toMatchObject({
      status: 'failed',
      engine: 'codebuild',
      failure: { phase: 'BUILD', command: 'npm test', exit_code: 1, last_lines: ['> test', 'expected 1 to be 2'] },
      reports: { tests: 1, failed: 1 },
    });
    const reports = await service.send('GET', `/api/v1/builds/${build?.id}/reports`);
    expect(JSON.stringify(reports.body)).toContain('pays');
    const log = await service.send('GET', `/api/v1/builds/${build?.id}/log`);
    expect(String(log.body)).toContain('expected 1 to be 2');
  });
});
