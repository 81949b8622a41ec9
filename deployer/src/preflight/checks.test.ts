import { expect, test } from 'vitest';
import { firstContainer, foundImage, manifest, node, Scene, shop, told } from './testing/question.js';

const quota = (hard: object, used?: object) =>
  manifest('v1', 'ResourceQuota', 'team', { spec: { hard }, status: { hard, ...(used ? { used } : {}) } });
const half = { requests: { cpu: '500m' } };
const check = async (scene: Scene, code: string) => (await scene.ask()).find((one) => one.code === code);

test('a quota that only the extra pod of a rolling update exceeds is named with its numbers', async () => {
  const scene = new Scene();
  scene.running();
  scene.manifests = shop({ replicas: 2 });
  scene.put(quota({ pods: '2' }, { pods: '2' }));
  expect(await check(scene, 'quota_blocks_surge')).toMatchObject({
    state: 'fail',
    fault: 'platform',
    message: expect.stringContaining('pods asked for 1, used 2 of 2') as string,
  });
  scene.put(quota({ pods: '3' }, { pods: '2' }));
  expect(told(await scene.ask())).toEqual([]);
});

test('a quota counts what is defaulted, asks for what is not, and only those whose scope it has', async () => {
  const scene = new Scene();
  scene.put(quota({ 'requests.cpu': '1' }, { 'requests.cpu': '0' }));
  expect((await check(scene, 'quota_exceeded'))?.message).toContain('container web of Deployment shop does not');
  const limits = [{ type: 'Container', defaultRequest: { cpu: '2' } }];
  scene.put(manifest('v1', 'LimitRange', 'team', { spec: { limits } }));
  expect((await check(scene, 'quota_exceeded'))?.message).toContain('requests.cpu asked for 2, used 0 of 1');
  const other = new Scene();
  other.put(manifest('v1', 'ResourceQuota', 'jobs', { spec: { hard: { pods: '0' }, scopes: ['Terminating'] } }));
  expect(told(await other.ask())).toEqual([]);
});

test('a quota that counts nothing yet still has the running version in it', async () => {
  const scene = new Scene();
  scene.running();
  scene.manifests = shop({ replicas: 3 });
  scene.put(quota({ pods: '2' }));
  expect(told(await scene.ask())).toContain('fail quota_exceeded');
});

const busy = (name: string, nodeName: string, cpu: string, metadata: object = {}) =>
  manifest(
    'v1',
    'Pod',
    name,
    { spec: { nodeName, containers: [{ name: 'c', resources: { requests: { cpu } } }] }, status: { phase: 'Running' } },
    metadata,
  );

test('nodes that are full now: a failure, a wait where nodes are added, and no matter what is on its way out', async () => {
  const scene = new Scene();
  scene.manifests = shop({ resources: half });
  scene.put(busy('a', 'node-1', '1800m'), busy('b', 'node-2', '1800m'));
  expect(told(await scene.ask())).toEqual(['fail unschedulable_resources']);
  const labels = { 'karpenter.sh/nodepool': 'default' };
  scene.put(node('node-1', { labels }), node('node-2', { labels }));
  expect(told(await scene.ask())).toEqual(['warn unschedulable_resources']);
  scene.put(busy('a', 'node-1', '1800m', { deletionTimestamp: '2026-11-21T02:59:59Z' }));
  expect(told(await scene.ask())).toEqual([]);
});

test('no room for one more beside the old pods names why none of them may go first', async () => {
  const scene = new Scene();
  const resources = { requests: { cpu: '1500m' } };
  scene.running(shop({ replicas: 2, resources }));
  scene.manifests = shop({ replicas: 2, resources });
  expect((await check(scene, 'unschedulable_resources'))?.message).toContain(
    'none of the old may go first (maxUnavailable 0)',
  );
});

test('a node that is away may be back: a warning', async () => {
  const scene = new Scene();
  for (const name of ['node-1', 'node-2'])
    scene.put({ ...node(name), status: { conditions: [{ type: 'Ready', status: 'False' }] } });
  expect(told(await scene.ask())).toEqual(['warn unschedulable_taint']);
});

test('a host port that other pods hold on every node', async () => {
  const scene = new Scene();
  const ports = [{ name: 'http', containerPort: 8080, hostPort: 80 }];
  scene.manifests = shop({}, (pod) => (firstContainer(pod)['ports'] = ports));
  for (const nodeName of ['node-1', 'node-2'])
    scene.put(manifest('v1', 'Pod', nodeName, { spec: { nodeName, containers: [{ name: 'c', ports }] } }));
  expect(told(await scene.ask())).toEqual(['fail host_port_taken']);
});

test('a volume in a zone where the pod may not run', async () => {
  const scene = new Scene();
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
  scene.manifests = shop({}, (pod) => (pod['volumes'] = volumes));
  const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] }] };
  scene.put(
    manifest('v1', 'PersistentVolumeClaim', 'data', {
      spec: { volumeName: 'pv-1', accessModes: ['ReadWriteMany'] },
      status: { phase: 'Bound' },
    }),
    { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv-1' }, spec: { nodeAffinity: { required } } },
  );
  expect((await check(scene, 'pvc_unbound'))?.message).toContain('volume node affinity conflict');
  scene.put(node('node-2', { labels: { zone: 'b' } }));
  expect(told(await scene.ask())).toEqual([]);
});

const scaler = (name: string, metrics: readonly object[] = []) =>
  manifest('autoscaling/v2', 'HorizontalPodAutoscaler', name, {
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'shop' }, minReplicas: 2, maxReplicas: 5, metrics },
  });

test('autoscalers: one that sets the number back, one that is blind, two against each other', async () => {
  const scene = new Scene();
  scene.put(scaler('one', [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }]));
  expect(told(await scene.ask())).toEqual(['warn autoscaler_owns_replicas', 'warn hpa_metrics_unavailable']);
  scene.put(scaler('two'));
  expect(told(await scene.ask())).toContain('fail autoscaler_conflict');
});

test('a running version that is ill is told, and stops nothing', async () => {
  const scene = new Scene();
  scene.running();
  const live = scene.cluster.objects.get('Deployment/dev/shop');
  if (live) scene.put({ ...live, status: { observedGeneration: 1, availableReplicas: 0 } });
  expect(told(await scene.ask())).toEqual(['warn live_version_unhealthy']);
});

test('an image for some of the nodes only; a host image on a real cluster; a container where nothing runs it', async () => {
  const scene = new Scene();
  scene.put(node('node-2', { arch: 'arm64' }));
  expect(told(await scene.ask())).toEqual(['warn wrong_architecture']);
  scene.manifests = shop({}, (pod) => (pod['nodeSelector'] = { 'kubernetes.io/arch': 'amd64' }));
  expect(told(await scene.ask())).toEqual([]);
  scene.images = [foundImage({ runtime: 'host' })];
  expect(told(await scene.ask())).toEqual(['fail image_runtime']);
  const embedded = new Scene();
  embedded.place = { embedded: true, runsContainers: false };
  expect(told(await embedded.ask())).toEqual(['fail image_runtime']);
});

test('rights that are missing make unknowns, not failures', async () => {
  const scene = new Scene();
  scene.refuse('Pod', 403, {
    reason: 'Forbidden',
    message: 'pods "x" is forbidden: User "d" cannot create resource "pods" in API group ""',
  });
  expect(told(await scene.ask())).toEqual(['unknown not_checked']);
});

test('a cluster that says nothing is unknown when the time is up, and not a moment later', async () => {
  const scene = new Scene();
  scene.cluster.get = (_ref, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  const began = performance.now();
  expect(told(await scene.ask(200))).toEqual(['unknown cluster_unreachable']);
  expect(performance.now() - began).toBeLessThan(1_500);
});
