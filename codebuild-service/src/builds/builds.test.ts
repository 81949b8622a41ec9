/** Builds over HTTP before any engine is asked: starting, listing, stopping one that waits, running again. */
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';
import { sampleProject } from '../testing/sample-project.js';

describe.each(testDatabases())('builds on $kind', (kind) => {
  let service: TestService<CodebuildSchema>;
  beforeAll(async () => {
    service = await startTestService(codebuild, kind);
    // The queue of the account `elsewhere` is kept by another process, which does nothing: its builds stay where they are.
    await db()
      .insertInto('build_queues')
      .values({
        account: 'elsewhere',
        region: 'local',
        owner: 'another',
        epoch: 1,
        expires_at: '2099-01-01T00:00:00.000Z',
      })
      .execute();
  });
  afterAll(() => service.stop());
  const db = () => service.test.database.db;
  const actions = async (target: string): Promise<string[]> =>
    (await db().selectFrom('outbox').select('record').orderBy('seq').execute())
      .map(({ record }) => JSON.parse(record) as { target: string; action_type: string })
      .filter((record) => record.target === target)
      .map(({ action_type }) => action_type);

  test('a start is a numbered row in the queue and an action', async () => {
    await sampleProject(db(), 'numbered', { account: 'elsewhere' });
    const first = await service.send('POST', '/api/v1/build-projects/numbered/builds', { image: 'node:24' });
    expect(first).toMatchObject({
      status: 202,
      headers: { location: `/api/v1/builds/${first.body.id}` },
      body: { number: 1, project: 'numbered', status: 'queued', overrides: { image: 'node:24' }, created_by: 'admin' },
    });
    expect(await actions(first.body.id)).toEqual(['build.start']);
    const many = await Promise.all(
      Array.from({ length: 20 }, () => service.send('POST', '/api/v1/build-projects/numbered/builds', {})),
    );
    expect(many.map(({ body }) => body.number as number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 2),
    );
    const page = await service.send('GET', '/api/v1/builds?project=numbered&limit=15&active=true');
    expect(page.body.items).toHaveLength(15);
    const rest = await service.send('GET', `/api/v1/builds?project=numbered&limit=15&cursor=${page.body.next_cursor}`);
    expect(rest.body).toMatchObject({ items: { length: 6 }, next_cursor: null });
  });

  test('several at once are one batch, all or none', async () => {
    await sampleProject(db(), 'one-of-two', { account: 'elsewhere' });
    await sampleProject(db(), 'two-of-two', { account: 'elsewhere' });
    const { status, body } = await service.send('POST', '/api/v1/builds', {
      builds: [{ project: 'one-of-two' }, { project: 'two-of-two' }, { project: 'one-of-two' }],
    });
    expect(status).toBe(202);
    expect(body.items.map((item: { number: number }) => item.number)).toEqual([1, 1, 2]);
    expect(await actions(body.batch_id)).toEqual(['build.start_batch']);
    expect((await service.send('GET', `/api/v1/builds?batch=${body.batch_id}`)).body.items).toHaveLength(3);
    const refused = await service.send('POST', '/api/v1/builds', {
      builds: [{ project: 'one-of-two' }, { project: 'not-there' }],
    });
    expect(refused.body.code).toBe('project_not_found');
    expect((await service.send('GET', '/api/v1/build-projects/one-of-two/builds')).body.items).toHaveLength(2);
  });

  test('one that waits is stopped at once, once, and can be run again', async () => {
    await sampleProject(db(), 'waiting', { account: 'elsewhere' });
    const { body: started } = await service.send('POST', '/api/v1/build-projects/waiting/builds', {
      variables: [{ name: 'LEVEL', value: 'debug' }],
    });
    expect((await service.send('POST', `/api/v1/builds/${started.id}/retry`, {})).body.code).toBe('build_running');
    const stopped = await service.send('POST', `/api/v1/builds/${started.id}/stop`, {});
    expect(stopped.body).toMatchObject({ status: 'stopped', stop_requested: true, ended_at: expect.any(String) });
    expect((await service.send('POST', `/api/v1/builds/${started.id}/stop`, {})).body.status).toBe('stopped');
    expect(await actions(started.id)).toEqual([
      'build.start',
      'build.retry',
      'build.stop',
      'build.stopped',
      'build.stop',
    ]);
    const again = await service.send('POST', `/api/v1/builds/${started.id}/retry`, {});
    expect(again.body).toMatchObject({ number: 2, retry_of: started.id, trigger: 'retry', status: 'queued' });
    expect(again.body.overrides.variables).toMatchObject([{ name: 'LEVEL', value: 'debug' }]);
  });

  test('a value whose name says secret is shown nowhere', async () => {
    await sampleProject(db(), 'secretive', { account: 'elsewhere' });
    const canary = 'c4nary-in-a-variable';
    const { body } = await service.send('POST', '/api/v1/build-projects/secretive/builds', {
      variables: [{ name: 'DB_PASSWORD', value: canary }],
    });
    const refused = await service.send('POST', '/api/v1/build-projects/secretive/builds', {
      variables: [{ name: 'DB_PASSWORD', value: canary }],
      timeout_minutes: 1,
    });
    expect(refused.status).toBe(400);
    const outbox = await db().selectFrom('outbox').select('record').execute();
    expect(JSON.stringify([body, refused.body, outbox])).not.toContain(canary);
  });

  test('usage adds up what ended in the time, by project', async () => {
    await sampleProject(db(), 'used', { account: 'elsewhere', team: 'shop' });
    await sampleProject(db(), 'unused', { account: 'elsewhere' });
    const ended = async (at: string, more: object): Promise<void> => {
      const { body } = await service.send('POST', '/api/v1/build-projects/used/builds', {});
      await db()
        .updateTable('builds')
        .set({ status: 'succeeded', ended_at: at, ...more })
        .where('id', '=', body.id)
        .execute();
    };
    const at = '2024-02-10T00:00:00.000Z';
    await ended(at, { duration_ms: 30_000, billed_minutes: 1, cost_micros: 5_000 });
    await ended(at, { duration_ms: 61_000, billed_minutes: 2, cost_micros: 10_000 });
    await ended(at, { duration_ms: 90_000, billed_minutes: 2, cost_micros: 10_000 });
    await ended(at, { duration_ms: 200_000, billed_minutes: 4, cost_micros: null }); // no price is known
    await ended(at, { status: 'failed', duration_ms: 1_000, billed_minutes: 1, cost_micros: 5_000 });
    await ended(at, { status: 'stopped' }); // never ran
    await ended('2024-03-01T00:00:00.000Z', { duration_ms: 1_000, billed_minutes: 1, cost_micros: 5_000 });
    const february = await service.send(
      'GET',
      '/api/v1/builds/usage?from=2024-02-01T00:00:00Z&to=2024-03-01T00:00:00Z',
    );
    expect(february.body).toEqual({
      from: '2024-02-01T00:00:00.000Z',
      to: '2024-03-01T00:00:00.000Z',
      price_list_date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      projects: [
        {
          project: 'used',
          team: 'shop',
          builds: 6,
          succeeded: 4,
          billed_minutes: 10,
          cost_usd: 0.03,
          median_seconds: 75.5,
        },
      ],
      total: { builds: 6, billed_minutes: 10, cost_usd: 0.03 },
    });
    const thisMonth = await service.send('GET', '/api/v1/builds/usage');
    expect(thisMonth.body.from).toBe(`${new Date().toISOString().slice(0, 7)}-01T00:00:00.000Z`);
    expect(thisMonth.body.projects.map(({ project }: { project: string }) => project)).not.toContain('used');
    const backwards = await service.send(
      'GET',
      '/api/v1/builds/usage?from=2024-03-01T00:00:00Z&to=2024-02-01T00:00:00Z',
    );
    expect(backwards).toMatchObject({ status: 400, body: { errors: [{ field: 'from' }] } });
  });

  test('two builds are compared', async () => {
    await sampleProject(db(), 'compared', { account: 'elsewhere' });
    const start = async (body: object) =>
      (await service.send('POST', '/api/v1/build-projects/compared/builds', body)).body as { id: string };
    const [a, b] = [await start({}), await start({ image: 'node:24', variables: [{ name: 'LEVEL', value: '9' }] })];
    const { status, body } = await service.send('GET', `/api/v1/builds/compare?a=${a.id}&b=${b.id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ a: { id: a.id }, b: { id: b.id } });
    expect(body.differences.map(({ field }: { field: string }) => field)).toEqual(['image', 'variables.LEVEL']);
    const missing = '01900000-0000-7000-8000-000000000000';
    expect((await service.send('GET', `/api/v1/builds/compare?a=${a.id}&b=${missing}`)).body.code).toBe(
      'build_not_found',
    );
  });

  test('who may only read is refused, and what is not there is said', async () => {
    await sampleProject(db(), 'guarded', { account: 'elsewhere' });
    const path = '/api/v1/build-projects/guarded/builds';
    expect((await service.send('POST', path, {}, { as: 'developer' })).status).toBe(403);
    expect((await service.send('GET', path, undefined, { as: 'developer' })).status).toBe(200);
    expect((await service.send('GET', path, undefined, { as: 'viewer' })).status).toBe(403);
    expect((await service.send('GET', '/api/v1/builds/01900000-0000-7000-8000-000000000000')).body.code).toBe(
      'build_not_found',
    );
  });
});
