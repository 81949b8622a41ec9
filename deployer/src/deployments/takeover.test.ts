/** Two deployers on one database: one dies or stops, the other goes on, and the dead one changes nothing any more. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices, type Running } from '@aws-deployer/platform/runtime/run-services';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { deployerModule } from '../service.js';
import { fakeEngines, hang, type FakeEngines } from '../testing/fake-engines.js';

const STATES = ['initialized', 'validating', 'preparing', 'building', 'deploying', 'testing', 'monitoring', 'stable'];

describe.each(testDatabases())('two deployers on $kind', (kind) => {
  let first: DeployerHarness;
  let others: Running[] = [];
  const start = async (env: Record<string, string>) => {
    first = await startDeployer(kind, env);
  };
  const second = async (): Promise<FakeEngines> => {
    const engines = await fakeEngines(first.engines.cluster);
    others.push(
      await runServices({
        port: 0,
        host: '127.0.0.1',
        allInOne: true,
        log: silentLogger,
        services: [
          {
            module: deployerModule(() => engines),
            env: {
              MODE: 'local',
              EMBEDDED_REGISTRY: '127.0.0.1:5999',
              CLAIM_SECONDS: '0.1',
              ...first.service.test.env,
            },
          },
        ],
      }),
    );
    return engines;
  };
  beforeEach(() => {
    others = [];
  });
  afterEach(async () => {
    await Promise.all(others.map((other) => other.stop()));
    await first.stop();
  });
  const statesOf = async (id: string): Promise<string[]> =>
    (await first.events(`/api/v1/deployments/${id}/events`))
      .filter(({ event }) => event === 'state')
      .map(({ data }) => data.state as string);

  test('a process that hangs is taken over from, and what it does afterwards counts for nothing', async () => {
    await start({ LEASE_SECONDS: '1', HEARTBEAT_SECONDS: '1000' }); // never renewed, as if the process hung
    const late = Promise.withResolvers<void>();
    first.engines.builder.before = () => late.promise;
    const { id } = await first.create(gitBody('hung'));
    await first.until(id, ({ builder }) => builder !== null);
    const engines = await second();
    const last = await first.ended(id);
    expect(last.state).toBe('stable');
    expect(engines.builder.builds).toHaveLength(1);
    late.resolve(); // the first one comes back from its build
    await first.create(gitBody('after')).then(({ id: after }) => first.ended(after));
    expect(await statesOf(id)).toEqual(STATES);
    expect(await first.view(id)).toEqual(last);
    const releases = (await first.service.send('GET', '/api/v1/applications/hung/releases')).body.items;
    expect(releases).toHaveLength(1);
    const records = await first.service.test.database.db.selectFrom('outbox').select('record').execute();
    const moves = records
      .map(({ record }) => JSON.parse(record) as { target: string; action_type: string })
      .filter(({ target }) => target === id)
      .map(({ action_type }) => action_type);
    expect(moves).toEqual(['deployment.create', ...STATES.slice(1).map((state) => `deployment.${state}`)]);
  });

  test('a process that wakes from a long pause does not begin its own deployment a second time', async () => {
    await start({ LEASE_SECONDS: '0.3', HEARTBEAT_SECONDS: '1000', CLAIM_SECONDS: '0.1' }); // no heartbeat, as in a pause
    const held = Promise.withResolvers<void>();
    first.engines.builder.before = () => held.promise;
    const { id } = await first.create(gitBody('woken'));
    await first.until(id, ({ builder }) => builder !== null);
    const leased = async (): Promise<string> =>
      (
        await first.service.test.database.db
          .selectFrom('deployments')
          .select('lease_expires_at')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).lease_expires_at ?? '';
    const before = await leased();
    const another = await first.create(gitBody('another')); // several looks for free deployments lie between
    await first.until(another.id, ({ builder }) => builder !== null);
    await new Promise((resolve) => setTimeout(resolve, Date.parse(before) + 500 - Date.now()));
    held.resolve();
    expect((await first.ended(id)).state).toBe('stable');
    expect(first.engines.builder.builds.filter(({ key }) => key === id)).toHaveLength(1);
  });

  test('stopping ends the step, frees the lease and leaves the state for the next start', async () => {
    await start({ CONCURRENT_DEPLOYMENTS: '1' });
    first.engines.builder.before = (_request, signal) => hang(signal);
    const blocker = await first.create(gitBody('blocker')); // the first deployer has its hands full
    await first.until(blocker.id, ({ builder }) => builder !== null);
    const other = await second();
    other.builder.before = (_request, signal) => hang(signal);
    const { id } = await first.create(gitBody('resumed'));
    await first.until(id, ({ builder }) => builder !== null);
    const began = Date.now();
    await others.pop()?.stop();
    expect(Date.now() - began).toBeLessThan(4_000);
    const row = await first.service.test.database.db
      .selectFrom('deployments')
      .select(['state', 'lease_owner'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    expect(row).toEqual({ state: 'building', lease_owner: null });
    await second();
    expect((await first.ended(id)).state).toBe('stable');
    expect(await statesOf(id)).toEqual(STATES);
    await first.service.send('POST', `/api/v1/deployments/${blocker.id}/cancel`, {});
    await first.ended(blocker.id);
  });

  test('what somebody changed while nobody worked on a deployment is found by the process that goes on with it', async () => {
    await start({ CONCURRENT_DEPLOYMENTS: '1' });
    first.engines.builder.before = (_request, signal) => hang(signal);
    const blocker = await first.create(gitBody('blocker'));
    await first.until(blocker.id, ({ builder }) => builder !== null);
    await second();
    const { id } = await first.create(gitBody('tampered', { monitor_seconds: 600 }));
    await first.until(id, ({ state }) => state === 'monitoring');
    await others.pop()?.stop();
    const { cluster } = first.engines;
    const ours = cluster.objects.get('Deployment/development/tampered');
    if (!ours) throw new Error('the Deployment is gone');
    const { metadata, ...template } = ours.spec?.template ?? {};
    const restarted = { ...metadata, annotations: { ...metadata?.annotations, restarted: 'by hand' } };
    await cluster.apply({ ...ours, spec: { ...ours.spec, template: { ...template, metadata: restarted } } }, {});
    await second();
    expect(await first.ended(id)).toMatchObject({ state: 'superseded', verdict: { code: 'newer_release' } });
    expect(JSON.stringify(cluster.objects.get('Deployment/development/tampered'))).toContain('by hand');
    await first.service.send('POST', `/api/v1/deployments/${blocker.id}/cancel`, {});
    await first.ended(blocker.id);
  });

  test.each(['testing', 'rolling_back'] as const)(
    'what users see is counted on by the process that takes over while %s',
    async (state) => {
      await start({ CONCURRENT_DEPLOYMENTS: '1' });
      const { cluster, builder } = first.engines;
      let asked = 0;
      const held: ServerResponse[] = [];
      const server = createServer((request, response) => {
        asked += 1;
        if (request.url === '/held') held.push(response);
        else response.end('ok');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      cluster.elsewhere = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { id: before } = await first.create(gitBody('counted'));
      await first.ended(before);
      builder.before = (_request, signal) => hang(signal);
      const blocker = await first.create(gitBody('blocker'));
      await first.until(blocker.id, (view) => view.builder !== null);
      await second();
      const { id } = await first.create(gitBody('counted', { tests: [{ path: '/held' }] }));
      await first.until(id, (view) => view.state === 'testing');
      if (state === 'rolling_back') {
        cluster.behaviour = () => 'never'; // the way back takes its time
        await first.service.send('POST', `/api/v1/deployments/${id}/cancel`, {});
      }
      await first.until(id, (view) => view.state === state);
      await others.pop()?.stop();
      asked = 0;
      await second();
      await expect.poll(() => asked, { timeout: 15_000 }).toBeGreaterThan(5); // the prober’s: a test asks once
      cluster.behaviour = () => 'ready';
      const deployment = cluster.objects.get('Deployment/development/counted');
      if (deployment) await cluster.apply(deployment, {}); // its controller looks again
      for (const response of held.splice(0)) response.end('ok');
      cluster.elsewhere = () => undefined;
      expect((await first.ended(id)).state).toBe(state === 'testing' ? 'stable' : 'cancelled');
      await first.service.send('POST', `/api/v1/deployments/${blocker.id}/cancel`, {});
      await first.ended(blocker.id);
      server.closeAllConnections();
      server.close();
    },
  );

  test('a cancel also ends the build of a process that is gone', async () => {
    await start({ CONCURRENT_DEPLOYMENTS: '1' });
    first.engines.builder.before = (_request, signal) => hang(signal);
    const blocker = await first.create(gitBody('blocker'));
    await first.until(blocker.id, ({ builder }) => builder !== null);
    const other = await second();
    other.builder.before = (_request, signal) => hang(signal);
    const { id } = await first.create(gitBody('elsewhere'));
    await first.until(id, ({ builder }) => builder !== null);
    await others.pop()?.stop(); // the build goes on where it is, and nobody works on the deployment
    await first.service.send('POST', `/api/v1/deployments/${id}/cancel`, {});
    const third = await second();
    expect((await first.ended(id)).state).toBe('cancelled');
    expect([other.builder.ended, third.builder.ended]).toEqual([[], [id]]);
    await first.service.send('POST', `/api/v1/deployments/${blocker.id}/cancel`, {});
    await first.ended(blocker.id);
    expect(first.engines.builder.ended).toEqual([]); // its own it ends by the signal
  });

  test('a cancel that one takes reaches the step that another works on within a second', async () => {
    await start({ CONCURRENT_DEPLOYMENTS: '1' });
    first.engines.builder.before = (_request, signal) => hang(signal);
    const blocker = await first.create(gitBody('blocker'));
    await first.until(blocker.id, ({ builder }) => builder !== null);
    const other = await second();
    other.builder.before = (_request, signal) => hang(signal);
    const { id } = await first.create(gitBody('elsewhere'));
    await first.until(id, ({ builder }) => builder !== null);
    const began = Date.now();
    await first.service.send('POST', `/api/v1/deployments/${id}/cancel`, {});
    expect((await first.ended(id)).state).toBe('cancelled');
    expect(Date.now() - began).toBeLessThan(3_000);
    await first.service.send('POST', `/api/v1/deployments/${blocker.id}/cancel`, {});
    await first.ended(blocker.id);
  });

  test('forty deployments over two deployers: each ends once', async () => {
    await start({ CLAIM_SECONDS: '0.1' });
    await second();
    const created = await Promise.all(
      Array.from({ length: 40 }, (_, index) => first.create(gitBody(`many-${index % 20}`))),
    );
    // One after the other: forty who ask at once keep the processor from those who work.
    const ends: DeploymentView[] = [];
    for (const { id } of created) ends.push(await first.ended(id));
    expect(ends.filter(({ state }) => state !== 'stable').map(({ verdict }) => verdict?.reason)).toEqual([]);
    const { db } = first.service.test.database;
    const rows = await db
      .selectFrom('deployment_events')
      .select(['deployment_id', 'type'])
      .where('type', '=', 'end')
      .execute();
    expect(rows).toHaveLength(40);
  }, 120_000);
});
