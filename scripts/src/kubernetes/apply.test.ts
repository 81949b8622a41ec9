/** Every object of every overlay is taken by an API server: server-side apply with strict fields, then once more unchanged. */
import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startLocalCluster, type LocalCluster } from '@aws-deployer/local-cluster/cluster';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasKubectl, idOf, render, renderWith, root, type KubeDocument } from './testing/rendered.js';

const run = promisify(execFile);
/** Kinds that operators bring: no server is here to take them, so their group, kind and name are looked at instead. */
const BROUGHT: Readonly<Record<string, string>> = {
  ExternalSecret: 'external-secrets.io/v1',
  Gateway: 'gateway.networking.k8s.io/v1',
  HTTPRoute: 'gateway.networking.k8s.io/v1',
  ClientSettingsPolicy: 'gateway.nginx.org/v1alpha1',
  ProxySettingsPolicy: 'gateway.nginx.org/v1alpha1',
  ServiceMonitor: 'monitoring.coreos.com/v1',
  PodMonitor: 'monitoring.coreos.com/v1',
  PrometheusRule: 'monitoring.coreos.com/v1',
};
const DNS_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

let dataDir: string;
let cluster: LocalCluster;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'aws-deployer-apply-'));
  cluster = await startLocalCluster({ dataDir, port: 0, gatewayPort: 0, runtimes: 'simulated', log: silentLogger });
});
afterAll(async () => {
  await cluster.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
});

async function kubectl(...words: string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: dataDir, KUBECONFIG: '/dev/null' };
  const { stdout, stderr } = await run('kubectl', ['--server', cluster.url, ...words], { env, maxBuffer: 1 << 26 });
  if (stderr.trim() !== '') throw new Error(stderr);
  return stdout;
}

async function apply(objects: readonly KubeDocument[], name: string): Promise<string[]> {
  const file = join(dataDir, `${name}.yaml`);
  await writeFile(file, objects.map((object) => `---\n${JSON.stringify(object)}\n`).join(''));
  const said = await kubectl('apply', '--server-side', '--validate=strict', '-f', file);
  return said.trim().split('\n');
}

interface Secret {
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
}
/** `secret/key` of every reference that is not optional, wherever it stands. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as Record<string, unknown>).flatMap(([field, inner]) => {
    if (field !== 'secretKeyRef') return references(inner);
    const { name, key, optional } = inner as { name: string; key: string; optional?: boolean };
    return optional === true ? [] : [`${name}/${key}`];
  });
}

const known = ({ kind }: KubeDocument): boolean => BROUGHT[kind] === undefined;
const namespaceOf = (name: string): KubeDocument => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

describe.skipIf(!hasKubectl)('kubectl apply --server-side', () => {
  test.each(['dev', 'staging', 'production'])('takes the overlay %s', { timeout: 120_000 }, async (overlay) => {
    const objects = render(`k8s/overlays/${overlay}`);
    expect(objects.length).toBeGreaterThan(60);
    expect(new Set(objects.map(idOf)).size, 'no two objects of one name').toBe(objects.length);
    const applied = await apply(objects.filter(known), overlay);
    expect(applied).toHaveLength(objects.filter(known).length);
    expect(applied.filter((line) => !line.endsWith(' serverside-applied'))).toEqual([]);
  });

  test('finds nothing to change the second time', { timeout: 120_000 }, async () => {
    const generations = () =>
      kubectl(
        ...['get', 'deployments,networkpolicies,ingresses', '-n', 'again'],
        ...['-o', 'jsonpath={.items[*].metadata.generation}'],
      );
    // Without the autoscalers: they change the Deployments in their own time.
    const changed = ['Deployment', 'NetworkPolicy', 'Ingress'];
    const workloads = [namespaceOf('again'), ...renderWith([], 'again').filter(({ kind }) => changed.includes(kind))];
    await apply(workloads, 'again');
    const before = await generations();
    expect(before).toMatch(/^1( 1){20}/);
    await apply(workloads, 'again');
    expect(await generations()).toBe(before);
  });

  test(
    'make-secrets.sh makes every Secret that is referred to, and keeps what is there',
    { timeout: 120_000 },
    async () => {
      const namespace = 'secrets';
      await apply([namespaceOf(namespace)], namespace);
      const script = async (...words: string[]): Promise<string> => {
        const env = { PATH: process.env['PATH'], HOME: dataDir, KUBECONFIG: '/dev/null' };
        const at = ['--server', cluster.url];
        return (await run(join(root, 'k8s/make-secrets.sh'), [namespace, ...words, ...at], { env })).stdout;
      };
      expect(await script('--dry-run')).toMatch(/^secret service-tokens: would be made\n/);
      await script();
      const secrets = async () =>
        (JSON.parse(await kubectl('get', 'secrets', '-n', namespace, '-o', 'json')) as { items: Secret[] }).items;
      const made = await secrets();
      const keys = new Set(
        made.flatMap(({ metadata, data }) => Object.keys(data).map((key) => `${metadata.name}/${key}`)),
      );
      const rendered = render('k8s/overlays/production');
      const wanted = new Set(references(rendered));
      expect(wanted.size).toBeGreaterThan(15);
      expect([...wanted].filter((reference) => !keys.has(reference))).toEqual([]);
      expect(made.flatMap(({ data }) => Object.values(data)).filter((value) => value === '')).toEqual([]);
      // The ingress can show a certificate before cert-manager has one.
      const [host] = rendered.filter(({ metadata }) => metadata.name === 'host');
      const { secretName } = (host as unknown as { spec: { tls: { secretName: string }[] } }).spec.tls[0] ?? {};
      const tls = made.find(({ metadata }) => metadata.name === secretName);
      const [certificate, key] = ['tls.crt', 'tls.key'].map((name) => Buffer.from(tls?.data[name] ?? '', 'base64'));
      expect(new X509Certificate(certificate ?? '').checkPrivateKey(createPrivateKey(key ?? ''))).toBe(true);
      expect(await script()).not.toContain('made');
      expect((await secrets()).map(({ data }) => data)).toEqual(made.map(({ data }) => data));
    },
  );

  test('takes what every component makes or changes, each one alone', { timeout: 240_000 }, async () => {
    for (const components of COMPONENTS) {
      const namespace = components.join('-');
      const base = new Set(renderWith([], namespace).map((object) => JSON.stringify(object)));
      const objects = renderWith(components, namespace).filter((object) => !base.has(JSON.stringify(object)));
      const applied = objects.filter(known);
      expect(objects, components.join()).not.toEqual([]);
      expect(await apply([namespaceOf(namespace), ...applied], namespace), components.join()).toHaveLength(
        applied.length + 1,
      );
      for (const object of objects.filter((one) => !known(one))) {
        expect(object.apiVersion, idOf(object)).toBe(BROUGHT[object.kind]);
        expect(object.metadata.name).toMatch(DNS_NAME);
        expect(object['spec'], idOf(object)).toBeTypeOf('object');
      }
    }
    const engine = render('k8s/components/remote-builder/engine');
    expect(await apply(engine, 'engine')).toHaveLength(engine.length);
  });
});

/** `edge` and `pod-standard` are parts of the base itself. */
const COMPONENTS: readonly (readonly string[])[] = [
  ['external-secrets'],
  ['f5-external-auth'],
  ['infra', 'gateway'],
  ['mysql-replica'],
  ['remote-builder'],
  ['tracing'],
];
