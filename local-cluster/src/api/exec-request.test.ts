/** `exec` with kubectl itself and with the client library, against processes that really run. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { Attach, Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { expect, onTestFinished, test } from 'vitest';
import { startLocalCluster, type LocalCluster } from '../cluster.js';
import { nodeServer, testRegistry } from '../testing/image-registry.js';
import { eventually, temporaryFolder } from '../testing/running-cluster.js';

const TALKS = `setInterval(() => console.log('still here'), 50);`;

async function clusterWithPod(runtimes: 'auto' | 'simulated' = 'auto'): Promise<LocalCluster> {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1', TALKS));
  const cluster = await startLocalCluster({
    dataDir: await temporaryFolder(),
    port: 0,
    gatewayPort: 0,
    runtimes,
    dockerHost: 'unix:///nowhere/docker.sock',
    log: silentLogger,
  });
  onTestFinished(() => cluster.stop());
  const pods = `${cluster.url}/api/v1/namespaces/default/pods`;
  await fetch(pods, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'web', image, env: [{ name: 'SAID', value: 'hello' }] }],
      },
    }),
  });
  await eventually('the pod runs', async () => {
    const pod = (await (await fetch(`${pods}/web`)).json()) as { status?: { phase?: string } };
    return pod.status?.phase === 'Running';
  });
  return cluster;
}

const kubectl = ['/usr/local/bin/kubectl', '/usr/bin/kubectl'].find(existsSync);

test.skipIf(kubectl === undefined)(
  'kubectl exec: output, errors, input and exit code',
  async () => {
    const cluster = await clusterWithPod();
    const run = async (args: string[], input?: string): Promise<{ out: string; err: string; code: number | null }> => {
      const child = spawn(kubectl ?? '', ['--server', cluster.url, 'exec', ...args], { stdio: 'pipe' });
      child.stdin.end(input);
      const code = new Promise<number | null>((resolve) => child.once('close', resolve));
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      return { out, err, code: await code };
    };
    expect(await run(['web', '--', 'sh', '-c', 'echo $SAID; echo oh >&2; exit 3'])).toEqual({
      out: 'hello\n',
      err: expect.stringContaining('oh\n') as unknown,
      code: 3,
    });
    const long = 'x'.repeat(200_000);
    expect(await run(['-i', 'web', '--', 'cat'], long)).toEqual({ out: long, err: '', code: 0 });
    const missing = await run(['nobody', '--', 'true']);
    expect(missing.err).toContain('pods "nobody" not found');
    expect(missing.code).toBe(1);
  },
  30_000,
);

test('attach shows what a container says from then on, until it ends', async () => {
  const cluster = await clusterWithPod();
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'local', server: cluster.url, skipTLSVerify: true }, { name: 'nobody' });
  const pod = `${cluster.url}/api/v1/namespaces/default/pods/web`;
  await eventually('it has begun to talk', async () =>
    (await (await fetch(`${pod}/log`)).text()).includes('still here'),
  );
  const said = new PassThrough();
  let heard = '';
  said.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  const socket = await new Attach(config).attach('default', 'web', 'web', said, null, null, false);
  const closed = new Promise((resolve) => (socket.onclose = resolve));
  await eventually('the container is heard', () => heard.includes('still here\n'));
  expect(heard).not.toContain('listening');
  await fetch(pod, { method: 'DELETE' });
  await closed;
}, 30_000);

test('the client library is told the exit code, and of a command that is not there', async () => {
  const cluster = await clusterWithPod();
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'local', server: cluster.url, skipTLSVerify: true }, { name: 'nobody' });
  const run = (command: string[]): Promise<V1Status> =>
    new Promise((resolve, reject) => {
      new Exec(config)
        .exec(
          'default',
          'web',
          'web',
          command,
          new PassThrough().resume(),
          new PassThrough().resume(),
          null,
          false,
          resolve,
        )
        .catch(reject);
    });
  expect(await run(['sh', '-c', 'exit 7'])).toMatchObject({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '7' }] },
  });
  expect(await run(['true'])).toMatchObject({ status: 'Success' });
  expect(await run(['/no/such/program'])).toMatchObject({ status: 'Failure' });
});

test('without an upgrade it is refused, and so is a pod in which nothing runs', async () => {
  const { url } = await clusterWithPod('simulated');
  const pod = `${url}/api/v1/namespaces/default/pods/web`;
  const answer = await fetch(`${pod}/exec?command=true`, { method: 'POST' });
  expect(await answer.json()).toMatchObject({ code: 400, message: 'Upgrade request required' });
  expect((await fetch(`${pod}/portforward`, { method: 'POST' })).status).toBe(501);
});
