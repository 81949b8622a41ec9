/** Batches over HTTP on a fake engine: what a buildspec asks for, in the order it asks for, and its end. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBuilds, until, type BuildsHarness } from '../testing/builds-harness.js';
import type { FakeRun } from '../testing/fake-build-engine.js';

const buildspec = (batch: string): string => `version: 0.2\nphases:\n  build:\n    commands: [make]\nbatch:\n${batch}`;

describe.each(testDatabases())('batches on $kind', (kind) => {
  let on: BuildsHarness;
  let projects = 0;
  beforeAll(async () => {
    on = await startBuilds(kind, { LOCAL_CONCURRENT_BUILDS: '50' });
  });
  afterAll(() => on.stop());

  /** Ids by identifier. */
  async function started(batch: string, more: object = {}): Promise<{ batch: string; ids: Record<string, string> }> {
    const project = `batch-${(projects += 1)}`;
    await on.project(project, { buildspec: { type: 'inline', text: buildspec(batch) }, ...more });
    const { status, body } = await on.service.send('POST', `/api/v1/build-projects/${project}/batches`, {});
    expect(status, JSON.stringify(body)).toBe(202);
    return {
      batch: body.batch_id,
      ids: Object.fromEntries(
        body.items.map(({ id, batch_identifier }: { id: string; batch_identifier: string }) => [batch_identifier, id]),
      ),
    };
  }
  const runs = (id = ''): Promise<BuildView> => on.until(id, ({ status }) => status === 'in_progress');
  const end = (id = '', status: 'succeeded' | 'failed' = 'succeeded'): Promise<BuildView> => {
    on.engines.local.end(on.engines.local.run(id) as FakeRun, status);
    return on.ended(id);
  };

  test('a graph runs in its order', async () => {
    const { ids, batch } = await started(
      '  build-graph:\n    - {identifier: last, depend-on: [left, right]}\n    - {identifier: left}\n    - {identifier: right}\n',
    );
    await Promise.all([runs(ids['left']), runs(ids['right'])]);
    const waiting = await on.view(ids['last'] ?? '');
    expect(waiting).toMatchObject({
      status: 'queued',
      batch_id: batch,
      batch_identifier: 'last',
      trigger: 'batch',
      depends_on: [ids['left'], ids['right']],
      queue: { reason: 'Waits for builds of its batch on which it depends.' },
    });
    await end(ids['left']);
    expect((await on.view(ids['last'] ?? '')).status).toBe('queued');
    await end(ids['right']);
    await runs(ids['last']);
    expect((await end(ids['last'])).status).toBe('succeeded');
    expect(await on.actions(batch)).toEqual(['build.start_batch']);
  });

  test('those that wait for one that failed are stopped, and they only; an ignored failure stops nobody', async () => {
    const { ids } = await started(
      `  build-graph:
    - {identifier: bad}
    - {identifier: shaky, ignore-failure: true}
    - {identifier: other}
    - {identifier: after_bad, depend-on: [bad]}
    - {identifier: after_after_bad, depend-on: [after_bad]}
    - {identifier: after_shaky, depend-on: [shaky]}
`,
    );
    await Promise.all(['bad', 'shaky', 'other'].map((name) => runs(ids[name])));
    await end(ids['bad'], 'failed');
    expect(await on.ended(ids['after_bad'] ?? '')).toMatchObject({
      status: 'stopped',
      status_reason: 'Build 1 of its batch, on which it depends, ended failed.',
    });
    expect((await on.ended(ids['after_after_bad'] ?? '')).status).toBe('stopped');
    await end(ids['shaky'], 'failed');
    await runs(ids['after_shaky']);
    await end(ids['after_shaky']);
    expect((await on.view(ids['other'] ?? '')).status).toBe('in_progress');
    await end(ids['other']);
  });

  test('fast-fail stops what is left, waiting or running, at the first failure that counts', async () => {
    const { ids } = await started(
      `  fast-fail: true
  build-graph:
    - {identifier: shaky, ignore-failure: true}
    - {identifier: bad}
    - {identifier: long}
    - {identifier: later, depend-on: [long]}
`,
    );
    await Promise.all(['shaky', 'bad', 'long'].map((name) => runs(ids[name])));
    await end(ids['shaky'], 'failed');
    expect(await on.view(ids['long'] ?? '')).toMatchObject({ status: 'in_progress', stop_requested: false });
    await end(ids['bad'], 'failed');
    const long = await on.ended(ids['long'] ?? '');
    expect(long).toMatchObject({
      status: 'stopped',
      status_reason: expect.stringMatching(
        /^Stopped after \d+ s: Build 2 of its batch ended failed, and the batch ends/,
      ),
    });
    expect(await on.ended(ids['later'] ?? '')).toMatchObject({
      status: 'stopped',
      status_reason: 'Build 2 of its batch ended failed, and the batch ends at its first failure.',
    });
    expect((await on.actions(ids['long'] ?? '')).filter((type) => type === 'build.stopped')).toHaveLength(1);
  });

  test('a batch is stopped whole, once', async () => {
    const { ids, batch } = await started(
      '  build-matrix:\n    dynamic:\n      env:\n        variables: {DB: [mysql, sqlite], NODE: [22, 24]}\n',
      { concurrent_build_limit: 2 },
    );
    const all = Object.values(ids);
    await until('two run', () => on.engines.local.running().filter(({ build }) => all.includes(build.id)).length === 2);
    const path = `/api/v1/builds/batches/${batch}/stop`;
    expect((await on.service.send('POST', path, {})).body).toEqual({ batch_id: batch, stopping: 4 });
    for (const id of all) expect((await on.ended(id)).status).toBe('stopped');
    expect(on.engines.local.starts.filter(({ id }) => all.includes(id))).toHaveLength(2);
    expect(await on.actions(batch)).toEqual(['build.start_batch', 'build.stop_batch']);
    expect(await on.service.send('POST', path, {})).toMatchObject({ status: 202, body: { stopping: 0 } });
    const missing = '/api/v1/builds/batches/01900000-0000-7000-8000-000000000000/stop';
    expect((await on.service.send('POST', missing, {})).body.code).toBe('batch_not_found');
    expect((await on.service.send('POST', path, {}, { as: 'developer' })).status).toBe(403);
  });

  test('what cannot be a batch is refused with the mend, and nothing starts', async () => {
    await on.project('no-batch');
    const path = '/api/v1/build-projects/no-batch/batches';
    const refused = async (body: object) => {
      const answer = await on.service.send('POST', path, body);
      expect(answer.status).toBe(400);
      return answer.body.errors[0];
    };
    expect(await refused({})).toMatchObject({ field: 'buildspec', message: 'has no batch part' });
    expect(await refused({ buildspec: buildspec('  build-list: {}\n') })).toMatchObject({
      field: 'buildspec',
      message: expect.stringMatching(/^line 6, column 3: batch\.build-list must be a list/),
    });
    await on.project('in-source', {
      source: { type: 'git', location: 'https://git.example/shop.git' },
      buildspec: { type: 'file', path: 'ci/buildspec.yml' },
    });
    expect((await on.service.send('POST', '/api/v1/build-projects/in-source/batches', {})).body.errors).toMatchObject([
      {
        field: 'buildspec',
        message: expect.stringContaining('ci/buildspec.yml'),
        mend: expect.stringMatching(/inline/),
      },
    ]);
    expect((await on.service.send('GET', '/api/v1/builds?project=no-batch')).body.items).toEqual([]);
  });
});
