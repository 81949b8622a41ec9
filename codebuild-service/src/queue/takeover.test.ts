/** A process that dies or hangs while builds run: another takes its queue, and nothing of a build is lost or done twice. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { fakeEngines, startBuilds, until, type BuildsHarness, type FakeEngines } from '../testing/builds-harness.js';
import type { FakeRun } from '../testing/fake-build-engine.js';

describe.each(testDatabases())('a queue that is taken over on $kind', (kind) => {
  let on: BuildsHarness;
  beforeEach(async () => {
    // It never looks at its lease again, as one that hangs: what it still writes, only the epoch keeps out.
    on = await startBuilds(kind, { LOCAL_CONCURRENT_BUILDS: '5', LEASE_SECONDS: '600', HEARTBEAT_SECONDS: '1000' });
    await on.project('moving');
  });
  afterEach(() => on.stop());

  /** Another door to the same builds: what the test does to one process's calls the other's do not feel. */
  const sameRuns = (): FakeEngines => {
    const others = fakeEngines();
    Object.assign(others.local, { runs: on.engines.local.runs, starts: on.engines.local.starts });
    return others;
  };
  /** Counts the claims. */
  const epoch = async (): Promise<number> =>
    Number(
      (await on.service.test.database.db.selectFrom('build_queues').select('epoch').executeTakeFirstOrThrow()).epoch,
    );
  async function takenOver(engines: FakeEngines): Promise<string> {
    const first = await epoch();
    await on.service.test.database.db
      .updateTable('build_queues')
      .set({ expires_at: '2026-01-01T00:00:00.000Z' })
      .execute(); // its time is over
    const { url } = await on.second(engines, { LEASE_SECONDS: '10', HEARTBEAT_SECONDS: '1' });
    await until('the second has claimed the queue', async () => (await epoch()) > first);
    return url;
  }
  const lines = async (id: string): Promise<string[]> =>
    (
      await on.service.test.database.db
        .selectFrom('build_log_lines')
        .select('text')
        .where('build_id', '=', id)
        .orderBy('seq')
        .execute()
    ).map(({ text }) => text);
  const running = async (): Promise<{ build: BuildView; run: FakeRun }> => {
    const build = await on.start('moving');
    await on.until(build.id, ({ status }) => status === 'in_progress');
    return { build, run: on.engines.local.run(build.id) as FakeRun };
  };
  const WHOLE = ['build.start', 'build.starting', 'build.in_progress', 'build.succeeded'];

  test('a running build goes on, and ends once', async () => {
    const { build, run } = await running();
    on.engines.local.say(run, 'before');
    await until('the first has read', async () => (await lines(build.id)).length === 1);
    const url = await takenOver(sameRuns());
    on.engines.local.say(run, 'after');
    on.engines.local.end(run, 'succeeded');
    expect(await on.ended(build.id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(await on.actions(build.id)).toEqual(WHOLE);
    expect(await lines(build.id)).toEqual(['before', 'after']);
    expect(on.engines.local.starts).toHaveLength(1);
    const metrics = await (await request(`${url}/metrics`)).body.text();
    expect(metrics).toMatch(/^codebuild_queue_takeovers_total(\{[^}]*\})? 1$/m);

    const next = await on.start('moving'); // asked of the first, kept by the second
    await on.until(next.id, ({ status }) => status === 'in_progress');
    on.engines.local.end(on.engines.local.run(next.id) as FakeRun, 'succeeded');
    expect((await on.ended(next.id)).status).toBe('succeeded');
  });

  test('one that hung in the middle of an end, and wakes, writes nothing more', async () => {
    const { build, run } = await running();
    const gate = Promise.withResolvers<void>();
    onTestFinished(() => gate.resolve());
    let hangs = 0;
    on.engines.local.before.reports = async () => {
      hangs += 1;
      await gate.promise;
    };
    on.engines.local.say(run, 'all of it');
    run.artifacts = [{ artifact: 'primary', path: 'a.txt', sizeBytes: 1 }];
    on.engines.local.end(run, 'succeeded');
    await until('the first is about to end it', () => hangs === 1);
    await takenOver(sameRuns());
    expect((await on.ended(build.id)).status).toBe('succeeded');
    gate.resolve();
    const next = await on.start('moving');
    await on.until(next.id, ({ status }) => status === 'in_progress');
    on.engines.local.end(on.engines.local.run(next.id) as FakeRun, 'succeeded');
    await on.ended(next.id); // by now the first has had its say
    expect(await on.actions(build.id)).toEqual(WHOLE);
    expect(await lines(build.id)).toEqual(['all of it']);
    const files = await on.service.send('GET', `/api/v1/builds/${build.id}/artifacts`);
    expect(files.body.items).toHaveLength(1);
  });

  test('one that died between marking a start and hearing of it: the start is made once', async () => {
    const gate = Promise.withResolvers<void>();
    onTestFinished(() => gate.resolve());
    let asked = 0;
    on.engines.local.before.start = async () => {
      asked += 1;
      await gate.promise;
    };
    const build = await on.start('moving');
    await until('the engine is asked to start it', () => asked === 1);
    await takenOver(sameRuns());
    await on.until(build.id, ({ status }) => status === 'in_progress');
    gate.resolve(); // the first call arrives late: the same id and attempt are one build
    on.engines.local.end(on.engines.local.run(build.id) as FakeRun, 'succeeded');
    expect(await on.ended(build.id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect(await on.actions(build.id)).toEqual(WHOLE);
    expect(on.engines.local.starts).toHaveLength(1);
  });

  test('a build that its engine lost is begun again once, by whoever keeps the queue', async () => {
    const { build, run } = await running();
    on.engines.local.lose(run); // it died with the process that ran it
    const again = await on.until(build.id, ({ attempt, status }) => attempt === 2 && status === 'in_progress');
    expect(again.number).toBe(build.number);
    const second = on.engines.local.run(build.id) as FakeRun;
    on.engines.local.lose(second);
    expect(await on.ended(build.id)).toMatchObject({
      status: 'fault',
      failure: { message: expect.stringContaining('lost it twice') },
    });
    expect(await lines(build.id)).toEqual([expect.stringContaining('begun again from the beginning')]);
  });
});
