/** The life of a build: from the queue through the engine to its end, and everything that is kept of it. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBuilds, until, type BuildsHarness } from '../testing/builds-harness.js';
import type { FakeBuildEngine, FakeRun } from '../testing/fake-build-engine.js';

describe.each(testDatabases())('the life of a build on $kind', (kind) => {
  let on: BuildsHarness;
  let engine: FakeBuildEngine;
  let projects = 0;
  let project = '';
  beforeAll(async () => {
    on = await startBuilds(kind, { LOCAL_CONCURRENT_BUILDS: '50' });
    engine = on.engines.local;
  });
  afterAll(() => on.stop());
  beforeEach(async () => {
    engine.before = {};
    engine.onStart = () => undefined;
    project = `life-${(projects += 1)}`;
    await on.project(project);
  });
  const running = async (body: object = {}) => {
    const { id } = await on.start(project, body);
    await on.until(id, ({ status }) => status === 'in_progress');
    return { id, run: engine.run(id) as FakeRun };
  };

  test('goes from queued through starting and in_progress to one end, each with its action', async () => {
    const { id, run } = await running({ source_version: undefined });
    engine.say(run, 'one', 'two');
    await on.until(id, ({ phase }) => phase === 'BUILD');
    engine.say(run, 'three');
    engine.end(run, 'succeeded', { resolvedCommit: 'abc123', exportedVariables: { VERSION: '1.2' }, runtime: 'host' });
    const view = await on.ended(id);
    expect(view).toMatchObject({
      status: 'succeeded',
      status_reason: expect.stringMatching(/^Succeeded after \d+ s\.$/),
      resolved_commit: 'abc123',
      runtime: 'host',
      exported_variables: { VERSION: '1.2' },
      phases: [{ name: 'BUILD', status: 'succeeded' }],
      failure: null,
      queue: null,
      attempt: 1,
      billed_minutes: 1,
      cost_usd: 0,
    });
    expect(await on.actions(id)).toEqual(['build.start', 'build.starting', 'build.in_progress', 'build.succeeded']);
    const { body } = await on.service.send('GET', `/api/v1/builds/${id}/log`);
    expect(
      String(body)
        .trim()
        .split('\n')
        .map((line) => line.split(' ').at(-1)),
    ).toEqual(['one', 'two', 'three']);
    expect(engine.starts.filter((build) => build.id === id)).toHaveLength(1);
  });

  test('one that fails shows phase, command, exit code and its last lines', async () => {
    const { id, run } = await running();
    engine.say(run, ...Array.from({ length: 30 }, (_, index) => `line ${index}`));
    engine.end(run, 'failed', {
      failure: {
        phase: 'BUILD',
        command: 'npm test',
        exit_code: 3,
        message: 'npm test ended with code 3.',
        last_lines: [],
      },
    });
    const view = await on.ended(id);
    expect(view).toMatchObject({
      status: 'failed',
      status_reason: 'npm test ended with code 3.',
      failure: { phase: 'BUILD', command: 'npm test', exit_code: 3 },
    });
    expect(view.failure?.last_lines).toHaveLength(20);
    expect(view.failure?.last_lines.at(-1)).toBe('line 29');
  });

  test.each(['timed_out', 'fault'] as const)('one that ends %s says why though the engine does not', async (status) => {
    const { id, run } = await running();
    engine.end(run, status);
    const view = await on.ended(id);
    expect(view.status).toBe(status);
    expect(view.failure?.message).toMatch(status === 'timed_out' ? /longer than the 60 minutes/ : /broke/);
  });

  test('reports, artifacts and gates are there with the end, not after it', async () => {
    await on.project(`${project}-gated`, { quality_gates: { tests_passed: true } });
    const { id } = await on.start(`${project}-gated`);
    await on.until(id, ({ status }) => status === 'in_progress');
    const run = engine.run(id) as FakeRun;
    run.reports = [
      {
        name: 'unit',
        type: 'test',
        format: 'JUNITXML',
        tests: { total: 2, passed: 1, failed: 1, errored: 0, skipped: 0, seconds: 1 },
        cases: [{ suite: 's', name: 'adds', outcome: 'failed', seconds: 1, message: 'no' }],
        coverage: null,
        files: [],
        problems: [],
      },
    ];
    run.artifacts = [
      { artifact: 'primary', path: 'dist/app & more.js', sizeBytes: 17 },
      { artifact: 'docs', path: 'index.html', sizeBytes: 3 },
    ];
    engine.end(run, 'succeeded');
    const view = await on.ended(id);
    expect(view).toMatchObject({
      artifacts: 2,
      reports: { tests: 2, failed: 1 },
      gates: [{ gate: 'tests_passed', passed: false }],
    });
    const reports = await on.service.send('GET', `/api/v1/builds/${id}/reports`);
    expect(reports.body.items).toMatchObject([{ name: 'unit', cases: [{ name: 'adds' }] }]);
    const artifacts = await on.service.send('GET', `/api/v1/builds/${id}/artifacts`);
    expect(artifacts.body.items).toMatchObject([{ path: 'dist/app & more.js', size_bytes: 17 }, { artifact: 'docs' }]);

    const fetched = await request(`${on.service.url}${artifacts.body.items[0].url}`, {
      headers: { authorization: 'Bearer devops' },
    });
    expect(fetched.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="app & more.js"',
      'content-length': '28',
    });
    expect(Buffer.from(await fetched.body.arrayBuffer()).toString('latin1')).toBe('primary:dist/app & more.js\0\xff');
    const elsewhere = `/api/v1/builds/${id}/artifacts/download?path=${encodeURIComponent('../../etc/passwd')}`;
    expect(await on.service.send('GET', elsewhere)).toMatchObject({
      status: 404,
      body: { code: 'artifact_not_found' },
    });
    engine.lose(run); // the engine keeps the files of the newest builds only
    expect(await on.service.send('GET', artifacts.body.items[0].url)).toMatchObject({
      status: 404,
      body: { code: 'artifact_gone', detail: expect.stringContaining('Run the build again') },
    });
  });

  test('reports that cannot be read do not keep a build from ending, and the log says so', async () => {
    const { id, run } = await running();
    engine.before.reports = (ref) => {
      if (ref === run.ref) throw new AppError('unavailable', 'gone', 'the store does not answer');
    };
    engine.end(run, 'succeeded');
    expect(await on.ended(id)).toMatchObject({ status: 'succeeded', reports: null });
    expect((await on.service.send('GET', `/api/v1/builds/${id}/log`)).body).toMatch(
      /\* The reports of the build could not be read: the store does not answer/,
    );
  });

  test('what an engine refuses for good ends the build with the reason', async () => {
    engine.before.start = () => {
      throw new AppError('invalid', 'image_unknown', 'environment.image: there is no image of that name');
    };
    const { id } = await on.start(project);
    expect(await on.ended(id)).toMatchObject({
      status: 'failed',
      failure: { phase: 'SUBMITTED', message: 'environment.image: there is no image of that name' },
      started_at: null,
      billed_minutes: null,
    });
    expect(await on.actions(id)).toEqual(['build.start', 'build.failed']);
  });

  test('an engine that does not answer is asked again, and the build goes on', async () => {
    let refusals = 3;
    engine.before.start = () => {
      if ((refusals -= 1) >= 0) throw new AppError('unavailable', 'engine_unreachable', 'no answer');
    };
    const { id, run } = await running();
    let unseen = 4;
    engine.before.observe = () => {
      if ((unseen -= 1) >= 0) throw new AppError('rate_limited', 'throttled', 'slow down');
    };
    await until('the engine is asked again', () => unseen < 0);
    engine.end(run, 'succeeded');
    expect((await on.ended(id)).status).toBe('succeeded');
    expect(engine.starts.filter((build) => build.id === id)).toHaveLength(1);
  });

  describe('stop', () => {
    test('reaches a running build, once, and it ends stopped', async () => {
      const { id, run } = await running();
      const began = Date.now();
      const [first, second] = await Promise.all(
        [1, 2].map(() => on.service.send('POST', `/api/v1/builds/${id}/stop`, {})),
      );
      expect(first?.body.stop_requested).toBe(true);
      expect(second?.status).toBe(202);
      const view = await on.ended(id);
      expect(Date.now() - began).toBeLessThan(5_000);
      expect(view).toMatchObject({ status: 'stopped', failure: null });
      expect(engine.stops.filter((ref) => ref === run.ref)).toHaveLength(1);
      expect((await on.actions(id)).slice(-2).filter((type) => type === 'build.stopped')).toHaveLength(1);
      expect((await on.service.send('POST', `/api/v1/builds/${id}/stop`, {})).status).toBe(202);
    });

    test('of one that is just being started stops it as soon as it is', async () => {
      const gate = Promise.withResolvers<void>();
      let asked = false;
      engine.before.start = async () => {
        asked = true;
        await gate.promise;
      };
      const { id } = await on.start(project);
      await until('the engine is asked to start it', () => asked);
      expect((await on.service.send('POST', `/api/v1/builds/${id}/stop`, {})).body).toMatchObject({
        status: 'queued',
        stop_requested: true,
      });
      gate.resolve();
      expect((await on.ended(id)).status).toBe('stopped');
      expect(engine.running().some(({ build }) => build.id === id)).toBe(false);
    });

    test('that the engine does not hear is said again', async () => {
      const { id } = await running();
      let deaf = 3;
      engine.before.stop = () => {
        if ((deaf -= 1) >= 0) throw new AppError('unavailable', 'engine_unreachable', 'no answer');
      };
      await on.service.send('POST', `/api/v1/builds/${id}/stop`, {});
      expect((await on.ended(id)).status).toBe('stopped');
    });

    test('of one that has ended is refused', async () => {
      const { id, run } = await running();
      engine.end(run, 'failed');
      await on.ended(id);
      expect((await on.service.send('POST', `/api/v1/builds/${id}/stop`, {})).body.code).toBe('build_ended');
    });
  });

  test('secret values are in no log line, no view, no report and no action', async () => {
    const secret = 'c4nary/Secret+value';
    const { id, run } = await running({ variables: [{ name: 'API_TOKEN', value: secret }] });
    engine.say(run, `curl -H "X: ${secret}"`, Buffer.from(secret).toString('base64'), 'AKIAIOSFODNN7EXAMPLE');
    engine.end(run, 'failed', {
      exportedVariables: { SHOWN: `x-${secret}` },
      failure: {
        phase: 'BUILD',
        command: `echo ${secret}`,
        exit_code: 1,
        message: `echo ${secret} failed`,
        last_lines: [secret],
      },
    });
    const view = await on.ended(id);
    const rows = await on.service.test.database.db
      .selectFrom('build_log_lines')
      .selectAll()
      .where('build_id', '=', id)
      .execute();
    const outbox = await on.service.test.database.db.selectFrom('outbox').select('record').execute();
    const everything = JSON.stringify([view, rows, outbox]);
    expect(rows).toHaveLength(3);
    for (const form of [secret, Buffer.from(secret).toString('base64'), 'AKIAIOSFODNN7EXAMPLE'])
      expect(everything).not.toContain(form);
    expect(rows[0]?.text).toBe('curl -H "X: [masked]"');
    expect(run.build.plan.environment.variables).toMatchObject([{ name: 'API_TOKEN', value: secret }]); // the build gets it
  });

  describe('live', () => {
    test('the log comes line by line, and a client that comes back misses none and gets none twice', async () => {
      const { id, run } = await running();
      engine.say(run, 'a', 'b');
      const first = await on.events(`/api/v1/builds/${id}/logs`, undefined, ({ data }) => data.text === 'b');
      engine.say(run, 'c');
      const second = on.events(`/api/v1/builds/${id}/logs`, first.at(-1)?.id);
      engine.say(run, 'd');
      engine.end(run, 'succeeded');
      const rest = await second;
      expect([...first, ...rest].map(({ event, data }) => (event === 'line' ? data.text : event))).toEqual([
        'a',
        'b',
        'c',
        'd',
        'end',
      ]);
      expect(rest.at(-1)?.data).toEqual({ status: 'succeeded' });
    });

    test('a build is told with each change, to its end', async () => {
      const { id } = await on.start(project);
      const told = on.events(`/api/v1/builds/${id}/events`);
      await on.until(id, ({ status }) => status === 'in_progress');
      engine.end(engine.run(id) as FakeRun, 'succeeded');
      const events = await told;
      expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'succeeded' } });
      expect(events.at(-2)).toMatchObject({ event: 'build', data: { id, status: 'succeeded' } });
      const again = await on.events(`/api/v1/builds/${id}/events`, events.at(-2)?.id);
      expect(again.map(({ event }) => event)).toEqual(['end']);
    });
  });

  test('a long log is kept whole, in its order', async () => {
    const { id, run } = await running();
    engine.pageSize = 700;
    engine.say(run, ...Array.from({ length: 5_000 }, (_, index) => `l${index}`));
    engine.end(run, 'succeeded');
    await on.ended(id);
    engine.pageSize = 100;
    const { body } = await on.service.send('GET', `/api/v1/builds/${id}/log`);
    expect(
      String(body)
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[1]),
    ).toEqual(Array.from({ length: 5_000 }, (_, index) => `l${index}`));
  });
});
