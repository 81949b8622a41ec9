import { expect, test } from 'vitest';
import type { Condition, Deployment, EndpointSlice, Pod, ReplicaSet } from '../resources/types.js';
import {
  eventually,
  runningCluster,
  simulatedRuntimes,
  webDeployment,
  webService,
  type TestCluster,
} from '../testing/running-cluster.js';

const deployment = ({ client }: TestCluster): Deployment => {
  const found = client.get<Deployment>('apps/deployments', 'default', 'web');
  if (found === undefined) throw new Error('no deployment');
  return found;
};
const pods = ({ client }: TestCluster): readonly Pod[] => client.list<Pod>('core/pods', 'default');
const sets = ({ client }: TestCluster): readonly ReplicaSet[] => client.list<ReplicaSet>('apps/replicasets', 'default');
const condition = (cluster: TestCluster, type: string): Condition | undefined =>
  deployment(cluster).status?.conditions?.find((one) => one.type === type);
const isRolledOut = (cluster: TestCluster): boolean => {
  const { metadata, spec, status } = deployment(cluster);
  return (
    status?.observedGeneration === metadata.generation &&
    status?.updatedReplicas === spec?.replicas &&
    status?.replicas === spec?.replicas &&
    status?.availableReplicas === spec?.replicas
  );
};
const setImage = (cluster: TestCluster, image: string): void => {
  cluster.client.update<Deployment>('apps/deployments', 'default', 'web', (fresh) => {
    const [container] = fresh.spec?.template.spec.containers ?? [];
    if (container !== undefined) container.image = image;
    return fresh;
  });
};

test('a Deployment comes up and says so in the words of Kubernetes', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create('apps/deployments', webDeployment({ replicas: 2 }));
  await eventually('rollout', () => isRolledOut(cluster));
  const [set] = sets(cluster);
  expect(condition(cluster, 'Progressing')).toMatchObject({
    status: 'True',
    reason: 'NewReplicaSetAvailable',
    message: `ReplicaSet "${set?.metadata.name ?? ''}" has successfully progressed.`,
  });
  expect(condition(cluster, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
  expect(cluster.events('web')).toEqual([
    `ScalingReplicaSet: Scaled up replica set ${set?.metadata.name ?? ''} from 0 to 2`,
  ]);
  expect(deployment(cluster).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
  const pod = pods(cluster).find(({ metadata }) =>
    cluster.events(metadata.name).some((event) => event.startsWith('Pulling')),
  );
  expect(cluster.events(pod?.metadata.name ?? '').map((event) => event.split(':')[0])).toEqual([
    'Scheduled',
    'Pulling',
    'Pulled',
    'Created',
    'Started',
  ]);
  expect(pod?.metadata.annotations).toMatchObject({ 'local-cluster/runtime': 'simulated' });
  expect(pod?.status).toMatchObject({
    phase: 'Running',
    containerStatuses: [{ ready: true, started: true, restartCount: 0 }],
  });
  expect(pod?.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toEqual([
    'PodReadyToStartContainers=True',
    'Initialized=True',
    'Ready=True',
    'ContainersReady=True',
    'PodScheduled=True',
  ]);
});

test('a rolling update never goes below its minimum or above its surge, and keeps the old ReplicaSet', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create(
    'apps/deployments',
    webDeployment({
      replicas: 4,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    }),
  );
  await eventually('first rollout', () => isRolledOut(cluster));
  const seen: string[] = [];
  const stop = cluster.client.watch(['core/pods'], () => {
    const alive = pods(cluster).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const ready = alive.filter(({ status }) =>
      status?.conditions?.some(({ type, status: s }) => type === 'Ready' && s === 'True'),
    );
    if (ready.length < 4 || alive.length > 5) seen.push(`${String(ready.length)} ready of ${String(alive.length)}`);
  });
  setImage(cluster, 'registry.test/web:v2');
  await eventually('second rollout', () => isRolledOut(cluster));
  stop();
  expect(seen).toEqual([]);
  expect(
    sets(cluster)
      .map((set) => set.spec?.replicas)
      .sort(),
  ).toEqual([0, 4]);
  const revision = (image: string): string | undefined =>
    sets(cluster).find((set) => set.spec?.template?.spec.containers[0]?.image === image)?.metadata.annotations?.[
      'deployment.kubernetes.io/revision'
    ];
  expect([revision('registry.test/web:v1'), revision('registry.test/web:v2')]).toEqual(['1', '2']);

  setImage(cluster, 'registry.test/web:v1');
  await eventually('rolled back', () => isRolledOut(cluster));
  expect(sets(cluster)).toHaveLength(2);
  expect(revision('registry.test/web:v1')).toBe('3');
  expect(deployment(cluster).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  // Three templates, three generations: what the controllers note on the way is not a new generation.
  expect(deployment(cluster).metadata.generation).toBe(3);
});

test('Recreate ends every old pod before the first new one starts', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create(
    'apps/deployments',
    webDeployment({ strategy: { type: 'Recreate' }, annotations: { 'simulated.local-cluster/stop-ms': '150' } }),
  );
  await eventually('first rollout', () => isRolledOut(cluster));
  let overlap = false;
  cluster.client.watch(['core/pods'], () => {
    const images = new Set(pods(cluster).map(({ spec }) => spec?.containers[0]?.image));
    overlap ||= images.size > 1;
  });
  setImage(cluster, 'registry.test/web:v2');
  await eventually('second rollout', () => isRolledOut(cluster));
  expect(overlap).toBe(false);
});

test('a version that never gets ready stops the rollout at its deadline and leaves the old pods', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create('apps/deployments', webDeployment({ replicas: 2, spec: { progressDeadlineSeconds: 1 } }));
  await eventually('first rollout', () => isRolledOut(cluster));
  cluster.client.update<Deployment>('apps/deployments', 'default', 'web', (fresh) => {
    if (fresh.spec !== undefined)
      fresh.spec.template.metadata = {
        ...fresh.spec.template.metadata,
        annotations: { 'simulated.local-cluster/ready-after-ms': '600000' },
      };
    return fresh;
  });
  await eventually('deadline', () => condition(cluster, 'Progressing')?.reason === 'ProgressDeadlineExceeded');
  expect(condition(cluster, 'Progressing')).toMatchObject({
    status: 'False',
    message: expect.stringMatching(/^ReplicaSet "web-\w+" has timed out progressing\.$/) as string,
  });
  expect(condition(cluster, 'Available')?.status).toBe('True');
  const [newest] = pods(cluster).filter(({ status }) => status?.containerStatuses?.[0]?.ready === false);
  expect(cluster.events(newest?.metadata.name ?? '')).toContain(
    'Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503',
  );
});

test('a container that crashes is restarted at once, then after a growing delay', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create(
    'apps/deployments',
    webDeployment({
      replicas: 1,
      annotations: { 'simulated.local-cluster/exit-after-ms': '20', 'simulated.local-cluster/exit-code': '7' },
    }),
  );

  const pod = await eventually('back-off', () =>
    pods(cluster).find(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff'),
  );
  const id = `web-${pod.metadata.name.slice(4)}_default(${pod.metadata.uid ?? ''})`;
  expect(pod.status?.containerStatuses?.[0]).toMatchObject({
    restartCount: 1,
    state: { waiting: { message: `back-off 10s restarting failed container=web pod=${id}` } },
    lastState: { terminated: { exitCode: 7, reason: 'Error' } },
  });
  expect(pod.status?.phase).toBe('Running');
  expect(cluster.events(pod.metadata.name)).toContain(`BackOff: Back-off restarting failed container web in pod ${id}`);
});

test('an image that is not there is named in status and Events', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1, image: 'registry.test/web:pull-not_found' }));
  const message =
    'rpc error: code = NotFound desc = failed to pull and unpack image "registry.test/web:pull-not_found": failed to resolve reference "registry.test/web:pull-not_found": registry.test/web:pull-not_found: not found';
  const pod = await eventually('pull failed', () =>
    pods(cluster).find(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImagePull'),
  );
  expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toBe(message);
  await eventually('back-off', () =>
    pods(cluster).find(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff'),
  );
  expect(cluster.events(pod.metadata.name).slice(1)).toEqual([
    'Pulling: Pulling image "registry.test/web:pull-not_found"',
    `Failed: Failed to pull image "registry.test/web:pull-not_found": ${message}`,
    'Failed: Error: ErrImagePull',
    'BackOff: Back-off pulling image "registry.test/web:pull-not_found"',
    'Failed: Error: ImagePullBackOff',
  ]);
});

test('a missing ConfigMap holds the container until it comes', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create(
    'apps/deployments',
    webDeployment({ replicas: 1, container: { envFrom: [{ configMapRef: { name: 'web-config' } }] } }),
  );
  await eventually('config error', () =>
    pods(cluster).find(
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    ),
  );
  expect(cluster.events(pods(cluster)[0]?.metadata.name ?? '')).toContain(
    'Failed: Error: configmap "web-config" not found',
  );
  cluster.client.create('core/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web-config', namespace: 'default' },
    data: { A: 'b' },
  });
  await eventually('rollout', () => isRolledOut(cluster));
});

test('scaling, and pods that go, are made up for; deleting the Deployment leaves nothing', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1 }));
  await eventually('rollout', () => isRolledOut(cluster));
  cluster.client.update<Deployment>('apps/deployments', 'default', 'web', (fresh) => {
    if (fresh.spec !== undefined) fresh.spec.replicas = 3;
    return fresh;
  });
  await eventually('scaled', () => isRolledOut(cluster) && pods(cluster).length === 3);
  cluster.client.delete('core/pods', 'default', pods(cluster)[0]?.metadata.name ?? '');
  await eventually('replaced', () => isRolledOut(cluster) && pods(cluster).length === 3);
  cluster.client.delete('apps/deployments', 'default', 'web', { propagationPolicy: 'Background' });
  await eventually('all gone', () => pods(cluster).length === 0 && sets(cluster).length === 0);
});

test('endpoints follow readiness, and a Service answers on its own loopback port', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create('core/services', webService());
  cluster.client.create('apps/deployments', webDeployment({ replicas: 2 }));
  await eventually('rollout', () => isRolledOut(cluster));
  const slice = await eventually('endpoints', () =>
    cluster.client
      .list<EndpointSlice>('discovery.k8s.io/endpointslices', 'default')
      .find(({ endpoints }) => endpoints?.length === 2 && endpoints.every((e) => e.conditions?.ready)),
  );
  expect(slice.ports).toEqual([{ name: '', protocol: 'TCP', port: 8080 }]);
  const url = cluster.client.get('core/services', 'default', 'web')?.metadata.annotations?.['local-cluster/url'] ?? '';
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([200, 'simulated\n']);
});
