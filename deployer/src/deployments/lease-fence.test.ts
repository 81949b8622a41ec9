/** Leases between processes: who may claim, who may renew, and that a process which lost its lease changes nothing any more. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import type { Manifest } from '../ports/cluster.js';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { hang } from '../testing/fake-engines.js';
import type { Deployment } from './deployment.js';
import { DeploymentStore } from './deployment-store.js';
import { fenced, LeaseFence } from './lease-fence.js';
import { LeaseStore } from './lease-store.js';

const LEASE_MS = 10_000;
const secret = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'x' } });

describe.each(testDatabases())('leases on $kind', (kind) => {
  let deployer: DeployerHarness;
  let leases: LeaseStore;
  /** The deployer itself has its hands full: what is created waits for the claims of these tests. */
  beforeEach(async () => {
    deployer = await startDeployer(kind, { CONCURRENT_DEPLOYMENTS: '1' });
    deployer.engines.builder.before = (_request, signal) => hang(signal);
    const busy = await deployer.create(gitBody('busy'));
    await deployer.until(busy.id, ({ builder }) => builder !== null);
    leases = new LeaseStore(deployer.service.test.database, systemClock);
  });
  afterEach(() => deployer.stop());
  const create = async (application: string): Promise<string> => (await deployer.create(gitBody(application))).id;
  const claim = async (owner: string, except: readonly string[] = []): Promise<Deployment[]> =>
    leases.claim(owner, LEASE_MS, 10, except);
  const runOut = (id: string): Promise<unknown> =>
    deployer.service.test.database.db
      .updateTable('deployments')
      .set({ lease_expires_at: '2020-01-01T00:00:00.000Z' })
      .where('id', '=', id)
      .execute();

  test('a lease that has run out is another’s to claim, but not for the process that still works on it', async () => {
    const id = await create('once');
    expect((await claim('a')).map((one) => one.id)).toEqual([id]);
    expect(await claim('b')).toEqual([]);
    await runOut(id);
    expect(await claim('a', [id])).toEqual([]);
    expect((await claim('b')).map((one) => one.id)).toEqual([id]);
  });

  test('only the leases of what is worked on are renewed: a claim whose answer was lost runs out', async () => {
    const [worked, lost] = [await create('worked'), await create('lost')];
    await claim('a');
    await Promise.all([runOut(worked), runOut(lost)]);
    expect([...(await leases.heartbeat('a', LEASE_MS, [worked])).keys()].sort()).toEqual([worked, lost].sort());
    expect((await claim('b')).map((one) => one.id)).toEqual([lost]);
  });

  test('what a process held that has died is free at once, what others hold is not', async () => {
    const [first, second] = [await create('first'), await create('second')];
    await leases.claim('dead', LEASE_MS, 1);
    await leases.claim('alive', LEASE_MS, 1);
    expect(await leases.freeOf((owner) => owner === 'dead')).toBe(1);
    expect((await claim('b')).map((one) => one.id)).toEqual([first]);
    expect((await leases.owned('alive')).has(second)).toBe(true);
  });

  test('who was paused for longer than the lease asks first, and changes nothing when it is lost', async () => {
    const { cluster } = deployer.engines;
    const id = await create('paused');
    const [held] = await claim('a');
    if (held === undefined) throw new Error('not claimed');
    const { signal } = new AbortController();
    const long = performance.now() - LEASE_MS;
    const fence = new LeaseFence(leases, held, LEASE_MS, long);
    const own = fenced(cluster, fence);
    await own.apply(secret('still-held'), {}, signal); // nobody took it: the lease is renewed
    await runOut(id);
    await own.apply(secret('sure-for-now'), {}, signal); // renewed a moment ago: not asked again

    await claim('b');
    const late = fenced(cluster, new LeaseFence(leases, held, LEASE_MS, long));
    const { length } = cluster.applied;
    const moved = { code: 'deployment_moved' };
    await expect(late.apply(secret('late'), {}, signal)).rejects.toMatchObject(moved);
    await expect(late.patch({ ...secret('late'), namespace: 'x', name: 'x' }, {}, signal)).rejects.toMatchObject(moved);
    await expect(late.remove({ ...secret('late'), namespace: 'x', name: 'x' }, signal)).rejects.toMatchObject(moved);
    await late.apply(secret('only-asked'), { dryRun: true }, signal);
    expect(cluster.applied).toHaveLength(length);

    fence.close(); // the work is over: a step that still runs is not heard any more
    await expect(own.apply(secret('afterwards'), {}, signal)).rejects.toMatchObject(moved);
  });

  test('a lost lease writes no pods, no facts and no transition', async () => {
    const { database } = deployer.service.test;
    const id = await create('writes');
    const [held] = await claim('a');
    if (held === undefined) throw new Error('not claimed');
    const store = new DeploymentStore(database, systemClock);
    await store.keepPods(held, [{ name: 'mine' }]);
    await runOut(id);
    await claim('b');
    await store.keepPods(held, [{ name: 'late' }]);
    const pods = await database.db
      .selectFrom('deployment_pods')
      .select(['pods'])
      .where('deployment_id', '=', id)
      .execute();
    expect(pods).toEqual([{ pods: '[{"name":"mine"}]' }]);
    await expect(store.record(held, { url: 'http://late' })).rejects.toMatchObject({ code: 'deployment_moved' });
  });
});
