/** A runtime that fails now and then, as an engine under load or in the middle of a restart does: pods go on. */
import { expect, test } from 'vitest';
import type { Pod } from '../resources/types.js';
import { eventually, runningCluster, simulatedRuntimes, webDeployment } from '../testing/running-cluster.js';
import type { TestCluster } from '../testing/running-cluster.js';
import type { ContainerSpec, RunningContainer } from './container-runtime.js';
import { SimulatedRuntime } from './runtimes/simulated-runtime.js';

/** Each of these calls fails the first time. */
type Call = 'adopt' | 'endStrays' | 'remove' | 'stop';
class FailingOnce extends SimulatedRuntime {
  readonly failed = new Set<Call>();
  constructor(private readonly calls: readonly Call[]) {
    super();
  }
  override async adopt(): Promise<readonly RunningContainer[]> {
    this.fail('adopt');
    return super.adopt();
  }
  override async endStrays(): Promise<void> {
    this.fail('endStrays');
    await super.endStrays();
  }
  override async start(spec: ContainerSpec): Promise<RunningContainer> {
    const container = await super.start(spec);
    const remove = container.remove.bind(container);
    const stop = container.stop.bind(container);
    return Object.assign(container, {
      stop: async (graceMs: number) => {
        this.fail('stop');
        await stop(graceMs);
      },
      remove: async () => {
        this.fail('remove');
        await remove();
      },
    });
  }
  private fail(call: Call): void {
    if (!this.calls.includes(call) || this.failed.has(call)) return;
    this.failed.add(call);
    throw new Error(`the engine fails to ${call}`);
  }
}

const clusterOn = (runtime: SimulatedRuntime): Promise<TestCluster> =>
  runningCluster(() => ({ ...simulatedRuntimes(), simulated: runtime }));
const onlyPod = ({ client }: TestCluster): Pod | undefined => client.list<Pod>('core/pods', 'default')[0];

test.each(['adopt', 'endStrays'] as const)('a pod starts though the first call to %s failed', async (call) => {
  const runtime = new FailingOnce([call]);
  const cluster = await clusterOn(runtime);
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1 }));
  await eventually('ready', () => onlyPod(cluster)?.status?.containerStatuses?.[0]?.ready === true);
  expect(runtime.failed).toEqual(new Set([call]));
});

test('a container whose remains cannot be removed is started again all the same, and an Event says so', async () => {
  const cluster = await clusterOn(new FailingOnce(['remove']));
  const annotations = { 'simulated.local-cluster/exit-after-ms': '100' };
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1, annotations }));
  await eventually('restarted', () => onlyPod(cluster)?.status?.containerStatuses?.[0]?.restartCount === 1);
  expect(cluster.events(onlyPod(cluster)?.metadata.name ?? '')).toContain(
    'FailedRemove: Error removing the ended container: the engine fails to remove',
  );
});

test('a container that fails its liveness probe is killed though the engine failed to at first', async () => {
  const cluster = await clusterOn(new FailingOnce(['stop']));
  const annotations = { 'simulated.local-cluster/ready-after-ms': '1000000' };
  const livenessProbe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1, annotations, container: { livenessProbe } }));
  await eventually('restarted', () => (onlyPod(cluster)?.status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  expect(cluster.events(onlyPod(cluster)?.metadata.name ?? '')).toContain(
    'FailedKillPod: error killing pod: the engine fails to stop',
  );
});

test('a pod that is deleted goes though the engine failed to stop it at first', async () => {
  const cluster = await clusterOn(new FailingOnce(['stop']));
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1 }));
  await eventually('ready', () => onlyPod(cluster)?.status?.containerStatuses?.[0]?.ready === true);
  const { name, uid } = onlyPod(cluster)?.metadata ?? { name: '', uid: '' };
  cluster.client.delete('core/pods', 'default', name);
  await eventually('gone', () => cluster.client.list<Pod>('core/pods').every(({ metadata }) => metadata.uid !== uid));
});

test('this process ends though the engine fails to stop what runs: that is left to the next start', async () => {
  const cluster = await clusterOn(new FailingOnce(['stop']));
  cluster.client.create('apps/deployments', webDeployment({ replicas: 2 }));
  const pods = () => cluster.client.list<Pod>('core/pods', 'default');
  await eventually('ready', () => pods().filter(({ status }) => status?.containerStatuses?.[0]?.ready).length === 2);
  await cluster.stop();
});
