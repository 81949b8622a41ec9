import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { RunningContainer } from './container-runtime.js';
import { probeOnce } from './probe.js';

/** Somebody else on this machine who listens on the very port that the container declares. */
async function stranger(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()); // a probe hangs up as soon as it knows
    socket.end('HTTP/1.1 200 OK\r\n\r\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
const containerAt = (ip: string | undefined | null): RunningContainer => ({
  runtime: 'docker',
  imageId: undefined,
  containerId: 'docker://1',
  name: 'web',
  attempt: 0,
  startedAt: new Date(0),
  ip,
  ports: {},
  port: undefined,
  exited: new Promise(() => undefined),
  exec: async () => ({ exitCode: 0, output: '' }),
  stop: async () => undefined,
  listeningPorts: async () => undefined,
  remove: async () => undefined,
});

test('a container that ended before it had an address is not ready because a stranger answers on its port', async () => {
  const port = await stranger();
  const target = { spec: { name: 'web', image: 'x' }, container: containerAt(null), podIp: '127.8.0.1' };
  const refused = { ok: false, refused: true, message: expect.stringContaining('connection refused') as string };
  expect(await probeOnce(target, { tcpSocket: { port } }, 1_000)).toMatchObject(refused);
  expect(await probeOnce(target, { httpGet: { port, path: '/' } }, 1_000)).toMatchObject(refused);
});

test('a container of this host is asked on loopback', async () => {
  const port = await stranger();
  const target = { spec: { name: 'web', image: 'x' }, container: containerAt(undefined), podIp: '127.8.0.1' };
  expect(await probeOnce(target, { tcpSocket: { port } }, 1_000)).toMatchObject({ ok: true });
});
