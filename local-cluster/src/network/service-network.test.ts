import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { Service } from '../resources/types.js';
import { nodeServer, testRegistry } from '../testing/image-registry.js';
import {
  eventually,
  processRuntimes,
  runningCluster,
  simulatedRuntimes,
  webDeployment,
  webService,
  type TestCluster,
} from '../testing/running-cluster.js';

const service = ({ client }: TestCluster): Service => client.get<Service>('core/services', 'default', 'web') as Service;
const urlOf = (cluster: TestCluster): Promise<string> =>
  eventually('the address of the Service', () => service(cluster).metadata.annotations?.['local-cluster/url']);
const isReady = ({ client }: TestCluster): boolean =>
  (client.get('apps/deployments', 'default', 'web')?.status as { availableReplicas?: number } | undefined)
    ?.availableReplicas === 1;
const get = (url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });

test('a Service without a ready endpoint says so with 503', async () => {
  const cluster = await runningCluster(simulatedRuntimes);
  cluster.client.create('core/services', webService());
  expect(await get(await urlOf(cluster))).toEqual({
    status: 503,
    body: '503 Service default/web has no ready endpoint\n',
  });
});

test('a node port is the loopback port; one that is taken is told and opened when it gets free', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const cluster = await runningCluster(simulatedRuntimes);
  const nodePort = await eventually('a node port', async () => {
    const candidate = 30_000 + Math.floor(Math.random() * 2_700);
    const server = createServer();
    server.listen(candidate, '127.0.0.1');
    const free = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    if (!free) return undefined;
    onTestFinished(() => void server.close());
    blocker = server;
    return candidate;
  });
  other.close();
  cluster.client.create(
    'core/services',
    webService({ type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort }] }),
  );
  await eventually('the Event', () =>
    cluster
      .events('web')
      .find((event) => event.startsWith(`NodePortTaken: port ${String(nodePort)} of 127.0.0.1 cannot be opened`)),
  );
  await eventually(
    'the condition',
    () => service(cluster).status?.conditions?.find(({ type }) => type === 'PortOpen')?.status === 'False',
  );
  blocker?.close();
  expect(await urlOf(cluster)).toBe(`http://127.0.0.1:${String(nodePort)}`);
  await eventually('no condition', () => service(cluster).status?.conditions === undefined);
});
let blocker: ReturnType<typeof createServer> | undefined;

test('a LoadBalancer has the address 127.0.0.1, and an Ingress is answered by host and path', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', nodeServer('v1'));
  const cluster = await runningCluster(processRuntimes);
  cluster.client.create('core/services', webService({ type: 'LoadBalancer' }));
  cluster.client.create('apps/deployments', webDeployment({ replicas: 1, image }));
  cluster.client.create('networking.k8s.io/ingresses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: 'shop.localhost',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
          },
        },
      ],
    },
  });
  await eventually('ready', () => isReady(cluster));
  expect((await eventually('status', () => service(cluster).status?.loadBalancer?.ingress))[0]?.ip).toBe('127.0.0.1');
  const gateway = `http://127.0.0.1:${String(cluster.plane.gatewayPort)}`;
  expect(await get(gateway, { host: 'shop.localhost' })).toEqual({ status: 200, body: 'v1' });
  expect((await get(`${gateway}/x`, { host: 'other.localhost' })).status).toBe(404);
  const status = cluster.client.get('networking.k8s.io/ingresses', 'default', 'web')?.status;
  expect(status).toEqual({ loadBalancer: { ingress: [{ ip: '127.0.0.1' }] } });
});

test('bodies, chunked answers and upgrades pass; protocols in which the server speaks first do too', async () => {
  const registry = await testRegistry();
  const image = await registry.add('shop/web', 'v1', {
    files: {
      '/app/server.js': `
        const http = require('node:http'), net = require('node:net');
        const server = http.createServer((req, res) => { req.pipe(res); });
        server.on('upgrade', (req, socket) => {
          socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: echo\\r\\nConnection: Upgrade\\r\\n\\r\\n');
          socket.on('data', (data) => socket.write('echo ' + data));
        });
        server.listen(process.env.PORT);
        net.createServer((socket) => socket.end('greetings\\n')).listen(process.env.GREETER);`,
    },
    config: { Cmd: ['node', '/app/server.js'], WorkingDir: '/app' },
  });
  const cluster = await runningCluster(processRuntimes);
  const greeter = createServer();
  greeter.listen(0, '127.0.0.1');
  await once(greeter, 'listening');
  const greeterPort = (greeter.address() as AddressInfo).port;
  greeter.close();
  cluster.client.create(
    'core/services',
    webService({
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'greet', port: 25, targetPort: greeterPort },
      ],
    }),
  );
  cluster.client.create(
    'apps/deployments',
    webDeployment({ replicas: 1, image, container: { env: [{ name: 'GREETER', value: String(greeterPort) }] } }),
  );
  await eventually('ready', () => isReady(cluster));
  const url = new URL(await urlOf(cluster));
  const body = 'x'.repeat(300_000);
  const answer = await fetch(url, { method: 'POST', body });
  expect(await answer.text()).toBe(body);

  const socket = connect(Number(url.port), '127.0.0.1');
  let heard = '';
  socket.on('data', (chunk) => (heard += chunk.toString()));
  socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  await eventually('the switch', () => heard.includes('101 Switching'));
  socket.write('hello');
  await eventually('the echo', () => heard.endsWith('echo hello'));
  socket.destroy();

  const listeners = JSON.parse(service(cluster).metadata.annotations?.['local-cluster/listeners'] ?? '{}') as Record<
    string,
    number
  >;
  const silent = connect(listeners['greet'] ?? 0, '127.0.0.1');
  const [greeting] = (await once(silent, 'data')) as [Buffer];
  expect(greeting.toString()).toBe('greetings\n');
  silent.destroy();
});
