import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
} from '@kubernetes/client-node';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startLocalCluster, type LocalCluster } from './cluster.js';

/** The ordinary client library against the whole cluster: what a program written for Kubernetes does must work here. */
let cluster: LocalCluster;
let folder: string;
const config = new KubeConfig();

const deployment = (image: string, replicas = 2) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'web', image, ports: [{ containerPort: 8080 }] }],
      },
    },
  },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-cluster-client-'));
  cluster = await startLocalCluster({
    dataDir: folder,
    port: 0,
    gatewayPort: 0,
    runtimes: 'simulated',
    log: silentLogger,
  });
  config.loadFromClusterAndUser({ name: 'local', server: cluster.url, skipTLSVerify: true }, { name: 'nobody' });
  await config.makeApiClient(CoreV1Api).createNamespace({ body: { metadata: { name: 'shop' } } });
});
afterAll(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
});

test('typed calls create, wait for, scale and list a Deployment and its pods', async () => {
  const apps = config.makeApiClient(AppsV1Api);
  const core = config.makeApiClient(CoreV1Api);
  await apps.createNamespacedDeployment({ namespace: 'shop', body: deployment('registry.test/web:v1') });
  await vi.waitFor(
    async () => {
      const { status } = await apps.readNamespacedDeployment({ name: 'web', namespace: 'shop' });
      expect(status?.availableReplicas).toBe(2);
    },
    { timeout: 10_000 },
  );
  const scale = await apps.readNamespacedDeploymentScale({ name: 'web', namespace: 'shop' });
  await apps.replaceNamespacedDeploymentScale({
    name: 'web',
    namespace: 'shop',
    body: { ...scale, spec: { replicas: 3 } },
  });
  await vi.waitFor(
    async () => {
      const pods = await core.listNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' });
      expect(pods.items.map(({ status }) => status?.phase)).toEqual(['Running', 'Running', 'Running']);
    },
    { timeout: 10_000 },
  );
  const [pod] = (await core.listNamespacedPod({ namespace: 'shop' })).items;
  const log = await core.readNamespacedPodLog({ name: pod?.metadata?.name ?? '', namespace: 'shop', tailLines: 5 });
  expect(typeof (log ?? '')).toBe('string');
});

test('the four patch types, server-side apply and its conflicts', async () => {
  const apps = config.makeApiClient(AppsV1Api);
  const patch = (body: object, type: PatchStrategy, more: object = {}) =>
    apps.patchNamespacedDeployment(
      { name: 'web', namespace: 'shop', body, ...more },
      setHeaderOptions('Content-Type', type),
    );
  await patch({ metadata: { labels: { tier: 'front' } } }, PatchStrategy.MergePatch);
  await patch([{ op: 'add', path: '/metadata/labels/extra', value: 'yes' }], PatchStrategy.JsonPatch);
  const strategic = await patch(
    { spec: { template: { spec: { containers: [{ name: 'web', env: [{ name: 'A', value: '1' }] }] } } } },
    PatchStrategy.StrategicMergePatch,
  );
  expect(strategic.metadata?.labels).toMatchObject({ tier: 'front', extra: 'yes' });
  expect(strategic.spec?.template.spec?.containers[0]).toMatchObject({
    image: 'registry.test/web:v1',
    env: [{ name: 'A', value: '1' }],
  });
  const objects = KubernetesObjectApi.makeApiClient(config);
  const wanted = deployment('registry.test/web:v2', 3);
  await expect(
    objects.patch(wanted, undefined, undefined, 'tool', false, PatchStrategy.ServerSideApply),
  ).rejects.toSatisfy(
    (error) => error instanceof ApiException && error.code === 409 && String(error.body).includes('conflict with'),
  );
  const applied = await objects.patch(wanted, undefined, undefined, 'tool', true, PatchStrategy.ServerSideApply);
  expect(applied).toMatchObject({
    metadata: {
      managedFields: expect.arrayContaining([expect.objectContaining({ manager: 'tool', operation: 'Apply' })]),
    },
  });
  await expect(apps.readNamespacedDeployment({ name: 'none', namespace: 'shop' })).rejects.toMatchObject({ code: 404 });
});

test('an informer sees what is there, what comes and what goes', async () => {
  const core = config.makeApiClient(CoreV1Api);
  const seen: string[] = [];
  const informer = makeInformer<V1Pod>(config, '/api/v1/namespaces/shop/pods', () =>
    core.listNamespacedPod({ namespace: 'shop' }),
  );
  informer.on('add', (pod) => seen.push(`add ${pod.metadata?.name ?? ''}`));
  informer.on('delete', (pod) => seen.push(`delete ${pod.metadata?.name ?? ''}`));
  await informer.start();
  // Those of the rollouts before may be on their way out, and gone by the time they are asked for.
  const staying = async () =>
    (await core.listNamespacedPod({ namespace: 'shop' })).items.filter(
      ({ metadata }) => metadata?.deletionTimestamp === undefined,
    );
  const apps = config.makeApiClient(AppsV1Api);
  await vi.waitFor(
    async () => {
      const { spec, status } = await apps.readNamespacedDeployment({ name: 'web', namespace: 'shop' });
      expect([status?.updatedReplicas, status?.replicas]).toEqual([spec?.replicas, spec?.replicas]);
    },
    { timeout: 10_000 },
  );
  const victim = (await staying())[0]?.metadata?.name ?? '';
  await core.deleteNamespacedPod({ name: victim, namespace: 'shop' });
  await vi.waitFor(() => expect(seen).toContain(`delete ${victim}`), { timeout: 10_000 });
  await informer.stop();
});

test('a namespace that is deleted takes its contents along', async () => {
  const core = config.makeApiClient(CoreV1Api);
  await core.deleteNamespace({ name: 'shop' });
  await vi.waitFor(() => expect(core.readNamespace({ name: 'shop' })).rejects.toMatchObject({ code: 404 }), {
    timeout: 15_000,
  });
  expect((await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces()).items).toEqual([]);
});
