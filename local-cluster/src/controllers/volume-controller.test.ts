import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../resources/types.js';
import { nodeServer, testRegistry } from '../testing/image-registry.js';
import {
  eventually,
  processRuntimes,
  runningCluster,
  simulatedRuntimes,
  type TestCluster,
} from '../testing/running-cluster.js';

const claim = (spec: Record<string, unknown> = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const claimOf = ({ client }: TestCluster): PersistentVolumeClaim | undefined =>
  client.get<PersistentVolumeClaim>('core/persistentvolumeclaims', 'default', 'data');
const bound = (cluster: TestCluster): Promise<PersistentVolumeClaim> =>
  eventually('the claim is bound', () => {
    const found = claimOf(cluster);
    return found?.status?.phase === 'Bound' ? found : undefined;
  });

test('a claim gets a folder that its pods write to, and both go when the claim goes after its pod', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  const { client } = cluster;
  client.create('core/persistentvolumeclaims', claim());
  client.create('core/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'writer', namespace: 'default' },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'writer',
          image,
          command: ['sh', '-c', 'echo kept > data/file; exec sleep 60'],
          workingDir: '/',
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  const { spec, status } = await bound(cluster);
  expect(spec?.storageClassName).toBe('local-path');
  expect(status).toMatchObject({ accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } });
  const folder = join(cluster.dataDir, 'volumes', spec?.volumeName ?? '');
  await eventually('the pod has written', () => existsSync(join(folder, 'file')));

  client.delete('core/persistentvolumeclaims', 'default', 'data');
  expect(claimOf(cluster)?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  client.delete('core/pods', 'default', 'writer');
  await eventually('the claim is gone', () => claimOf(cluster) === undefined);
  await eventually('its volume is gone', () => client.list('core/persistentvolumes').length === 0);
  await eventually('its folder is gone', () => !existsSync(folder));
});

test('a volume made by hand is taken where it fits, and kept afterwards', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  const { client, dataDir } = cluster;
  const volume = (name: string, storage: string): PersistentVolume => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: 'manual',
      hostPath: { path: dataDir },
    },
  });
  client.create('core/persistentvolumes', volume('small', '512Mi'));
  client.create('core/persistentvolumes', volume('large', '8Gi'));
  client.create('core/persistentvolumes', volume('fitting', '2Gi'));
  await writeFile(join(dataDir, 'precious'), '');
  client.create('core/persistentvolumeclaims', claim({ storageClassName: 'manual' }));
  expect((await bound(cluster)).spec?.volumeName).toBe('fitting');
  client.delete('core/persistentvolumeclaims', 'default', 'data');
  await eventually(
    'the volume is released',
    () => client.get<PersistentVolume>('core/persistentvolumes', undefined, 'fitting')?.status?.phase === 'Released',
  );
  expect(existsSync(join(dataDir, 'precious'))).toBe(true);
});

test('a pod waits for its claim and is started when the claim is bound', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  const { client } = cluster;
  client.create('core/persistentvolumeclaims', claim({ storageClassName: 'later' }));
  client.create('core/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      containers: [{ name: 'web', image: 'registry.test/web:v1' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  const phase = (): string | undefined => client.get<Pod>('core/pods', 'default', 'web')?.status?.phase;
  await eventually('the pod says why it waits', () =>
    cluster.events('web').some((event) => event.includes('unbound immediate PersistentVolumeClaims')),
  );
  client.create('storage.k8s.io/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'later' },
    provisioner: 'local-cluster/folder',
  });
  await eventually('the pod runs', () => phase() === 'Running');
});
