/** An engine that stops refuses who comes anew and fails who is still connected: no fault of the container or its image. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ContainerSpec } from '../container-runtime.js';
import { containerSecurity } from '../container-security.js';
import { DockerRuntime } from './docker-runtime.js';

const LOG = join(tmpdir(), `docker-engine-stops-${String(process.pid)}.log`);
const WORDS = 'failed to update store for object type *libnetwork.endpoint: open : no such file or directory';

const RUNNING = {
  Id: 'c1',
  Config: { Labels: { 'local-cluster/log-file': LOG } },
  State: { StartedAt: new Date(0).toISOString() },
  HostConfig: {},
  NetworkSettings: { Networks: {}, Ports: {} },
};

/** `atStart`: what happens to it when a container is to be started, which fails unless it answers `started`. */
async function runtimeOn(
  atStart: (server: Server) => unknown,
): Promise<{ runtime: DockerRuntime; server: Server; asked: string[] }> {
  const server = createServer((request, response) => {
    request.resume();
    const { method = '', url = '' } = request;
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    request.on('end', () => {
      if (url.includes('/networks')) return answer(200, [{ Name: 'bridge', IPAM: { Config: [] } }]);
      if (url.includes('/containers/create')) return answer(201, { Id: 'c1' });
      if (method === 'DELETE') return response.writeHead(204).end();
      if (url.includes('/wait') || url.includes('/logs') || url.includes('/stop')) return; // as long as it runs
      if (url.includes('/c1/json')) return answer(200, RUNNING);
      if (!url.includes('/start')) return answer(200, { Version: '20.10.24' });
      if (atStart(server) === 'started') return response.writeHead(204).end();
      answer(500, { message: WORDS });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked: string[] = [];
  server.on('request', ({ method = '', url = '' }) => asked.push(`${method} ${url.replace(/\?.*/, '')}`));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const runtime = await DockerRuntime.connect(`tcp://127.0.0.1:${String(port)}`, tmpdir());
  onTestFinished(() => runtime.close());
  return { runtime, server, asked };
}
async function comesBack(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
const spec: ContainerSpec = {
  podUid: 'uid',
  podName: 'shop-1',
  namespace: 'default',
  name: 'web',
  attempt: 0,
  image: 'shop:1',
  imageId: 'shop@sha256:1',
  command: undefined,
  args: undefined,
  workingDir: undefined,
  env: {},
  ports: [],
  mounts: [],
  memoryLimitBytes: undefined,
  cpuLimitCores: undefined,
  security: containerSecurity({}, { name: 'web' }),
  logFile: LOG,
  hostname: 'shop-1',
  podAnnotations: {},
  networkOf: undefined,
};

test('a container that cannot be started by an engine that stops is tried again, not counted as one that ended', async () => {
  const { runtime } = await runtimeOn((server) => server.close());
  await expect(runtime.start(spec)).rejects.toMatchObject({
    name: 'StartError',
    stage: 'create',
    message: `the container engine does not answer: ${WORDS}`,
  });
});

test('one that an engine cannot start which stays has ended', async () => {
  const { runtime } = await runtimeOn(() => undefined);
  await expect(runtime.start(spec)).rejects.toMatchObject({
    name: 'StartError',
    stage: 'run',
    message: `failed to create containerd task: ${WORDS}`,
  });
});

test('an engine that is gone is named, whatever is asked of it', async () => {
  const { runtime, server } = await runtimeOn(() => undefined);
  server.closeAllConnections();
  server.close();
  const gone = expect.stringMatching(/^the container engine does not answer: /) as string;
  await expect(runtime.findImage('shop:1')).rejects.toMatchObject({ name: 'PullError', message: gone });
  await expect(runtime.pull('shop:1', undefined, AbortSignal.timeout(5_000))).rejects.toMatchObject({
    name: 'PullError',
    message: gone,
  });
  await expect(runtime.start(spec)).rejects.toMatchObject({ name: 'StartError', stage: 'create', message: gone });
});

test('what it could not remove goes when it is back', async () => {
  const { runtime, server, asked } = await runtimeOn(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  await expect(runtime.start(spec)).rejects.toMatchObject({ stage: 'create' });
  await comesBack(server, port);
  await vi.waitFor(() => expect(asked).toContain('DELETE /containers/c1'), { timeout: 10_000 });
});

test('a container that it took along while it was to be stopped has ended', async () => {
  onTestFinished(() => rm(LOG, { force: true }));
  const { runtime, server, asked } = await runtimeOn(() => 'started');
  const container = await runtime.start(spec);
  const stopped = container.stop(10_000);
  await vi.waitFor(() => expect(asked).toContain('POST /containers/c1/stop'), { timeout: 10_000 });
  server.closeAllConnections();
  server.close();
  await stopped;
  expect(await container.exited).toMatchObject({ exitCode: 255, reason: 'Error' });
});

test('a log that cannot be written, as on a full disk, ends neither the container nor this process', async () => {
  onTestFinished(() => rm(LOG, { force: true }));
  await symlink('/dev/full', LOG);
  const { runtime, server } = await runtimeOn(() => 'started');
  const container = await runtime.start(spec);
  server.closeAllConnections();
  server.close();
  expect(await container.exited).toMatchObject({ exitCode: 255, reason: 'Error' });
});
