/** The Kubernetes adapter against a double of the API server over HTTP. In one file: all cases share that double. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { ClusterChange, Manifest } from '../../ports/cluster.js';
import { KubernetesCluster } from './kubernetes-cluster.js';

/** A small API server: discovery of two groups, and whatever a test scripts on top. */
type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;
let server: Server;
let handle: Handler;
let seen: { method: string; url: URL; headers: IncomingMessage['headers']; body: string }[];
let cluster: KubernetesCluster;
const never = new AbortController().signal;
const url = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const DISCOVERY: Record<string, unknown> = {
  '/api/v1': {
    resources: [
      { name: 'pods', kind: 'Pod', namespaced: true },
      { name: 'pods/log', kind: 'Pod', namespaced: true },
      { name: 'services', kind: 'Service', namespaced: true },
      { name: 'secrets', kind: 'Secret', namespaced: true },
      { name: 'nodes', kind: 'Node', namespaced: false },
    ],
  },
  '/apis/apps/v1': { resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true }] },
  '/apis/networking.k8s.io/v1': { resources: [{ name: 'ingresses', kind: 'Ingress', namespaced: true }] },
};
const status = (code: number, message: string, more: object = {}): object => ({
  kind: 'Status',
  status: 'Failure',
  code,
  message,
  ...more,
});
const deployment: Manifest = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'dev' } };

beforeEach(async () => {
  seen = [];
  handle = (_request, response) => json(response, 404, status(404, 'not found'));
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const at = new URL(request.url ?? '/', url());
      const discovered = DISCOVERY[at.pathname];
      if (discovered !== undefined) return json(response, 200, discovered);
      seen.push({ method: request.method ?? '', url: at, headers: request.headers, body });
      handle(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cluster = new KubernetesCluster({ server: { url: url() }, embedded: false, relistMs: 300, retryMs: [10, 20, 40] });
});
afterEach(async () => {
  await cluster.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const failureOf = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${String(error)}`);
  return error;
};

test('a caller who is cancelled does not take those along who wait for the same discovery', async () => {
  const cancelled = new AbortController();
  const answered = Promise.withResolvers<void>();
  let asked = 0;
  const [listener] = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/apis/apps/v1' && (asked += 1) === 1) return answered.resolve(); // the first is never answered
    listener?.(request, response);
  });
  handle = (_request, response) => json(response, 200, { ...deployment, items: [] });
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'dev', name: 'web' };
  const first = cluster.get(ref, cancelled.signal);
  const second = cluster.get(ref, never);
  await answered.promise;
  cancelled.abort(new Error('cancelled'));
  await expect(first).rejects.toThrow('cancelled');
  expect(await second).toMatchObject({ metadata: { name: 'web' } });
});

test('apply is one strict server-side apply of the manifest as it is', async () => {
  handle = (_request, response, body) => json(response, 200, JSON.parse(body));
  const manifest = { ...deployment, spec: { replicas: 2, aFieldOfTomorrow: true } };
  expect(await cluster.apply(manifest, { dryRun: true }, never)).toEqual(manifest);
  const [asked] = seen;
  expect(asked?.url.pathname).toBe('/apis/apps/v1/namespaces/dev/deployments/web');
  expect(Object.fromEntries(asked?.url.searchParams ?? [])).toEqual({
    fieldManager: 'aws-deployer',
    fieldValidation: 'Strict',
    dryRun: 'All',
  });
  expect(asked?.headers['content-type']).toBe('application/apply-patch+yaml');
});

test('a conflict with ourselves is forced, one with another owner is refused and names it', async () => {
  const conflict = (manager: string) =>
    status(409, 'Apply failed with 1 conflict', {
      reason: 'Conflict',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: `conflict with "${manager}"`, field: '.spec.replicas' }],
      },
    });
  let manager = 'aws-deployer';
  handle = (request, response) =>
    request.url?.includes('force=true') ? json(response, 200, deployment) : json(response, 409, conflict(manager));
  expect(await cluster.apply(deployment, {}, never)).toEqual(deployment);
  manager = 'kubectl';
  const error = await failureOf(cluster.apply(deployment, {}, never));
  expect(error).toMatchObject({ kind: 'conflict', code: 'foreign_owner' });
  expect(error.message).toContain('kubectl');
  expect(error.fields[0]?.field).toBe('.spec.replicas');
});

test.each([
  [
    422,
    status(422, 'bad', {
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.replicas', message: 'Invalid value: -1' }] },
    }),
    'invalid',
    'manifest_rejected',
    'spec.replicas',
  ],
  [
    422,
    status(422, 'spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated', {
      details: { causes: [{ field: 'spec.ports[0].nodePort', message: 'provided port is already allocated' }] },
    }),
    'invalid',
    'node_port_taken',
    'spec.ports[0].nodePort',
  ],
  [
    500,
    status(
      500,
      'failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.nope: field not declared in schema',
    ),
    'invalid',
    'manifest_rejected',
    'spec.nope',
  ],
  [
    400,
    status(400, 'strict decoding error: unknown field "spec.replicsa"'),
    'invalid',
    'manifest_rejected',
    'spec.replicsa',
  ],
  [
    403,
    status(403, 'deployments.apps "web" is forbidden: User "x" cannot patch resource'),
    'forbidden',
    'cluster_forbidden',
    undefined,
  ],
  [
    403,
    status(403, 'unable to create new content', {
      details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
    }),
    'conflict',
    'namespace_terminating',
    undefined,
  ],
  [
    403,
    status(403, 'admission webhook "deny.policy.example.com" denied the request: no'),
    'invalid',
    'admission_denied',
    undefined,
  ],
  [
    403,
    status(403, 'pods "q1" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0'),
    'invalid',
    'quota_exceeded',
    undefined,
  ],
  [404, status(404, 'namespaces "dev" not found'), 'not_found', 'namespace_missing', undefined],
  [409, status(409, 'object has been modified', { reason: 'Conflict' }), 'conflict', 'cluster_conflict', undefined],
] as const)('an answer of %i becomes an error with its mend (%#)', async (code, body, kind, word, field) => {
  handle = (_request, response) => json(response, code, body);
  const error = await failureOf(cluster.apply(deployment, {}, never));
  expect(error).toMatchObject({ kind, code: word });
  expect(error.message).toContain('Deployment dev/web');
  expect(error.fields[0]?.field).toBe(field);
  if (field !== undefined) expect(error.fields[0]?.mend).not.toBe('');
  expect(error.cause).toMatchObject({ status: code });
  expect(seen).toHaveLength(1);
});

test('a refused Secret never quotes its values', async () => {
  handle = (_request, response) => json(response, 422, status(422, 'data: Invalid value: "hunter2"'));
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web', namespace: 'dev' } };
  const error = await failureOf(cluster.apply(secret, {}, never));
  expect(JSON.stringify([error.message, error.fields, error.cause])).not.toContain('hunter2');
});

test('what passes by itself is tried again', async () => {
  let answers = 0;
  handle = (_request, response) => {
    answers += 1;
    if (answers === 1) return json(response, 503, status(503, 'apiserver is shutting down'));
    if (answers === 2) return void response.destroy();
    json(response, 200, deployment);
  };
  expect(
    await cluster.get({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'dev', name: 'web' }, never),
  ).toEqual(deployment);
  expect(answers).toBe(3);
});

test('what answers in the place of an API server is no answer: tried again, then unavailable', async () => {
  let pages = 1;
  handle = (_request, response) => {
    pages -= 1;
    if (pages >= 0) return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hunter2</html>');
    json(response, 200, deployment);
  };
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'dev', name: 'web' };
  expect(await cluster.get(ref, never)).toEqual(deployment);
  pages = Infinity;
  const error = await failureOf(cluster.apply(deployment, {}, never));
  expect(error).toMatchObject({ kind: 'unavailable', code: 'cluster_unreachable' });
  expect(error.message).not.toContain('hunter2');
});

test('a cluster that is not there is unavailable, and a cancel ends the waiting', async () => {
  const gone = new KubernetesCluster({ server: { url: 'http://127.0.0.1:9' }, embedded: false, retryMs: [50, 50] });
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'dev', name: 'x' };
  const cancel = new AbortController();
  const cancelled = gone.get(ref, cancel.signal);
  cancel.abort(new Error('cancelled'));
  await expect(cancelled).rejects.toThrow('cancelled');
  expect(await failureOf(gone.get(ref, never))).toMatchObject({ kind: 'unavailable', code: 'cluster_unreachable' });
  await gone.close();
});

test('missing objects are undefined, removed ones are gone, unknown kinds are named', async () => {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'dev', name: 'web' };
  expect(await cluster.get(ref, never)).toBeUndefined();
  await cluster.remove(ref, never);
  expect(seen.at(-1)?.url.searchParams.get('propagationPolicy')).toBe('Background');
  expect(await cluster.logs({ namespace: 'dev', name: 'p', container: 'c', tailLines: 5 }, never)).toBeUndefined();
  const error = await failureOf(cluster.get({ ...ref, kind: 'Deploymnet' }, never));
  expect(error.message).toContain('Deploymnet');
});

test('a list carries kind and apiVersion, and sends its labels', async () => {
  handle = (_request, response) => json(response, 200, { items: [{ metadata: { name: 'a' } }] });
  expect(await cluster.list({ apiVersion: 'v1', kind: 'Pod' }, 'dev', { app: 'web', tier: 'x' }, never)).toEqual([
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
  ]);
  expect(seen[0]?.url.searchParams.get('labelSelector')).toBe('app=web,tier=x');
});

test('a kubeconfig brings address, path and token', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollout-kubeconfig-'));
  const file = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: `${url()}/behind/gateway` } }],
    users: [{ name: 'u', user: { token: 'tok' } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  };
  await writeFile(file, JSON.stringify(config));
  handle = (request, response) => {
    if (request.url?.endsWith('/api/v1') === true) return json(response, 200, DISCOVERY['/api/v1']);
    json(response, 200, { items: [] });
  };
  const real = new KubernetesCluster({ server: { kubeconfig: file }, embedded: false });
  expect(await real.list({ apiVersion: 'v1', kind: 'Pod' }, 'dev', {}, never)).toEqual([]);
  expect(seen.at(-1)?.url.pathname).toBe('/behind/gateway/api/v1/namespaces/dev/pods');
  expect(seen.at(-1)?.headers.authorization).toBe('Bearer tok');
  await real.close();
  await rm(folder, { recursive: true });
});

test('a kubeconfig that is not there is a sentence, not a crash', async () => {
  const none = new KubernetesCluster({ server: { kubeconfig: '/nowhere/config' }, embedded: false });
  const error = await failureOf(none.list({ apiVersion: 'v1', kind: 'Pod' }, 'dev', {}, never));
  expect(error.message).toContain('/nowhere/config');
});

test('a watch goes on after 410, a broken line and silence, and tells every change once', async () => {
  const pod = (name: string, version: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, resourceVersion: version },
  });
  // What each list says, and what each watch after it does.
  const lists = [
    [pod('a', '1'), pod('b', '1')],
    [pod('a', '3'), pod('c', '1')],
    [pod('a', '3'), pod('c', '2')],
  ];
  let listed = 0;
  let watched = 0;
  handle = (request, response) => {
    if (request.url?.includes('watch=true') !== true) {
      const items = lists[Math.min(listed, lists.length - 1)];
      listed += 1;
      return json(response, 200, { metadata: { resourceVersion: String(listed * 10) }, items });
    }
    watched += 1;
    response.writeHead(200);
    if (watched === 1) {
      const text = JSON.stringify({ type: 'MODIFIED', object: pod('a', '2') });
      response.write(text.slice(0, 20)); // a line in two pieces
      response.write(`${text.slice(20)}\n`);
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } })}\n`);
    } else if (watched === 2) {
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: pod('', '25') })}\n`, () => response.destroy());
    } // the third says nothing, and is given up after `relistMs`
  };
  const changes: string[] = [];
  const troubles: (string | undefined)[] = [];
  const stop = new AbortController();
  const done = cluster.watch(
    [{ apiVersion: 'v1', kind: 'Pod' }],
    'dev',
    ({ type, object }: ClusterChange) => {
      changes.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion ?? ''}`);
    },
    stop.signal,
    (error) => troubles.push(error?.code),
  );
  await expect.poll(() => listed, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
  stop.abort();
  await done;
  expect(changes).toEqual([
    'ADDED a 1',
    'ADDED b 1',
    'MODIFIED a 2',
    'MODIFIED a 3',
    'ADDED c 1',
    'DELETED b 1',
    'MODIFIED c 2',
  ]);
  expect(troubles).toEqual(['cluster_unreachable', undefined]);
});

test('many followers share one watch; who comes late gets what is there, and the last one ends it', async () => {
  let lists = 0;
  const open = new Set<ServerResponse>();
  const line = (type: string, name: string, resourceVersion: string): string =>
    `${JSON.stringify({ type, object: { apiVersion: 'v1', kind: 'Pod', metadata: { name, uid: name, resourceVersion } } })}\n`;
  handle = (request, response) => {
    if (request.url?.includes('watch=true') !== true) {
      lists += 1;
      return json(response, 200, {
        metadata: { resourceVersion: '1' },
        items: [{ metadata: { name: 'a', uid: 'a', resourceVersion: '1' } }],
      });
    }
    open.add(response.on('close', () => open.delete(response)));
    response.writeHead(200).write(line('ADDED', 'b', '2'));
  };
  const patient = new KubernetesCluster({ server: { url: url() }, embedded: false });
  const kinds = [{ apiVersion: 'v1', kind: 'Pod' }];
  const follow = (): { seen: string[]; stop: () => Promise<void> } => {
    const names: string[] = [];
    const stop = new AbortController();
    const done = patient.watch(
      kinds,
      'dev',
      ({ type, object }) => names.push(`${type} ${object.metadata.name}`),
      stop.signal,
    );
    return { seen: names, stop: () => (stop.abort(), done) };
  };
  const one = follow();
  await expect.poll(() => one.seen).toEqual(['ADDED a', 'ADDED b']);
  const two = follow();
  await expect.poll(() => two.seen).toEqual(['ADDED a', 'ADDED b']);
  expect([lists, open.size]).toEqual([1, 1]);
  await one.stop();
  for (const response of open) response.write(line('MODIFIED', 'b', '3'));
  await expect.poll(() => two.seen.at(-1)).toBe('MODIFIED b');
  expect(one.seen).toHaveLength(2);
  await two.stop();
  await expect.poll(() => open.size).toBe(0);
  const three = follow();
  await expect.poll(() => three.seen.length).toBe(2);
  expect(lists).toBe(2);
  await three.stop();
  await patient.close();
});

test('a watch that is forbidden rejects', async () => {
  handle = (_request, response) => json(response, 403, status(403, 'pods is forbidden'));
  const kinds = [{ apiVersion: 'v1', kind: 'Pod' }];
  const error = await failureOf(cluster.watch(kinds, 'dev', () => undefined, never));
  expect(error.code).toBe('cluster_forbidden');
});

test.each([
  ['ClusterIP', {}, null],
  ['LoadBalancer', {}, undefined],
  ['LoadBalancer', { loadBalancer: { ingress: [{ hostname: 'lb.example.com' }] } }, 'http://lb.example.com'],
  ['NodePort', {}, 'http://192.0.2.7:30080'],
] as const)('the address of a %s Service (%#)', async (type, serviceStatus, expected) => {
  handle = (request, response) => {
    if (request.url?.includes('/services/'))
      return json(response, 200, {
        spec: { type, ports: [{ port: 80, nodePort: 30080 }] },
        status: serviceStatus,
        metadata: {},
      });
    if (request.url?.includes('/nodes'))
      return json(response, 200, {
        items: [
          {
            status: {
              conditions: [{ type: 'Ready', status: 'False' }],
              addresses: [{ type: 'ExternalIP', address: '192.0.2.1' }],
            },
          },
          {
            status: {
              conditions: [{ type: 'Ready', status: 'True' }],
              addresses: [{ type: 'InternalIP', address: '192.0.2.7' }],
            },
          },
        ],
      });
    json(response, 200, { items: [] });
  };
  expect(await cluster.serviceUrl({ namespace: 'dev', name: 'web' }, never)).toBe(expected);
});

test('a route wins over the Service type; the embedded cluster answers on its own address', async () => {
  let address = false;
  handle = (request, response) => {
    if (request.url?.includes('/services/'))
      return json(response, 200, {
        metadata: { annotations: { 'local-cluster/url': 'http://127.0.0.1:41000' } },
        spec: { ports: [{ port: 80 }] },
      });
    const paths = [{ path: '/shop', backend: { service: { name: 'web' } } }];
    json(response, 200, {
      items: [
        {
          spec: { rules: [{ host: 'shop.test', http: { paths } }] },
          status: { loadBalancer: { ingress: address ? [{ ip: '192.0.2.9' }] : [] } },
        },
      ],
    });
  };
  const ref = { namespace: 'dev', name: 'web' };
  expect(await cluster.serviceUrl(ref, never)).toBeUndefined();
  address = true;
  expect(await cluster.serviceUrl(ref, never)).toBe('http://shop.test/shop');
  const embedded = new KubernetesCluster({ server: { url: url() }, embedded: true });
  expect(await embedded.serviceUrl(ref, never)).toBe('http://127.0.0.1:41000');
  await embedded.close();
});

test('a node port that another program of the machine has is told with the port and the mend', async () => {
  handle = (_request, response) =>
    json(response, 200, {
      metadata: {},
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30778 }] },
      status: { conditions: [{ type: 'PortOpen', status: 'False', message: 'EADDRINUSE' }] },
    });
  const embedded = new KubernetesCluster({ server: { url: url() }, embedded: true });
  await expect(embedded.serviceUrl({ namespace: 'dev', name: 'web' }, never)).rejects.toMatchObject({
    kind: 'invalid',
    code: 'node_port_taken',
    message: expect.stringContaining('30778') as string,
    fields: [{ field: 'workload.node_port' }],
  });
  await embedded.close();
});

test('the service proxy gives back whatever the application answers, cut to a bearable size', async () => {
  handle = (_request, response) => {
    response.writeHead(503).end('x'.repeat(200_000));
  };
  const answer = await cluster.proxyGet({ namespace: 'dev', name: 'web', port: 80 }, '/a?b=c', never);
  expect(answer.status).toBe(503);
  expect(answer.body).toHaveLength(65_536);
  expect(seen[0]?.url.pathname + (seen[0]?.url.search ?? '')).toBe(
    '/api/v1/namespaces/dev/services/web:80/proxy/a?b=c',
  );
});

test('rights: one question for all rules, and one more for each that they do not hold', async () => {
  const rules = [
    { verbs: ['*'], apiGroups: [''], resources: ['services'] },
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
    { verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['other'] },
  ];
  handle = (request, response, body) => {
    const { spec } = JSON.parse(body) as { spec: { resourceAttributes?: { verb: string } } };
    if (request.url?.endsWith('/selfsubjectrulesreviews') === true)
      return json(response, 201, { status: { resourceRules: rules, incomplete: true } });
    // Allowed by something that cannot be listed.
    json(response, 201, { status: { allowed: spec.resourceAttributes?.verb === 'watch' } });
  };
  const right = (verb: string, resource: string, group = '') => ({ verb, group, resource });
  const asked = [right('create', 'services'), right('list', 'pods'), right('watch', 'pods')];
  const not = [right('patch', 'deployments', 'apps'), right('get', 'pods/log')];
  expect(await cluster.missingRights([...asked, ...not], 'dev', never)).toEqual(not);
  expect(seen.map(({ method, url: at }) => `${method} ${at.pathname.split('/').at(-1) ?? ''}`)).toEqual([
    'POST selfsubjectrulesreviews',
    ...Array.from({ length: 3 }, () => 'POST selfsubjectaccessreviews'),
  ]);
  expect(JSON.parse(seen.at(-1)?.body ?? '')).toMatchObject({
    spec: { resourceAttributes: { namespace: 'dev', verb: 'get', group: '', resource: 'pods', subresource: 'log' } },
  });
});
