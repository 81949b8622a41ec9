import { expect, test } from 'vitest';
import type { Ingress } from '../resources/types.js';
import { routeFor } from './ingress-routes.js';

const ingress = (
  name: string,
  host: string | undefined,
  paths: [string, 'Prefix' | 'Exact', string][],
  className = 'nginx',
): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'shop' },
  spec: {
    ingressClassName: className,
    rules: [
      {
        ...(host === undefined ? {} : { host }),
        http: {
          paths: paths.map(([path, pathType, service]) => ({
            path,
            pathType,
            backend: { service: { name: service, port: { number: 80 } } },
          })),
        },
      },
    ],
  },
});
const asked = (host: string, path: string, ...ingresses: Ingress[]): string | undefined =>
  routeFor(ingresses, host, path)?.backend.service?.name;

test('the longest prefix wins, element by element, and an exact path before it', () => {
  const shop = ingress('shop', 'shop.localhost', [
    ['/', 'Prefix', 'web'],
    ['/api', 'Prefix', 'api'],
    ['/api/v1', 'Exact', 'old'],
    ['/api/v1', 'Prefix', 'v1'],
  ]);
  expect(asked('shop.localhost', '/', shop)).toBe('web');
  expect(asked('shop.localhost', '/apis', shop)).toBe('web');
  expect(asked('shop.localhost', '/api', shop)).toBe('api');
  expect(asked('shop.localhost', '/api/v1', shop)).toBe('old');
  expect(asked('shop.localhost', '/api/v1/', shop)).toBe('v1');
});

test('an exact host comes before a wildcard, a wildcard stands for one label, a rule without host is last', () => {
  const all = [
    ingress('any', undefined, [['/', 'Prefix', 'any']]),
    ingress('wild', '*.localhost', [['/', 'Prefix', 'wild']]),
    ingress('own', 'a.localhost', [['/', 'Prefix', 'own']]),
  ];
  expect(asked('a.localhost', '/', ...all)).toBe('own');
  expect(asked('b.localhost', '/', ...all)).toBe('wild');
  expect(asked('a.b.localhost', '/', ...all)).toBe('any');
});

test('an Ingress of another class is not answered', () => {
  expect(asked('x', '/', ingress('x', 'x', [['/', 'Prefix', 'x']], 'traefik'))).toBeUndefined();
});
