/** From outside every public path of every service leads to it, nothing internal is reached, and no path leads nowhere. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices } from '@aws-deployer/platform/runtime/run-services';
import type { AnyServiceModule, Service } from '@aws-deployer/platform/runtime/service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadServices } from '../local/services.js';
import { hasKubectl, render, renderWith } from './testing/rendered.js';

const FOLDER: Readonly<Record<string, string>> = {
  auth: 'auth-service',
  codebuild: 'codebuild-service',
  deployer: 'deployer',
  history: 'history-service',
  infra: 'infra-oneclick',
  monitor: 'monitor-service',
};
interface Rule {
  readonly path: string;
  readonly exact: boolean;
  readonly service: string;
}
/** `path` with example parameters. */
interface Known {
  readonly service: string;
  readonly path: string;
  readonly internal: boolean;
}

const rulesOf = (overlay: string): Rule[] =>
  render(`k8s/overlays/${overlay}`)
    .filter(({ kind }) => kind === 'Ingress')
    .flatMap(({ spec }) => (spec as IngressSpec).rules)
    .flatMap(({ http }) => http?.paths ?? [])
    .map(({ path, pathType, backend }) => ({ path, exact: pathType === 'Exact', service: backend.service.name }));
interface IngressSpec {
  readonly rules: readonly {
    readonly host: string;
    readonly http?: {
      readonly paths: readonly {
        readonly path: string;
        readonly pathType: 'Exact' | 'Prefix';
        readonly backend: { readonly service: { readonly name: string } };
      }[];
    };
  }[];
}
interface HttpRouteSpec {
  readonly rules: readonly {
    readonly matches?: readonly { readonly path: { readonly type: string; readonly value: string } }[];
    readonly backendRefs?: readonly { readonly name: string; readonly port: number }[];
  }[];
}
const gatewayRules = (): Rule[] =>
  renderWith(['infra', 'gateway'])
    .filter(({ kind }) => kind === 'HTTPRoute')
    .flatMap(({ spec }) => (spec as HttpRouteSpec).rules)
    .flatMap(({ matches = [], backendRefs = [] }) =>
      matches.map(({ path }) => ({
        path: path.value,
        exact: path.type === 'Exact',
        service: backendRefs[0]?.name ?? 'nothing',
      })),
    );
/** As Kubernetes says it: an exact path first, then the longest prefix by whole elements. */
const leads = (rules: readonly Rule[], path: string): string | undefined =>
  rules
    .filter(
      ({ path: rule, exact }) => rule === path || (!exact && path.startsWith(rule.endsWith('/') ? rule : `${rule}/`)),
    )
    .sort((a, b) => Number(b.exact) - Number(a.exact) || b.path.length - a.path.length)[0]?.service;

const known: Known[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-routes-'));
  const modules = (await loadServices()).map((module): AnyServiceModule => ({
    ...module,
    create: async (config, runtime) => {
      const service: Service = await module.create(config, runtime);
      for (const { path, access } of service.routes)
        known.push({
          service: FOLDER[module.name] ?? module.name,
          path: path.replaceAll(/:\w+/g, 'x'),
          internal: access === 'internal',
        });
      known.push({
        service: FOLDER[module.name] ?? module.name,
        path: `/api/v1/${module.name}/openapi.json`,
        internal: false,
      });
      return { ...service, start: () => Promise.resolve() };
    },
  }));
  const running = await runServices({
    port: 0,
    host: '127.0.0.1',
    allInOne: true,
    log: silentLogger,
    services: modules.map((module) => ({ module, env: { MODE: 'local', DATA_DIR: folder } })),
  });
  await running.stop();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasKubectl)('the Ingress objects', { timeout: 90_000 }, () => {
  test('lead every public path to the service that has it', () => {
    expect(known.length).toBeGreaterThan(80);
    const rules = rulesOf('production');
    const wrong = known
      .filter(({ internal }) => !internal)
      .map(({ path, service }) => ({ path, service, leads: leads(rules, path) }))
      .filter((one) => one.leads !== one.service);
    expect(wrong).toEqual([]);
  });

  test('lead nothing internal to a service', () => {
    const rules = rulesOf('production');
    const hidden = [...known.filter(({ internal }) => internal).map(({ path }) => path), '/metrics', '/internal/v1/x'];
    expect(hidden.length).toBeGreaterThan(5);
    expect(hidden.filter((path) => leads(rules, path) !== 'frontend')).toEqual([]);
  });

  test('name no path that its service does not have, but those of services that come', () => {
    const coming = new Set([
      '/api/v1/webhooks',
      '/api/v1/alerts',
      '/api/v1/alert-rules',
      '/api/v1/notification-channels',
    ]);
    const idle = rulesOf('production').filter(
      ({ path, service }) =>
        service !== 'frontend' &&
        service !== 'infra-oneclick' &&
        !coming.has(path) &&
        !known.some((one) => one.service === service && (one.path === path || one.path.startsWith(`${path}/`))),
    );
    expect(idle).toEqual([]);
  });

  test('and the routes of the Gateway, in their place, lead the same ways', () => {
    const routes = gatewayRules();
    const all = [
      ...known.map(({ path }) => path),
      ...rulesOf('production').map(({ path }) => path),
      '/metrics',
      '/deploy',
    ];
    const rules = rulesOf('production');
    expect(all.filter((path) => leads(routes, path) !== leads(rules, path))).toEqual([]);
    expect(renderWith(['infra', 'gateway']).filter(({ kind }) => kind === 'Ingress')).toEqual([]);
    // NGINX's gateway reads no `timeouts` of a route: what the ingress waits for has to be in its own policy.
    const waits = render('k8s/overlays/production').find(({ metadata }) => metadata.name === 'guarded')?.metadata
      .annotations?.['nginx.org/proxy-read-timeout'];
    expect(waits).toBe('1800s');
    expect(renderWith(['gateway']).find(({ kind }) => kind === 'ProxySettingsPolicy')?.['spec']).toMatchObject({
      buffering: { disable: true },
      timeout: { read: waits },
    });
  });

  test("are one master of the host and minions without what F5's controller allows a master only", () => {
    const ingresses = render('k8s/overlays/production').filter(({ kind }) => kind === 'Ingress');
    const type = (of: string) =>
      ingresses.filter(({ metadata }) => metadata.annotations?.['nginx.org/mergeable-ingress-type'] === of);
    expect(type('master').map(({ metadata }) => metadata.name)).toEqual(['host']);
    expect(
      type('master')
        .flatMap(({ spec }) => (spec as IngressSpec).rules)
        .filter(({ http }) => http),
    ).toEqual([]);
    expect(type('minion')).toHaveLength(ingresses.length - 1);
    const refused =
      /^nginx\.org\/(proxy-hide-headers|proxy-pass-headers|redirect-to-https|ssl-redirect|hsts|server-tokens|server-snippets)/;
    for (const { metadata, spec } of type('minion')) {
      expect(Object.keys(metadata.annotations ?? {}).filter((name) => refused.test(name))).toEqual([]);
      expect(spec).not.toHaveProperty('tls');
    }
    expect(new Set(ingresses.flatMap(({ spec }) => (spec as IngressSpec).rules.map(({ host }) => host))).size).toBe(1);
  });

  test('ask auth-service in their own namespace, all but the open ones and the login', () => {
    const url = 'nginx.ingress.kubernetes.io/auth-url';
    const asked = render('k8s/overlays/staging').filter(({ metadata }) => metadata.annotations?.[url] !== undefined);
    expect(asked.map(({ metadata }) => metadata.name).sort()).toEqual(['guarded', 'infra-oneclick']);
    for (const { metadata } of asked)
      expect(metadata.annotations?.[url]).toBe(
        'http://auth-service.aws-deployer-staging.svc.cluster.local:5002/api/v1/auth/check',
      );
  });
});
