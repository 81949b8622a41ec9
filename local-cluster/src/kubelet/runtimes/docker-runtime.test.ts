import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { containerLogFile, createLogFile, readLog } from '../container-log.js';
import type { Deployment, Pod } from '../../resources/types.js';
import { testRegistry, type TestImage } from '../../testing/image-registry.js';
import { orphanedContainer, webContainer } from '../../testing/orphaned-container.js';
import {
  eventually,
  runningCluster,
  temporaryFolder,
  webDeployment,
  webService,
  type TestCluster,
} from '../../testing/running-cluster.js';
import type { Runtimes } from '../image-service.js';
import { removeContainer } from './docker-container.js';
import { DockerRuntime } from './docker-runtime.js';

const dockerHost = process.env['TEST_DOCKER_HOST'];
const BUSYBOX = '/bin/busybox';
const usable = dockerHost !== undefined && existsSync(BUSYBOX);
if (!usable && process.env['CI'] === 'true') throw new Error('TEST_DOCKER_HOST and busybox-static are needed on CI');

const dockerRuntimes = async (dataDir: string): Promise<Runtimes> => ({
  docker: await DockerRuntime.connect(dockerHost, dataDir),
  process: undefined,
  simulated: undefined,
  noEngineBecause: '',
});
/** A cluster on the engine; everything it made is gone after the test. */
async function dockerCluster(dataDir?: string): Promise<TestCluster> {
  const cluster = await runningCluster(dockerRuntimes, dataDir);
  onTestFinished(async () => {
    await cluster.stop();
    await (await dockerRuntimes(cluster.dataDir)).docker?.endStrays(new Set());
  });
  return cluster;
}
const busybox = async (script: string, env: string[] = []): Promise<TestImage> => ({
  files: { '/bin/busybox*': await readFile(BUSYBOX), '/www/index.html': 'from busybox\n', '/www/health': 'ok' },
  config: { Entrypoint: ['/bin/busybox', 'sh', '-c', script], Env: env, ExposedPorts: { '8080/tcp': {} } },
  container: true,
});
const SERVE = 'trap "exit 0" TERM; echo up; /bin/busybox httpd -f -p $PORT -h /www & wait';
const pods = ({ client }: TestCluster): readonly Pod[] => client.list<Pod>('core/pods', 'default');
const isRolledOut = ({ client }: TestCluster): boolean => {
  const { spec, status } = client.get<Deployment>('apps/deployments', 'default', 'web') ?? {};
  return (
    status?.updatedReplicas === spec?.replicas &&
    status?.availableReplicas === spec?.replicas &&
    status?.replicas === spec?.replicas
  );
};
const logOf = async (cluster: TestCluster, pod: Pod, attempt: number): Promise<string> => {
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

test.skipIf(!usable)(
  'a container image runs in the engine and answers behind its Service',
  async () => {
    const registry = await testRegistry();
    const image = await registry.add('shop/web', 'v1', await busybox(SERVE));
    const cluster = await dockerCluster();
    cluster.client.create('core/services', webService());
    cluster.client.create(
      'apps/deployments',
      webDeployment({
        replicas: 2,
        image,
        container: { livenessProbe: { exec: { command: ['/bin/busybox', 'true'] }, periodSeconds: 1 } },
      }),
    );
    await eventually('rollout', () => isRolledOut(cluster), 30_000);
    const url =
      cluster.client.get('core/services', 'default', 'web')?.metadata.annotations?.['local-cluster/url'] ?? '';
    expect(await (await fetch(url)).text()).toBe('from busybox\n');
    const [pod] = pods(cluster);
    expect(pod?.metadata.annotations?.['local-cluster/runtime']).toBe('docker');
    expect(pod?.status?.containerStatuses?.[0]).toMatchObject({
      imageID: image,
      containerID: expect.stringMatching(/^docker:\/\//) as string,
    });
    expect(new Set(pods(cluster).map(({ status }) => status?.podIP)).size).toBe(2);
    expect(await logOf(cluster, pod as Pod, 0)).toBe('up\n');

    cluster.client.delete('apps/deployments', 'default', 'web', { propagationPolicy: 'Background' });
    await eventually('all gone', () => pods(cluster).length === 0);
  },
  60_000,
);

test.skipIf(!usable)(
  'a crash keeps its exit code and log, and memory beyond the limit is OOMKilled',
  async () => {
    const registry = await testRegistry();
    const crash = await registry.add('shop/web', 'v1', await busybox('echo no database; exit 3'));
    const hog = await registry.add(
      'shop/hog',
      'v1',
      await busybox('/bin/busybox dd if=/dev/zero of=/dev/null bs=200M count=1000'),
    );
    const cluster = await dockerCluster();
    cluster.client.create('apps/deployments', webDeployment({ replicas: 1, image: crash }));
    const pod = await eventually(
      'second crash',
      () =>
        pods(cluster).find(
          ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
        ),
      30_000,
    );
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    });
    expect([await logOf(cluster, pod, 0), await logOf(cluster, pod, 1)]).toEqual(['no database\n', 'no database\n']);

    cluster.client.update<Deployment>('apps/deployments', 'default', 'web', (fresh) => {
      const [container] = fresh.spec?.template.spec.containers ?? [];
      if (container !== undefined) Object.assign(container, { image: hog, resources: { limits: { memory: '16Mi' } } });
      return fresh;
    });
    await eventually(
      'OOMKilled',
      () =>
        pods(cluster).find(({ status }) => {
          const container = status?.containerStatuses?.[0];
          return (container?.state?.terminated ?? container?.lastState?.terminated)?.reason === 'OOMKilled';
        }),
      30_000,
    );
  },
  90_000,
);

test.skipIf(!usable)(
  'images and commands that are not there are named',
  async () => {
    const registry = await testRegistry();
    const cluster = await dockerCluster();
    const missing = `${registry.host}/shop/web:v9`;
    cluster.client.create('apps/deployments', webDeployment({ replicas: 1, image: missing }));
    await eventually('ErrImagePull', () =>
      pods(cluster).find(({ status }) =>
        status?.containerStatuses?.[0]?.state?.waiting?.message?.endsWith(`${missing}: not found`),
      ),
    );
    const image = await registry.add('shop/web', 'v1', await busybox('exit 0'));
    cluster.client.update<Deployment>('apps/deployments', 'default', 'web', (fresh) => {
      const [container] = fresh.spec?.template.spec.containers ?? [];
      if (container !== undefined) Object.assign(container, { image, command: ['/bin/does-not-exist'] });
      return fresh;
    });
    const pod = await eventually(
      'RunContainerError',
      () =>
        pods(cluster).find(
          ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'RunContainerError',
        ),
      30_000,
    );
    expect(pod.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
    });
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /exec: "\/bin\/does-not-exist": stat \/bin\/does-not-exist: no such file or directory/,
    );
  },
  60_000,
);

test.skipIf(!usable)(
  'containers of one pod share a network, and stopping takes them down',
  async () => {
    const registry = await testRegistry();
    const image = await registry.add('shop/web', 'v1', await busybox(SERVE));
    const asks = await registry.add(
      'shop/asks',
      'v1',
      await busybox(
        'trap "exit 0" TERM; while ! /bin/busybox wget -q -O - http://127.0.0.1:8080/; do /bin/busybox sleep 0.1; done; /bin/busybox sleep 1000 & wait',
      ),
    );
    const cluster = await dockerCluster();
    const deployment = webDeployment({ replicas: 1, image });
    (deployment.spec as { template: { spec: { containers: unknown[] } } }).template.spec.containers.push({
      name: 'asks',
      image: asks,
    });
    cluster.client.create('apps/deployments', deployment);
    await eventually('rollout', () => isRolledOut(cluster), 30_000);
    const file = containerLogFile(cluster.dataDir, pods(cluster)[0]?.metadata.uid ?? '', 'asks', 0);
    await eventually('the answer of the neighbour', async () =>
      (await readFile(file, 'utf8')).includes('from busybox'),
    );
    const from = Date.now();
    await cluster.stop();
    expect(Date.now() - from).toBeLessThan(6_000);
  },
  60_000,
);

test.skipIf(!usable)(
  'a container that was created and never started, by a process that was killed, gives way',
  async () => {
    const registry = await testRegistry();
    const image = await registry.add('left-over', 'v1', await busybox(SERVE));
    const cluster = await dockerCluster();
    const { default: Engine } = await import('dockerode');
    const engine = new Engine({ socketPath: dockerHost?.replace('unix://', '') ?? '' });
    const runtime = await DockerRuntime.connect(dockerHost, cluster.dataDir);
    const { imageId } = await runtime.pull(image, undefined, new AbortController().signal);
    const spec = webContainer(cluster.dataDir, { reference: image, imageId }, randomUUID());
    await createLogFile(spec.logFile);
    const first = await runtime.start(spec);
    const { Config, Name } = await engine.getContainer(first.containerId.replace('docker://', '')).inspect();
    await engine.getContainer(first.containerId.replace('docker://', '')).remove({ force: true });
    await engine.createContainer({ name: Name.slice(1), Image: Config.Image, Labels: Config.Labels });

    const second = await runtime.start(spec);
    expect((await engine.getContainer(second.containerId.replace('docker://', '')).inspect()).State.Running).toBe(true);

    // The engine holds the name of a container that it makes or removes, and shows no such container.
    await engine.getContainer(second.containerId.replace('docker://', '')).remove({ force: true });
    const holder = await engine.createContainer({ name: Name.slice(1), Image: Config.Image });
    onTestFinished(() => removeContainer(holder));
    const third = runtime.start(spec);
    await Promise.race([third, new Promise((resolve) => setTimeout(resolve, 300))]);
    await holder.remove();
    expect((await third).containerId).toMatch(/^docker:/);
    await runtime.endStrays(new Set());
  },
);

test.skipIf(!usable)(
  'a container that was started just before a kill is reached through its Service, and its image is known',
  async () => {
    const image = await (await testRegistry()).add('shop/orphan', 'v1', await busybox(SERVE));
    const dataDir = await temporaryFolder();
    const container = await orphanedContainer(dataDir, await DockerRuntime.connect(dockerHost, dataDir), image);
    const cluster = await dockerCluster(dataDir);
    const url = await eventually(
      'the address of the Service',
      () => cluster.client.get('core/services', 'default', 'web')?.metadata.annotations?.['local-cluster/url'],
    );
    await eventually('an answer', async () => (await fetch(url)).ok);
    const pod = cluster.client.get<Pod>('core/pods', 'default', 'web-1');
    expect(pod?.metadata.annotations).toMatchObject({ 'local-cluster/runtime': 'docker' });
    expect(pod?.status).toMatchObject({
      podIP: expect.any(String) as string,
      containerStatuses: [{ containerID: container.containerId, imageID: image, restartCount: 0 }],
    });
  },
  60_000,
);

test.skipIf(!usable)('a command beside the program: its output, its input, and how it ended', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', `v${randomUUID()}`, await busybox(SERVE));
  const cluster = await dockerCluster();
  cluster.client.create('apps/deployments', webDeployment({ image, replicas: 1 }));
  await eventually('rolled out', () => isRolledOut(cluster), 30_000);
  const [pod] = pods(cluster);
  const running = cluster.plane.kubelet.container(pod?.metadata.uid ?? '', 'web');
  const run = async (script: string, input: string): Promise<{ out: string; err: string; code: number }> => {
    const session = await running?.openExec?.(['/bin/busybox', 'sh', '-c', script], { stdin: true, tty: false });
    if (session?.stderr === undefined) throw new Error('the container takes no command');
    session.stdin?.end(input);
    const [out, err] = await Promise.all([text(session.stdout), text(session.stderr)]);
    return { out, err, code: await session.exit };
  };
  expect(await run('read line; echo "got $line"; echo oh >&2; exit 3', 'hello\n')).toEqual({
    out: 'got hello\n',
    err: 'oh\n',
    code: 3,
  });
});

test.skipIf(!usable)(
  'what a pod says of users, capabilities and its root is what the engine gives it',
  async () => {
    const registry = await testRegistry();
    const image = await registry.add('shop/web', 'v1', await busybox(SERVE));
    const cluster = await dockerCluster();
    const securityContext = {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 2000,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    };
    const exec = ['/bin/busybox', 'sh', '-c'];
    const look =
      '/bin/busybox id -u; /bin/busybox id -g; /bin/busybox grep -E "^(CapBnd|NoNewPrivs)" /proc/self/status; echo x > /f || echo read-only';
    const script = `{ ${look}; } 2>&1; ${SERVE}`; // by one pipe: two keep no order between them
    cluster.client.create(
      'apps/deployments',
      webDeployment({ replicas: 1, image, container: { command: exec, args: [script], securityContext } }),
    );
    await eventually('rolled out', () => isRolledOut(cluster), 60_000);
    const [pod] = pods(cluster);
    if (pod === undefined) throw new Error('no pod');
    const log = await eventually('its log', async () => {
      const text = await logOf(cluster, pod, 0);
      return text.includes('read-only') && text;
    });
    expect(log).toMatch(/1000\n2000\nCapBnd:\s+0+\nNoNewPrivs:\s+1\n/);
  },
  90_000,
);
