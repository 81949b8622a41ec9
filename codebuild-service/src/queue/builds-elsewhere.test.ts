/** Builds that somebody started in AWS: taken in once, looked after to their end, counted for the limit. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterEach, describe, expect, test } from 'vitest';
import { fakeEngines, startBuilds, until, type BuildsHarness } from '../testing/builds-harness.js';
import type { FakeBuildEngine } from '../testing/fake-build-engine.js';

describe.each(testDatabases())('builds that were started in AWS, on $kind', (kind) => {
  let on: BuildsHarness;
  let engine: FakeBuildEngine;
  async function begin(limit = 50): Promise<void> {
    on = await startBuilds(kind, { LOCAL_CONCURRENT_BUILDS: String(limit) });
    engine = on.engines.codebuild;
    await on.project('shop', { engine: 'codebuild', quality_gates: {} });
    engine.lookElsewhere();
  }
  afterEach(() => on.stop());
  const builds = async (): Promise<BuildView[]> =>
    ((await on.service.send('GET', '/api/v1/builds?project=shop')).body as { items: BuildView[] }).items;
  async function taken(ref: string): Promise<BuildView> {
    let found: BuildView | undefined;
    await until(`${ref} is known`, async () => {
      found = (await builds()).find(({ aws_build_id }) => aws_build_id === ref);
      return found !== undefined;
    });
    return found as BuildView;
  }

  test('one of a push and one of a person become builds like all others, with log and end', async () => {
    await begin();
    const pushed = engine.startElsewhere('shop', {
      initiator: 'GitHub-Hookshot/abc123',
      byWebhook: true,
      sourceVersion: 'refs/heads/main',
      submittedAt: '2026-11-21T07:00:00.000Z',
    });
    const { id } = await taken(pushed.ref);
    expect(await on.view(id)).toMatchObject({
      number: 1,
      trigger: 'webhook',
      created_by: 'GitHub-Hookshot/abc123',
      created_at: '2026-11-21T07:00:00.000Z',
      status: 'in_progress',
      queue: null,
    });
    engine.say(pushed, 'one', 'two');
    engine.end(pushed, 'failed', {
      failure: { phase: 'BUILD', command: 'make', exit_code: 2, message: 'make failed.', last_lines: [] },
    });
    expect(await on.ended(id)).toMatchObject({
      status: 'failed',
      failure: { command: 'make', last_lines: ['one', 'two'] },
    });
    expect(await on.actions(id)).toEqual(['build.adopt', 'build.failed']);

    const own = await on.start('shop');
    const byHand = engine.startElsewhere('shop', { initiator: 'ann' });
    expect(await taken(byHand.ref)).toMatchObject({ number: 3, trigger: 'aws', created_by: 'ann' });
    expect(own.number).toBe(2);
    const stopped = await taken(byHand.ref);
    await on.service.send('POST', `/api/v1/builds/${stopped.id}/stop`, {}, { as: 'devops' });
    expect(await on.ended(stopped.id)).toMatchObject({ status: 'stopped' });
    expect(engine.stops).toEqual([byHand.ref]);
  });

  test('one that ended meanwhile has its end, its log and its secrets in the dark', async () => {
    await begin();
    const run = engine.startElsewhere('shop', {
      variables: [
        { name: 'STAGE', value: 'test', type: 'PLAINTEXT' },
        { name: 'DB_PASSWORD', value: 'hunter2-hunter2', type: 'PLAINTEXT' },
      ],
    });
    engine.say(run, 'signed in with hunter2-hunter2');
    engine.end(run, 'succeeded', { resolvedCommit: 'abc' });
    const { id } = await taken(run.ref);
    expect(await on.ended(id)).toMatchObject({
      status: 'succeeded',
      resolved_commit: 'abc',
      overrides: { variables: [{ name: 'STAGE' }] },
    });
    const { body: log } = await on.service.send('GET', `/api/v1/builds/${id}/log`);
    expect(String(log)).toContain('signed in with [masked]');
    const row = await on.service.test.database.db
      .selectFrom('builds')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain('hunter2');
  });

  test('they take places of the limit, and one that AWS forgets is not begun again', async () => {
    await begin(1);
    const run = engine.startElsewhere('shop');
    const { id } = await taken(run.ref);
    const own = await on.start('shop');
    await until('ours waits', async () => (await on.view(own.id)).queue !== null);
    engine.lose(run);
    expect(await on.ended(id)).toMatchObject({ status: 'fault', attempt: 1 });
    await on.until(own.id, ({ status }) => status === 'in_progress');
  });

  test('a start of ours whose answer is still on its way is ours', async () => {
    await begin();
    const answered = Promise.withResolvers<void>();
    engine.onStart = () => undefined;
    const start = engine.start.bind(engine);
    engine.start = async (build) => {
      const ref = await start(build);
      await answered.promise;
      return ref;
    };
    let looks = 0;
    engine.before.recent = () => void (looks += 1);
    const own = await on.start('shop');
    await until('it runs at the engine', () => engine.running().length === 1);
    const from = looks;
    await until('two looks more', () => looks >= from + 2);
    expect(await builds()).toHaveLength(1);
    answered.resolve();
    await on.until(own.id, ({ status }) => status === 'in_progress');
    expect(await builds()).toHaveLength(1);
  });

  test('two processes take each in once; a look that fails is made again', async () => {
    await begin();
    const others = fakeEngines();
    others.codebuild.lookElsewhere();
    const shared = { runs: engine.runs };
    Object.assign(others.codebuild, shared);
    await on.second(others);
    let refused = 0;
    const refuse = () => {
      if ((refused += 1) <= 2) throw new AppError('rate_limited', 'aws_throttled', 'Rate exceeded');
    };
    engine.before.recent = refuse;
    others.codebuild.before.recent = refuse;
    const runs = Array.from({ length: 30 }, () => engine.startElsewhere('shop'));
    await until('all are known', async () => (await builds()).length >= 30);
    for (const run of runs) engine.end(run, 'succeeded');
    await until('all have ended', async () => (await builds()).every(({ ended_at }) => ended_at !== null));
    const known = await builds();
    expect(new Set(known.map(({ aws_build_id }) => aws_build_id)).size).toBe(30);
    expect(known.map(({ number }) => number).sort((a, b) => a - b)).toEqual(runs.map((_, index) => index + 1));
    expect(refused).toBeGreaterThan(2);
  });
});
