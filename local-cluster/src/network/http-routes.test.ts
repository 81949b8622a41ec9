import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { HTTP_ROUTES } from '../controllers/gateway-controller.js';
import type { GatewayObject, HttpRoute, HttpRouteRule } from '../resources/types.js';
import { nodeServer, testRegistry } from '../testing/image-registry.js';
import { eventually, processRuntimes, runningCluster, webDeployment, webService } from '../testing/running-cluster.js';
import { backendFor, headerChanges, ruleFor, type HttpRequest } from './http-routes.js';

const route = (name: string, rules: HttpRouteRule[], hostnames?: string[]): HttpRoute => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name, namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { parentRefs: [{ name: 'public' }], ...(hostnames === undefined ? {} : { hostnames }), rules },
});
const to = (name: string, matches?: HttpRouteRule['matches']): HttpRouteRule => ({
  ...(matches === undefined ? {} : { matches }),
  backendRefs: [{ name, port: 80 }],
});
const asked = (url: string, extra: Partial<HttpRequest> = {}): HttpRequest => {
  const { hostname, pathname, searchParams } = new URL(url);
  return { host: hostname, path: pathname, query: searchParams, method: 'GET', headers: {}, ...extra };
};
const backend = (routes: readonly HttpRoute[], wanted: HttpRequest): string | undefined =>
  ruleFor(routes, wanted)?.rule.backendRefs?.[0]?.name;

test('the most specific match answers: host, exact path, longest prefix, method, headers, query', () => {
  const routes = [
    route('any', [to('any')]),
    route('wild', [to('wild')], ['*.shop.test']),
    route(
      'shop',
      [
        to('root', [{ path: { type: 'PathPrefix', value: '/' } }]),
        to('api', [{ path: { type: 'PathPrefix', value: '/api' } }]),
        to('exact', [{ path: { type: 'Exact', value: '/api' } }]),
        to('post', [{ path: { type: 'PathPrefix', value: '/api' }, method: 'POST' }]),
        to('canary', [{ path: { type: 'PathPrefix', value: '/api' }, headers: [{ name: 'X-Canary', value: 'yes' }] }]),
        to('beta', [{ queryParams: [{ name: 'beta', value: '1' }] }]),
      ],
      ['web.shop.test'],
    ),
  ];
  expect(backend(routes, asked('http://other.test/'))).toBe('any');
  expect(backend(routes, asked('http://a.b.shop.test/'))).toBe('wild');
  expect(backend(routes, asked('http://shop.test/'))).toBe('any');
  expect(backend(routes, asked('http://web.shop.test/apis'))).toBe('root');
  expect(backend(routes, asked('http://web.shop.test/api'))).toBe('exact');
  expect(backend(routes, asked('http://web.shop.test/api/v1'))).toBe('api');
  expect(backend(routes, asked('http://web.shop.test/api/v1', { method: 'POST' }))).toBe('post');
  expect(backend(routes, asked('http://web.shop.test/api/v1', { headers: { 'x-canary': 'yes' } }))).toBe('canary');
  expect(backend(routes, asked('http://web.shop.test/?beta=1'))).toBe('beta');
});

test('backends are drawn by weight, and one without weight never', () => {
  const rule: HttpRouteRule = {
    backendRefs: [
      { name: 'stable', weight: 9 },
      { name: 'off', weight: 0 },
      { name: 'canary', weight: 1 },
    ],
  };
  expect([0, 0.5, 0.899, 0.9, 0.999].map((draw) => backendFor(rule, draw)?.name)).toEqual([
    'stable',
    'stable',
    'stable',
    'canary',
    'canary',
  ]);
  expect(backendFor({ backendRefs: [{ name: 'off', weight: 0 }] }, 0)).toBeUndefined();
});

test('headers are set, added and removed', () => {
  const rule: HttpRouteRule = {
    filters: [
      {
        type: 'RequestHeaderModifier',
        requestHeaderModifier: {
          set: [{ name: 'X-Env', value: 'live' }],
          add: [{ name: 'Via', value: 'gateway' }],
          remove: ['Cookie'],
        },
      },
    ],
  };
  expect(headerChanges(rule, { via: 'proxy', cookie: 'a=b' })).toEqual({
    'x-env': 'live',
    via: 'proxy, gateway',
    cookie: undefined,
  });
});

test('a route of a Gateway is really answered by its weights and headers, and says how it stands', async () => {
  const registry = await testRegistry();
  const { client, plane } = await runningCluster(processRuntimes);
  for (const version of ['v1', 'v2']) {
    const image = await registry.add('shop/web', version, nodeServer(version));
    const named = { name: `web-${version}`, namespace: 'default' };
    const labels = { app: `web-${version}` };
    const { spec } = webDeployment({ image, replicas: 1 });
    const template = spec?.['template'] as { metadata: Record<string, unknown> };
    template.metadata['labels'] = labels;
    client.create('apps/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: named,
      spec: { ...spec, selector: { matchLabels: labels } },
    });
    client.create('core/services', { ...webService({ selector: labels }), metadata: named });
  }
  client.create<GatewayObject>('gateway.networking.k8s.io/gateways', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'public', namespace: 'default' },
    spec: { gatewayClassName: 'local-cluster', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
  });
  const backends = (first: number, second: number): HttpRouteRule['backendRefs'] => [
    { name: 'web-v1', port: 80, weight: first },
    { name: 'web-v2', port: 80, weight: second },
  ];
  client.create<HttpRoute>(
    HTTP_ROUTES,
    route(
      'web',
      [
        { matches: [{ headers: [{ name: 'x-canary', value: 'always' }] }], backendRefs: backends(0, 1) ?? [] },
        { backendRefs: backends(1, 0) ?? [] },
      ],
      ['web.test'],
    ),
  );
  const get = (headers: Record<string, string> = {}): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      request({ port: plane.gatewayPort, host: '127.0.0.1', headers: { host: 'web.test', ...headers } }, (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
      })
        .on('error', reject)
        .end();
    });
  await eventually(
    'both versions answer',
    async () => (await get()).status === 200 && (await get({ 'x-canary': 'always' })).status === 200,
  );
  expect((await get()).body).toBe('v1');
  expect((await get({ 'x-canary': 'always' })).body).toBe('v2');

  const conditions = (): string[] =>
    (client.get<HttpRoute>(HTTP_ROUTES, 'default', 'web')?.status?.parents ?? []).flatMap(({ conditions: said }) =>
      said.map(({ type, status, reason }) => `${type}=${status} ${reason ?? ''}`),
    );
  expect(conditions()).toEqual(['Accepted=True Accepted', 'ResolvedRefs=True ResolvedRefs']);
  const gateway = client.get<GatewayObject>('gateway.networking.k8s.io/gateways', 'default', 'public');
  expect(gateway?.status).toMatchObject({
    addresses: [{ value: '127.0.0.1' }],
    listeners: [{ name: 'http', attachedRoutes: 1 }],
  });
  expect(gateway?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Programmed', status: 'True' }));

  client.update<HttpRoute>(HTTP_ROUTES, 'default', 'web', (fresh) => {
    fresh.spec = { ...fresh.spec, rules: [{ backendRefs: backends(1, 1) ?? [] }] };
    return fresh;
  });
  const seen = new Set<string>();
  await eventually('both share the requests', async () => {
    seen.add((await get()).body);
    return seen.size === 2;
  });
  client.delete('core/services', 'default', 'web-v2');
  await eventually('the missing Service is named', () => conditions().includes('ResolvedRefs=False BackendNotFound'));
});
