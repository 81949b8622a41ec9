import { Agent, request } from 'node:http';
import { expect, test } from 'vitest';
import { containerLogFile, readLog } from '../container-log.js';
import type { Deployment, Pod } from '../../resources/types.js';
import { testRegistry, nodeServer } from '../../testing/image-registry.js';
import {
  eventually,
  processRuntimes,
  runningCluster,
  webDeployment,
  webService,
  type TestCluster,
} from '../../testing/running-cluster.js';

const pods = ({ client }: TestCluster): readonly Pod[] => client.list<Pod>('core/pods', 'default');
const isRolledOut = ({ client }: TestCluster): boolean => {
  const found = client.get<Deployment>('apps/deployments', 'default', 'web');
  const { spec, status } = found ?? {};
  return (
    status?.observedGeneration === found?.metadata.generation &&
    status?.updatedReplicas === spec?.replicas &&
    status?.replicas === spec?.replicas &&
    status?.availableReplicas === spec?.replicas
  );
};
const urlOf = ({ client }: TestCluster): Promise<string> =>
  eventually(
    'the address of the Service',
    () => client.get('core/services', 'default', 'web')?.metadata.annotations?.['local-cluster/url'],
  );
const setImage = ({ client }: TestCluster, image: string): void => {
  client.update<Deployment>('apps/deployments', 'default', 'web', (fresh) => {
    const [container] = fresh.spec?.template.spec.containers ?? [];
    if (container !== undefined) container.image = image;
    return fresh;
  });
};
const logOf = async (cluster: TestCluster, pod: Pod, attempt = 0): Promise<string> => {
  let text = '';
  const file = containerLogFile(cluster.dataDir, pod.metadata.uid ?? '', 'web', attempt);
  for await (const line of readLog(
    file,
    { follow: false, timestamps: false },
    Promise.resolve(),
    new AbortController().signal,
  ))
    text += line;
  return text;
};

test('a host-built image runs as a process with a port of its own and answers behind its Service', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create('core/services', webService());
  cluster.client.create(
    'apps/deployments',
    webDeployment({ replicas: 2, image, container: { env: [{ name: 'COLOR', value: 'blue' }] } }),
  );
  await eventually('rollout', () => isRolledOut(cluster));
  const url = await urlOf(cluster);
  expect(await (await fetch(url)).text()).toBe('v1');
  const env = (await (await fetch(`${url}/env`)).json()) as Record<string, string>;
  const [pod] = pods(cluster);
  const ports = pods(cluster).map(
    ({ metadata }) =>
      (JSON.parse(metadata.annotations?.['local-cluster/ports'] ?? '{}') as Record<string, number>)['8080'],
  );
  expect(new Set(ports).size).toBe(2);
  expect(ports.map(String)).toContain(env['PORT']);
  expect(env).toMatchObject({
    COLOR: 'blue',
    GREETING: 'hello',
    WEB_SERVICE_HOST: '127.0.0.1',
    WEB_SERVICE_PORT: new URL(url).port,
  });
  expect(env).not.toHaveProperty('VITEST');
  expect(pod?.status?.containerStatuses?.[0]?.imageID).toBe(image);
  expect(pod?.status?.podIP).toMatch(/^127\./);
  expect(await logOf(cluster, pod as Pod)).toMatch(/^v1 starts in .*\/app\nlistening\n$/);
});

test('a rolling update under load loses no request', async () => {
  const registry = await testRegistry();
  const v1 = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const v2 = await registry.add('shop/web', 'v2', nodeServer('v2'));
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create('core/services', webService());
  cluster.client.create('apps/deployments', webDeployment({ replicas: 2, image: v1 }));
  await eventually('first rollout', () => isRolledOut(cluster));
  const url = await urlOf(cluster);

  const agent = new Agent({ keepAlive: true });
  const answers: Record<string, number> = {};
  const failures: string[] = [];
  let stop = false;
  const get = (path: string): Promise<void> =>
    new Promise((resolve) => {
      request(`${url}${path}`, { agent }, (answer) => {
        let body = '';
        answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
        answer.on('end', () => {
          const key = answer.statusCode === 200 ? body : `${String(answer.statusCode)} ${body}`;
          if (answer.statusCode !== 200) failures.push(key);
          answers[key] = (answers[key] ?? 0) + 1;
          resolve();
        });
      })
        .on('error', (error) => {
          failures.push(error.message);
          resolve();
        })
        .end();
    });
  const load = ['/', '/', '/slow', '/slow'].map(async (path) => {
    while (!stop) await get(path);
  });
  setImage(cluster, v2);
  await eventually('second rollout', () => isRolledOut(cluster) && pods(cluster).length === 2, 30_000);
  stop = true;
  await Promise.all(load);
  agent.destroy();
  expect(failures).toEqual([]);
  expect(answers['v1']).toBeGreaterThan(0);
  expect(answers['v2']).toBeGreaterThan(0);
}, 60_000);

test('a program that crashes shows its exit code, and its log is kept over the restart', async () => {
  const registry = await testRegistry();
  const image = await registry.add(
    'shop/web',
    'v1',
    nodeServer('v1', `console.error('no database'); process.exit(3);`),
  );
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create(
    'apps/deployments',
    webDeployment({ replicas: 1, image, container: { terminationMessagePolicy: 'FallbackToLogsOnError' } }),
  );
  const pod = await eventually('second crash', () =>
    pods(cluster).find(({ status }) => {
      const container = status?.containerStatuses?.[0];
      return container?.restartCount === 1 && container.state?.waiting?.reason === 'CrashLoopBackOff';
    }),
  );
  expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
    exitCode: 3,
    reason: 'Error',
    message: 'no database\n',
  });
  expect(await logOf(cluster, pod, 0)).toBe('no database\n');
  expect(await logOf(cluster, pod, 1)).toBe('no database\n');
});

test('a program that ignores PORT is told apart from one that is slow', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', {
    files: { '/app/server.js': `require('node:http').createServer((q, s) => s.end()).listen(0, '127.0.0.1');` },
    config: { Cmd: ['node', '/app/server.js'] },
  });
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1, image }));
  const event = await eventually('WrongPort', () =>
    cluster.events(pods(cluster)[0]?.metadata.name ?? '').find((one) => one.startsWith('WrongPort')),
  );
  const real = (
    JSON.parse(pods(cluster)[0]?.metadata.annotations?.['local-cluster/ports'] ?? '{}') as Record<string, number>
  )['8080'];
  expect(event).toMatch(
    new RegExp(`^WrongPort: container web listens on \\d+, not on its port 8080 \\(PORT=${String(real)}\\)$`),
  );
  expect(cluster.events(pods(cluster)[0]?.metadata.name ?? '')).toContainEqual(
    expect.stringMatching(
      /^Unhealthy: Readiness probe failed: Get "http:\/\/127[\d.]+:8080\/health": dial tcp 127[\d.]+:8080: connect: connection refused$/,
    ),
  );
});

test('a program beyond its memory limit is OOMKilled', async () => {
  const registry = await testRegistry();
  const image = await registry.add(
    'shop/web',
    'v1',
    nodeServer('v1', `const hog = []; setInterval(() => hog.push(Buffer.alloc(30e6, 1)), 20);`),
  );
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create(
    'apps/deployments',
    webDeployment({ replicas: 1, image, container: { resources: { limits: { memory: '150Mi' } } } }),
  );
  const pod = await eventually('OOMKilled', () =>
    pods(cluster).find(({ status }) => {
      const container = status?.containerStatuses?.[0];
      return (container?.state?.terminated ?? container?.lastState?.terminated)?.reason === 'OOMKilled';
    }),
  );
  const container = pod.status?.containerStatuses?.[0];
  expect(container?.state?.terminated ?? container?.lastState?.terminated).toMatchObject({
    exitCode: 137,
    reason: 'OOMKilled',
  });
});

test('a command that is not there, and a container image without an engine, are named', async () => {
  const registry = await testRegistry();
  const missing = await registry.add('shop/web', 'v1', {
    files: { '/app/x': '' },
    config: { Cmd: ['/bin/does-not-exist'] },
  });
  const container = await registry.add('shop/other', 'v1', { ...nodeServer('v1'), container: true });
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1, image: missing }));
  const pod = await eventually('run error', () =>
    pods(cluster).find(({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'RunContainerError'),
  );
  expect(pod.status?.containerStatuses?.[0]).toMatchObject({
    state: {
      waiting: {
        message:
          'unable to start container process: exec: "/bin/does-not-exist": stat /bin/does-not-exist: no such file or directory: unknown',
      },
    },
    lastState: { terminated: { exitCode: 128, reason: 'StartError' } },
  });
  setImage(cluster, container);
  await eventually('no engine', () =>
    pods(cluster).find(({ status }) =>
      status?.containerStatuses?.[0]?.state?.waiting?.message?.includes(
        'there is no container engine on this machine (none in this test)',
      ),
    ),
  );
});

test('stopping ends the processes; the next start brings the pods back under the same address', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const first = await runningCluster(processRuntimes);
  first.client.create('core/services', webService());
  first.client.create('apps/deployments', webDeployment({ replicas: 2, image }));
  await eventually('rollout', () => isRolledOut(first));
  const url = await urlOf(first);
  const names = pods(first).map(({ metadata }) => metadata.name);
  const from = Date.now();
  await first.stop();
  expect(Date.now() - from).toBeLessThan(5_000);
  await expect(fetch(url)).rejects.toThrow();

  const second = await runningCluster(processRuntimes, first.dataDir);
  await eventually('answers again', () =>
    fetch(url).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  expect(await urlOf(second)).toBe(url);
  expect(pods(second).map(({ metadata }) => metadata.name)).toEqual(names);
  await eventually('rolled out again', () => isRolledOut(second));
  expect(pods(second).map(({ status }) => status?.containerStatuses?.[0]?.restartCount)).toEqual([0, 0]);
});
