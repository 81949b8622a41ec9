import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import type { Pod } from '../../resources/types.js';
import { nodeServer, testRegistry } from '../../testing/image-registry.js';
import { orphanedContainer } from '../../testing/orphaned-container.js';
import { eventually, processRuntimes, runningCluster, temporaryFolder } from '../../testing/running-cluster.js';
import { createLogFile } from '../container-log.js';
import { containerSecurity } from '../container-security.js';
import type { ContainerSpec } from '../container-runtime.js';
import { ProcessRuntime } from './process-runtime.js';

const answers = (port: number | undefined): Promise<boolean> => answersAt(`http://127.0.0.1:${String(port)}`);
const answersAt = (url: string): Promise<boolean> =>
  fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );

/** A runtime whose program "crashed": its container runs on, and nobody of that run looks after it. */
async function leftBehind(extra = '') {
  const registry = await testRegistry();
  const reference = await registry.add('shop/web', 'v1', nodeServer('v1', extra));
  const dataDir = await temporaryFolder();
  const runtime = new ProcessRuntime(dataDir, silentLogger);
  onTestFinished(() => runtime.close());
  const image = await runtime.pull(reference, undefined, new AbortController().signal);
  const logFile = join(dataDir, '0.log');
  await createLogFile(logFile);
  const spec: ContainerSpec = {
    podUid: 'pod-1',
    podName: 'web',
    namespace: 'default',
    name: 'web',
    attempt: 2,
    image: reference,
    imageId: image.imageId,
    command: undefined,
    args: undefined,
    workingDir: undefined,
    env: {},
    ports: [8080],
    mounts: [],
    memoryLimitBytes: undefined,
    cpuLimitCores: undefined,
    security: containerSecurity({}, { name: 'web' }),
    logFile,
    hostname: 'web',
    podAnnotations: {},
    networkOf: undefined,
  };
  const container = await runtime.start(spec);
  await eventually('answers', () => answers(container.port));
  return { dataDir, container };
}

test.skipIf(process.platform !== 'linux')(
  'what still runs after a crash of this program is adopted, used and ended',
  async () => {
    const { dataDir, container } = await leftBehind();
    const next = new ProcessRuntime(dataDir, silentLogger);
    onTestFinished(() => next.close());
    await next.endStrays(new Set(['pod-1']));
    const [adopted] = await next.adopt('pod-1');
    expect(adopted).toMatchObject({
      containerId: container.containerId,
      name: 'web',
      attempt: 2,
      port: container.port,
    });
    expect(await answers(container.port)).toBe(true);
    expect(await adopted?.exec(['sh', '-c', 'echo $GREETING'], 1_000)).toEqual({ exitCode: 0, output: 'hello\n' });
    await adopted?.stop(1_000);
    expect(await adopted?.exited).toMatchObject({ exitCode: 255, reason: 'Error' });
    expect(await answers(container.port)).toBe(false);
    await adopted?.remove();
    expect(await next.adopt('pod-1')).toEqual([]);
  },
);

test.skipIf(process.platform !== 'linux')(
  'what runs for a pod that is no more is ended, with all it started',
  async () => {
    const { dataDir, container } = await leftBehind(
      `require('node:child_process').spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });`,
    );
    const next = new ProcessRuntime(dataDir, silentLogger);
    onTestFinished(() => next.close());
    await next.endStrays(new Set());
    await container.exited;
    expect(await answers(container.port)).toBe(false);
    expect(await next.adopt('pod-1')).toEqual([]);
  },
);

test.skipIf(process.platform !== 'linux')(
  'a container that was started just before a crash is reached through its Service, and its image is known',
  async () => {
    const image = await (await testRegistry()).add('shop/web', 'v1', nodeServer('v1'));
    const dataDir = await temporaryFolder();
    const killed = new ProcessRuntime(dataDir, silentLogger);
    onTestFinished(() => killed.close());
    const container = await orphanedContainer(dataDir, killed, image);

    const cluster = await runningCluster(processRuntimes, dataDir);
    const url = await eventually(
      'the address of the Service',
      () => cluster.client.get('core/services', 'default', 'web')?.metadata.annotations?.['local-cluster/url'],
    );
    await eventually('an answer', () => answersAt(url));
    const pod = cluster.client.get<Pod>('core/pods', 'default', 'web-1');
    expect(pod?.metadata.annotations).toMatchObject({ 'local-cluster/runtime': 'process' });
    expect(pod?.status).toMatchObject({
      podIP: expect.stringMatching(/^127\./) as string,
      containerStatuses: [{ containerID: container.containerId, imageID: image, restartCount: 0 }],
    });
  },
);
