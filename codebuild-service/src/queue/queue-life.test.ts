/** The queue over HTTP on a fake engine: limits of the account, of a project and of patience, weights, metrics, a crowd. */
import { execFileSync } from 'node:child_process';
import type { BuildQueueView } from '@aws-deployer/platform/contracts/builds';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBuilds, until, type BuildsHarness } from '../testing/builds-harness.js';
import type { FakeBuildEngine, FakeRun } from '../testing/fake-build-engine.js';

/** Value of a series: `codebuild_builds_running{account="local",…}`; labels in any order. */
async function metric(on: BuildsHarness, name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
  const { body } = await on.service.send('GET', '/metrics', undefined, { as: null });
  const line = String(body)
    .split('\n')
    .find(
      (text) =>
        (text.startsWith(`${name}{`) || text.startsWith(`${name} `)) &&
        Object.entries(labels).every(([label, value]) => text.includes(`${label}="${value}"`)),
    );
  if (line === undefined) throw new Error(`there is no ${name} ${JSON.stringify(labels)}`);
  return Number(line.split(' ').at(-1));
}
const queueOf = async (on: BuildsHarness): Promise<BuildQueueView['queues'][number] | undefined> =>
  ((await on.service.send('GET', '/api/v1/builds/queue')).body as BuildQueueView).queues[0];
const hasPromtool = (): boolean => {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe.each(testDatabases())('the queue on $kind', (kind) => {
  let on: BuildsHarness;
  let engine: FakeBuildEngine;
  beforeAll(async () => {
    on = await startBuilds(kind, { LOCAL_CONCURRENT_BUILDS: '50' });
    engine = on.engines.local;
  });
  afterAll(() => on.stop());
  beforeEach(() => {
    engine.before = {};
    engine.onStart = () => undefined;
    engine.capacity = Infinity;
  });
  const runs = (id: string) => on.until(id, ({ status }) => status === 'in_progress');
  const end = (id: string) => {
    engine.end(engine.run(id) as FakeRun, 'succeeded');
    return on.ended(id);
  };

  test('metrics are there before the first build, count builds, and have clean names', async () => {
    const counted = ['succeeded', 'failed', 'fault', 'timed_out', 'stopped'].map((status) => ({ status }));
    for (const engineName of ['local', 'codebuild']) {
      for (const { status } of counted)
        expect(await metric(on, 'codebuild_builds_finished_total', { status, engine: engineName })).toBe(0);
      expect(await metric(on, 'codebuild_build_duration_seconds_count', { engine: engineName })).toBe(0);
      expect(await metric(on, 'codebuild_queue_wait_seconds_count', { engine: engineName })).toBe(0);
      expect(await metric(on, 'codebuild_poll_seconds_count', { engine: engineName })).toBe(0);
    }
    for (const name of ['account_limit_hits', 'queue_takeovers', 'builds_begun_again'])
      expect(await metric(on, `codebuild_${name}_total`)).toBe(0);
    expect(await metric(on, 'codebuild_queue_depth')).toBe(0);
    expect(await metric(on, 'codebuild_builds_running')).toBe(0);

    await on.project('metered', { concurrent_build_limit: 1 });
    const [first, second] = [await on.start('metered'), await on.start('metered')];
    await runs(first.id);
    await until('one runs, one waits', async () => {
      const [running, waiting] = [
        await metric(on, 'codebuild_builds_running'),
        await metric(on, 'codebuild_queue_depth'),
      ];
      return running === 1 && waiting === 1;
    });
    await end(first.id);
    await runs(second.id);
    engine.end(engine.run(second.id) as FakeRun, 'failed');
    await on.ended(second.id);
    const local = { engine: 'local' };
    expect(await metric(on, 'codebuild_builds_finished_total', { ...local, status: 'succeeded' })).toBe(1);
    expect(await metric(on, 'codebuild_builds_finished_total', { ...local, status: 'failed' })).toBe(1);
    expect(await metric(on, 'codebuild_build_duration_seconds_count', { ...local, status: 'failed' })).toBe(1);
    expect(await metric(on, 'codebuild_queue_wait_seconds_count', local)).toBe(2);
    expect(await metric(on, 'codebuild_poll_seconds_count', local)).toBeGreaterThan(0);
  });

  test.skipIf(!hasPromtool() && process.env['CI'] !== 'true')(
    'promtool finds nothing to mend in the metrics',
    async () => {
      const { body } = await on.service.send('GET', '/metrics', undefined, { as: null });
      const own = String(body)
        .split('\n')
        .filter((line) => /^(# (HELP|TYPE) )?codebuild_(build|queue|poll|account_limit)/.test(line));
      expect(own.length).toBeGreaterThan(50);
      expect(execFileSync('promtool', ['check', 'metrics'], { input: `${own.join('\n')}\n`, encoding: 'utf8' })).toBe(
        '',
      );
    },
  );

  test('a project runs as many as it may, and others go on beside it', async () => {
    await on.project('narrow', { concurrent_build_limit: 2 });
    await on.project('beside');
    const builds = [];
    for (let count = 0; count < 4; count += 1) builds.push(await on.start('narrow'));
    const beside = await on.start('beside');
    await runs(beside.id);
    const [first, second, third, fourth] = builds.map(({ id }) => id) as [string, string, string, string];
    await Promise.all([runs(first), runs(second)]);
    expect((await on.view(third)).queue?.reason).toBe('Project narrow runs 2 of the 2 builds that it may at once.');
    await end(second);
    await runs(third);
    expect((await on.view(fourth)).status).toBe('queued');
    for (const id of [first, third]) await end(id);
    await runs(fourth);
    await end(fourth);
    await end(beside.id);
  });

  test('one that waits longer than its project allows ends timed out, and says so', async () => {
    await on.project('patient', { concurrent_build_limit: 1 });
    const [first, late] = [await on.start('patient'), await on.start('patient')];
    await runs(first.id);
    await on.service.test.database.db
      .updateTable('builds')
      .set({ queue_deadline: '2026-01-01T00:00:00.000Z' })
      .where('id', '=', late.id)
      .execute();
    expect(await on.ended(late.id)).toMatchObject({
      status: 'timed_out',
      status_reason: 'It waited in the queue longer than its project allows.',
      started_at: null,
      cost_usd: null,
    });
    expect(await on.actions(late.id)).toEqual(['build.start', 'build.timed_out']);
    await end(first.id);
  });

  // The last of these: it keeps the limit low for half a minute.
  test('that the account is full is seen by nobody: the builds wait, and start when there is room', async () => {
    await on.project('crowded');
    engine.capacity = 2;
    const builds = await Promise.all(Array.from({ length: 5 }, () => on.start('crowded')));
    const own = () => engine.running().filter(({ build }) => builds.some(({ id }) => id === build.id));
    await until('the account is full', () => own().length === 2);
    await until('it has said so', async () => (await metric(on, 'codebuild_account_limit_hits_total')) > 0);
    await until('the limit is lowered', async () => (await queueOf(on))?.limit === 2);
    // One that was refused counts as running until it is written down as waiting.
    await expect
      .poll(() => queueOf(on), { timeout: 10_000 })
      .toMatchObject({
        running: 2,
        limit_reason: expect.stringMatching(/^the account said that it was full; .* again at /),
        waiting: { length: 3 },
      });
    const seen: string[] = [];
    while (own().length > 0) {
      for (const { id } of builds) {
        const view = await on.view(id);
        expect(view.failure).toBeNull();
        seen.push(view.status_reason, view.queue?.reason ?? '');
      }
      for (const { build } of own()) {
        await runs(build.id); // one that ends before it was looked at was never seen in progress
        await end(build.id);
      }
      await until('the next start, or all have ended', async () => {
        if (own().length > 0) return true;
        return (await Promise.all(builds.map(({ id }) => on.view(id)))).every(({ ended_at }) => ended_at !== null);
      });
    }
    for (const { id } of builds) {
      expect((await on.ended(id)).status).toBe('succeeded');
      expect(await on.actions(id)).toEqual(['build.start', 'build.starting', 'build.in_progress', 'build.succeeded']);
    }
    expect(seen.join('\n')).not.toMatch(/exception|error|AccountLimit/i);
    expect(new Set(engine.starts.map(({ id }) => id)).size).toBe(engine.starts.length);
  });
});

describe.each(testDatabases())('the order of the queue on $kind', (kind) => {
  let on: BuildsHarness;
  beforeAll(async () => {
    on = await startBuilds(kind, { LOCAL_CONCURRENT_BUILDS: '1' });
  });
  afterAll(() => on.stop());

  test('teams take turns by their weights, and each build knows its place', async () => {
    for (const team of ['many', 'heavy', 'first']) await on.project(`of-${team}`, { team });
    const { id: running } = await on.start('of-first');
    await on.until(running, ({ status }) => status === 'in_progress');
    for (const team of ['many', 'many', 'many', 'heavy', 'heavy', 'heavy']) await on.start(`of-${team}`);
    const order = async () => (await queueOf(on))?.waiting.map(({ team, number }) => `${team}${number}`).join(' ');
    expect(await order()).toBe('many1 heavy1 many2 heavy2 many3 heavy3');
    expect(await queueOf(on)).toMatchObject({
      account: 'local',
      limit: 1,
      running: 1,
      waiting: [1, 2, 3, 4, 5, 6].map((position) => ({ queue: { position } })),
    });

    const path = '/api/v1/builds/queue/teams';
    const byDefault = await on.service.send('GET', path);
    expect(byDefault.body.items).toEqual(['first', 'heavy', 'many'].map((team) => ({ team, weight: 1 })));
    expect(await on.service.send('PUT', `${path}/heavy`, { weight: 3 })).toMatchObject({
      status: 200,
      body: { team: 'heavy', weight: 3 },
    });
    expect(await on.actions('heavy')).toEqual(['build_queue.weigh']);
    expect(await order()).toBe('many1 heavy1 heavy2 heavy3 many2 many3');
    expect((await on.service.send('PUT', `${path}/heavy`, { weight: 0 })).body.errors).toMatchObject([
      { field: 'weight' },
    ]);
    expect((await on.service.send('PUT', `${path}/heavy`, { weight: 2 }, { as: 'developer' })).status).toBe(403);
    expect((await on.service.send('GET', path, undefined, { as: 'developer' })).status).toBe(200);

    const started: string[] = [];
    on.engines.local.onStart = ({ build }) => started.push(build.plan.project.replace('of-', ''));
    for (let ended = 0; ended < 7; ended += 1) {
      await until('the next runs', () => on.engines.local.running().length === 1);
      on.engines.local.end(on.engines.local.running()[0] as FakeRun, 'succeeded');
    }
    await until('the queue is empty', async () => (await queueOf(on)) === undefined);
    expect(started.join(' ')).toBe('many heavy heavy heavy many many'); // as it was foreseen
    expect(on.engines.local.mostAtOnce).toBe(1);
  });
});

describe.each(testDatabases())('a crowd on $kind', (kind) => {
  let on: BuildsHarness;
  beforeAll(async () => {
    on = await startBuilds(kind, { LOCAL_CONCURRENT_BUILDS: '10' });
  });
  afterAll(() => on.stop());

  test(
    '200 submissions at a limit of 10: none fails, never more than 10 run, each starts once',
    { timeout: 90_000 },
    async () => {
      const engine = on.engines.local;
      const teams = ['core', 'web', 'data', 'solo'];
      for (const team of teams) await on.project(`crowd-${team}`, { team });
      // They take unlike times, as builds do.
      const run = (one: FakeRun): void => {
        engine.say(one, `building ${one.build.number}`);
        setTimeout(() => engine.end(one, 'succeeded'), 10 + (one.build.number % 7) * 10);
      };
      const began = performance.now();
      const submitted = await Promise.all(
        Array.from({ length: 200 }, (_, index) => on.start(`crowd-${teams[index % 3] as string}`)),
      );
      expect(new Set(submitted.map(({ id }) => id)).size).toBe(200);
      await on.start('crowd-solo');
      await until('all places are taken', () => engine.running().length === 10);
      engine.onStart = run; // none ended before all were asked for
      engine.running().forEach(run);
      const { db } = on.service.test.database;
      const byStatus = async (): Promise<Record<string, number>> => {
        const rows = await db
          .selectFrom('builds')
          .select(({ fn }) => ['status', fn.countAll<number | string>().as('count')])
          .groupBy('status')
          .execute();
        return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
      };
      await until('all have ended', async () => (await byStatus())['succeeded'] === 201, 80_000);
      console.info(`${kind.kind}: 201 builds at a limit of 10 in ${((performance.now() - began) / 1000).toFixed(1)} s`);
      expect(engine.mostAtOnce).toBe(10);
      expect(engine.starts).toHaveLength(201);
      expect(new Set(engine.starts.map(({ id }) => id)).size).toBe(201);
      // The one build of a team that came last does not wait behind all others.
      expect(engine.starts.findIndex(({ plan }) => plan.project === 'crowd-solo')).toBeLessThan(20);
      for (const team of ['core', 'web', 'data']) {
        const numbers = await db.selectFrom('builds').select('number').where('project', '=', `crowd-${team}`).execute();
        expect(new Set(numbers.map(({ number }) => Number(number))).size).toBe(numbers.length);
      }
      const ends = (await db.selectFrom('outbox').select('record').execute())
        .map(({ record }) => JSON.parse(record) as { action_type: string; target: string })
        .filter(({ action_type }) => action_type === 'build.succeeded');
      expect(new Set(ends.map(({ target }) => target)).size).toBe(201);
      expect(ends).toHaveLength(201);
      expect(
        Number(
          (
            await db
              .selectFrom('build_log_lines')
              .select(({ fn }) => fn.countAll().as('lines'))
              .executeTakeFirstOrThrow()
          ).lines,
        ),
      ).toBe(201);
    },
  );
});
