import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Job, Pod } from '../resources/types.js';
import { nodeServer, testRegistry } from '../testing/image-registry.js';
import {
  eventually,
  processRuntimes,
  runningCluster,
  temporaryFolder,
  type TestCluster,
} from '../testing/running-cluster.js';
import { KubeletLogs } from './pod-logs.js';

const pod = ({ client }: TestCluster): Pod => client.get<Pod>('core/pods', 'default', 'web') as Pod;
const create = (cluster: TestCluster, spec: Record<string, unknown>): void => {
  cluster.client.create('core/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec,
  });
};
const isReady = (cluster: TestCluster): boolean =>
  pod(cluster).status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

test('init containers run one after the other before the containers', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const folder = await temporaryFolder();
  const cluster = await runningCluster(processRuntimes);
  const init = (name: string): Record<string, unknown> => ({
    name,
    image,
    command: ['sh', '-c', `echo ${name} >> ${folder}/order`],
  });
  create(cluster, {
    initContainers: [init('first'), init('second')],
    containers: [
      { name: 'web', image, ports: [{ containerPort: 8080 }], readinessProbe: { tcpSocket: { port: 8080 } } },
    ],
    terminationGracePeriodSeconds: 1,
  });
  await eventually('ready', () => isReady(cluster));
  expect(await readFile(join(folder, 'order'), 'utf8')).toBe('first\nsecond\n');
  expect(pod(cluster).status?.initContainerStatuses?.map(({ state }) => state?.terminated?.reason)).toEqual([
    'Completed',
    'Completed',
  ]);
  expect(cluster.events('web').filter((event) => event.startsWith('Started'))).toHaveLength(3);
});

test('a failing init container keeps the pod from starting and is named', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  create(cluster, {
    initContainers: [{ name: 'migrate', image, command: ['sh', '-c', 'exit 7'] }],
    containers: [{ name: 'web', image }],
  });
  await eventually(
    'back-off',
    () => pod(cluster).status?.initContainerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
  );
  expect(pod(cluster).status).toMatchObject({
    phase: 'Pending',
    initContainerStatuses: [{ restartCount: 1, lastState: { terminated: { exitCode: 7 } } }],
    containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
  });
  expect(pod(cluster).status?.conditions).toContainEqual(
    expect.objectContaining({
      type: 'Initialized',
      status: 'False',
      message: 'containers with incomplete status: [migrate]',
    }),
  );
});

test('a failing liveness probe restarts the container and says why', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  create(cluster, {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'web',
        image,
        livenessProbe: {
          exec: { command: ['sh', '-c', 'echo broken; exit 1'] },
          periodSeconds: 1,
          failureThreshold: 2,
        },
      },
    ],
  });
  await eventually('restarted', () => pod(cluster).status?.containerStatuses?.[0]?.restartCount === 1);
  expect(cluster.events('web')).toEqual(
    expect.arrayContaining([
      'Unhealthy: Liveness probe failed: broken\n',
      'Killing: Container web failed liveness probe, will be restarted',
    ]),
  );
});

test('a startup probe holds the others back', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const folder = await temporaryFolder();
  const cluster = await runningCluster(processRuntimes);
  create(cluster, {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'web',
        image,
        startupProbe: {
          exec: { command: ['sh', '-c', `test -e ${folder}/started`] },
          periodSeconds: 1,
          failureThreshold: 30,
        },
        livenessProbe: {
          exec: { command: ['sh', '-c', `test -e ${folder}/started`] },
          periodSeconds: 1,
          failureThreshold: 1,
        },
      },
    ],
  });
  await eventually('unhealthy', () =>
    cluster.events('web').some((event) => event.startsWith('Unhealthy: Startup probe failed')),
  );
  expect(pod(cluster).status?.containerStatuses?.[0]).toMatchObject({ started: false, ready: false, restartCount: 0 });
  await import('node:fs/promises').then(({ writeFile }) => writeFile(join(folder, 'started'), ''));
  await eventually('ready', () => isReady(cluster));
  expect(pod(cluster).status?.containerStatuses?.[0]).toMatchObject({ started: true, restartCount: 0 });
});

test('deleting a pod runs its preStop hook, asks with TERM, then insists', async () => {
  const registry = await testRegistry();
  const image = await registry.add(
    'shop/web',
    'v1',
    nodeServer('v1', `process.on('SIGTERM', () => console.log('no'));`),
  );
  const folder = await temporaryFolder();
  const cluster = await runningCluster(processRuntimes);
  create(cluster, {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'web',
        image,
        ports: [{ containerPort: 8080 }],
        readinessProbe: { tcpSocket: { port: 8080 } },
        lifecycle: { preStop: { exec: { command: ['sh', '-c', `echo bye > ${folder}/hook`] } } },
      },
    ],
  });
  await eventually('ready', () => isReady(cluster));
  const { port } = cluster.plane.kubelet.container(pod(cluster).metadata.uid ?? '', 'web') ?? {};
  let last: Pod | undefined;
  cluster.client.watch(['core/pods'], ({ object }) => (last = object as Pod));
  cluster.client.delete('core/pods', 'default', 'web');
  await eventually('gone', () => cluster.client.get('core/pods', 'default', 'web') === undefined);
  expect(existsSync(join(folder, 'hook'))).toBe(true);
  expect(last?.status).toMatchObject({
    phase: 'Failed',
    containerStatuses: [{ state: { terminated: { exitCode: 137, reason: 'Error' } } }],
  });
  expect(cluster.events('web')).toContain('Killing: Stopping container web');
  await expect(fetch(`http://127.0.0.1:${String(port)}`)).rejects.toThrow();
});

test('logs are read whole, by their tail, with timestamps, and followed to the end', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  create(cluster, {
    restartPolicy: 'Never',
    containers: [{ name: 'web', image, command: ['sh', '-c', 'echo one; echo two; sleep 0.7; echo three'] }],
  });
  await eventually('running', () => cluster.plane.kubelet.container(pod(cluster).metadata.uid ?? '', 'web'));
  const logs = new KubeletLogs(cluster.plane.kubelet, cluster.dataDir);
  const read = async (options: Partial<Parameters<KubeletLogs['read']>[1]>): Promise<string> => {
    let text = '';
    const all = {
      container: 'web',
      follow: false,
      previous: false,
      timestamps: false,
      signal: new AbortController().signal,
    };
    for await (const piece of logs.read(pod(cluster), { ...all, ...options })) text += piece;
    return text;
  };
  expect(await read({ follow: true })).toBe('one\ntwo\nthree\n');
  await eventually('succeeded', () => pod(cluster).status?.phase === 'Succeeded');
  expect(await read({ tailLines: 2 })).toBe('two\nthree\n');
  expect(await read({ tailLines: 0 })).toBe('');
  expect(await read({ timestamps: true })).toMatch(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z \w+\n){3}$/);
  expect(() =>
    logs.read(pod(cluster), {
      container: 'web',
      follow: false,
      previous: true,
      timestamps: false,
      signal: new AbortController().signal,
    }),
  ).toThrow('previous terminated container "web" in pod "web" not found');
});

test('configuration, secrets and fields reach the environment and the volumes', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create('core/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'config', namespace: 'default' },
    data: { COLOR: 'blue', 'app.conf': 'port=1' },
  });
  cluster.client.create('core/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'secret', namespace: 'default' },
    type: 'Opaque',
    data: { password: Buffer.from('hunter2').toString('base64') },
  });
  create(cluster, {
    restartPolicy: 'Never',
    volumes: [
      { name: 'conf', configMap: { name: 'config', items: [{ key: 'app.conf', path: 'app.conf' }] } },
      { name: 'scratch', emptyDir: {} },
    ],
    containers: [
      {
        name: 'web',
        image,
        command: [
          'sh',
          '-c',
          'echo $COLOR $PASSWORD $NAME $GREET; cat /etc/app/app.conf; echo x > /scratch/x; cat $SCRATCH/x',
        ],
        envFrom: [{ configMapRef: { name: 'config' } }],
        env: [
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'secret', key: 'password' } } },
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'GREET', value: 'hello-$(NAME)' },
          { name: 'SCRATCH', value: '/scratch' },
        ],
        volumeMounts: [
          { name: 'conf', mountPath: '/etc/app' },
          { name: 'scratch', mountPath: '/scratch' },
        ],
      },
    ],
  });
  await eventually('ended', () => ['Succeeded', 'Failed'].includes(pod(cluster).status?.phase ?? ''));
  let text = '';
  const logs = new KubeletLogs(cluster.plane.kubelet, cluster.dataDir);
  for await (const piece of logs.read(pod(cluster), {
    container: 'web',
    follow: false,
    previous: false,
    timestamps: false,
    signal: new AbortController().signal,
  }))
    text += piece;
  expect(text).toBe('blue hunter2 web hello-web\nport=1x\n');
});

test('a Job runs to completion, and one that keeps failing ends with its reason', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  const job = (name: string, script: string): void => {
    cluster.client.create('batch/jobs', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: 'default' },
      spec: {
        backoffLimit: 0,
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'run', image, command: ['sh', '-c', script] }] },
        },
      },
    });
  };
  job('good', 'exit 0');
  job('bad', 'exit 1');
  const conditions = (name: string): string[] =>
    (cluster.client.get<Job>('batch/jobs', 'default', name)?.status?.conditions ?? []).map(
      ({ type, reason }) => `${type}: ${reason ?? ''}`,
    );
  await eventually('both ended', () => conditions('good').length > 0 && conditions('bad').length > 0);
  expect(conditions('good')).toContain('Complete: CompletionsReached');
  expect(conditions('bad')).toEqual(['FailureTarget: BackoffLimitExceeded', 'Failed: BackoffLimitExceeded']);
  expect(cluster.events('bad')).toContain('BackoffLimitExceeded: Job has reached the specified backoff limit');
});
