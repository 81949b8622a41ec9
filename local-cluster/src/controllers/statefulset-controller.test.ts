import { expect, test } from 'vitest';
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../resources/types.js';
import type { KubeObject } from '../store/object-store.js';
import { eventually, runningCluster, simulatedRuntimes, type TestCluster } from '../testing/running-cluster.js';

const statefulSet = (spec: Record<string, unknown> = {}, image = 'registry.test/web:v1'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 3,
    serviceName: 'web',
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image }] },
    },
    ...spec,
  },
});
const status = ({ client }: TestCluster) => client.get<StatefulSet>('apps/statefulsets', 'default', 'web')?.status;
const pods = ({ client }: TestCluster): readonly Pod[] => client.list<Pod>('core/pods', 'default');
const images = (cluster: TestCluster): (string | undefined)[] =>
  [...pods(cluster)]
    .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))
    .map(({ spec }) => spec?.containers[0]?.image);
const ready = (cluster: TestCluster, replicas: number): Promise<unknown> =>
  eventually(
    `${String(replicas)} ready`,
    () => status(cluster)?.readyReplicas === replicas && status(cluster)?.replicas === replicas,
  );
const use = ({ client }: TestCluster, image: string): void => {
  client.update<StatefulSet>('apps/statefulsets', 'default', 'web', (set) => {
    const [container] = set.spec?.template.spec.containers ?? [];
    if (container !== undefined) container.image = image;
    return set;
  });
};

test('pods come in order with their names, labels and claims, and go from the last', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  const { client } = cluster;
  const order: string[] = [];
  client.watch(['core/pods'], ({ type, object }) => {
    if (type === 'ADDED') order.push(object.metadata.name);
    if (type === 'DELETED') order.push(`-${object.metadata.name}`);
  });
  const claims = [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  client.create('apps/statefulsets', statefulSet({ volumeClaimTemplates: claims }));
  await ready(cluster, 3);
  expect(client.get<Pod>('core/pods', 'default', 'web-1')).toMatchObject({
    metadata: {
      generateName: 'web-',
      labels: {
        app: 'web',
        'apps.kubernetes.io/pod-index': '1',
        'controller-revision-hash': status(cluster)?.updateRevision,
        'statefulset.kubernetes.io/pod-name': 'web-1',
      },
    },
    spec: {
      hostname: 'web-1',
      subdomain: 'web',
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } }],
    },
  });
  expect(cluster.events('web')).toContain(
    'SuccessfulCreate: create Claim data-web-0 Pod web-0 in StatefulSet web success',
  );
  expect(cluster.events('web')).toContain('SuccessfulCreate: Create Pod web-0 in StatefulSet web successful');
  client.update<StatefulSet>('apps/statefulsets', 'default', 'web', (set) => {
    if (set.spec !== undefined) set.spec.replicas = 1;
    return set;
  });
  await ready(cluster, 1);
  expect(order).toEqual(['web-0', 'web-1', 'web-2', '-web-2', '-web-1']);
  const kept = client.list<PersistentVolumeClaim>('core/persistentvolumeclaims', 'default');
  expect(kept.map(({ metadata }) => metadata.name).sort()).toEqual(['data-web-0', 'data-web-1', 'data-web-2']);
});

test('an update goes from the last pod to the partition, and over when the partition goes', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  const { client } = cluster;
  const strategy = (partition: number) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } });
  client.create('apps/statefulsets', statefulSet(strategy(2)));
  await ready(cluster, 3);
  const first = status(cluster)?.currentRevision;
  use(cluster, 'registry.test/web:v2');
  await eventually(
    'the last pod is updated',
    () => status(cluster)?.updatedReplicas === 1 && status(cluster)?.readyReplicas === 3,
  );
  expect(status(cluster)).toMatchObject({ currentRevision: first, currentReplicas: 2 });
  expect(images(cluster)).toEqual(['registry.test/web:v1', 'registry.test/web:v1', 'registry.test/web:v2']);
  // One that comes back below the partition keeps its template.
  client.delete('core/pods', 'default', 'web-0', { gracePeriodSeconds: 0 });
  await ready(cluster, 3);
  expect(images(cluster)[0]).toBe('registry.test/web:v1');

  client.update<StatefulSet>('apps/statefulsets', 'default', 'web', (set) => {
    set.spec = { ...set.spec, ...strategy(0) } as NonNullable<StatefulSet['spec']>;
    return set;
  });
  await eventually('all are updated', () => status(cluster)?.currentRevision === status(cluster)?.updateRevision);
  expect(new Set(images(cluster))).toEqual(new Set(['registry.test/web:v2']));
  expect(status(cluster)).toMatchObject({ replicas: 3, currentReplicas: 3, updatedReplicas: 3, availableReplicas: 3 });

  use(cluster, 'registry.test/web:v1');
  await eventually(
    'rolled back',
    () => status(cluster)?.currentRevision === first && images(cluster).every((image) => image?.endsWith(':v1')),
  );
  const revisions = client.list<ControllerRevision>('apps/controllerrevisions', 'default');
  expect(revisions.map(({ revision }) => revision).sort()).toEqual([2, 3]);
});

test('an update that cannot start stops at its first pod, with the status that was recorded', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create('apps/statefulsets', statefulSet({ replicas: 2 }));
  await ready(cluster, 2);
  use(cluster, 'registry.test/web:pull-not_found');
  await eventually('the new pod waits', () =>
    pods(cluster).some((pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull'),
  );
  expect(status(cluster)).toMatchObject({
    observedGeneration: 2,
    replicas: 2,
    readyReplicas: 1,
    currentReplicas: 1,
    updatedReplicas: 1,
    availableReplicas: 1,
    collisionCount: 0,
  });
  expect(images(cluster)).toEqual(['registry.test/web:v1', 'registry.test/web:pull-not_found']);
});

test('with Parallel all pods are made at once', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  const never = { 'simulated.local-cluster/ready-after-ms': '600000' };
  const set = statefulSet({ podManagementPolicy: 'Parallel' });
  const template = set.spec?.['template'] as {
    metadata: Record<string, unknown>;
    spec: { containers: Record<string, unknown>[] };
  };
  template.metadata['annotations'] = never;
  const [container] = template.spec.containers;
  if (container !== undefined) container['readinessProbe'] = { httpGet: { port: 80 } };
  cluster.client.create('apps/statefulsets', set);
  await eventually('three pods', () => pods(cluster).length === 3);
  expect(status(cluster)?.readyReplicas).toBeUndefined();
});
