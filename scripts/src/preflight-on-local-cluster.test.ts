/** The preflight against the real local-cluster over HTTP: what its API server says of dry runs, and how long it all takes. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { KubernetesCluster } from '@aws-deployer/deployer/adapters/kubernetes/kubernetes-cluster';
import { applicationLabels } from '@aws-deployer/deployer/deployments/manifests/identity';
import { buildManifestSet } from '@aws-deployer/deployer/deployments/manifests/manifest-set';
import { rollOut } from '@aws-deployer/deployer/deployments/rollout';
import type { Manifest } from '@aws-deployer/deployer/ports/cluster';
import { runPreflight } from '@aws-deployer/deployer/preflight/preflight';
import { startLocalCluster } from '@aws-deployer/local-cluster/cluster';
import { Workload } from '@aws-deployer/platform/contracts/deployments';
import { silentLogger } from '@aws-deployer/platform/observability/logger';

const never = new AbortController().signal;
const DIGEST = `sha256:${'5'.repeat(64)}`;
let dataDir: string;
let local: Awaited<ReturnType<typeof startLocalCluster>>;
let cluster: KubernetesCluster;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'preflight-local-cluster-'));
  local = await startLocalCluster({ dataDir, port: 0, gatewayPort: 0, runtimes: 'simulated', log: silentLogger });
  cluster = new KubernetesCluster({ server: { url: local.url }, embedded: true });
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev' } }, {}, never);
});
afterAll(async () => {
  await cluster.close();
  await local.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
});

const release = (application: string, workload: object = {}, namespace = 'dev', nonRoot = false): readonly Manifest[] =>
  buildManifestSet({
    application,
    environment: 'development',
    namespace,
    releaseId: randomUUID(),
    deploymentId: randomUUID(),
    workload: Workload.parse(workload),
    image: '127.0.0.1:5001/web:v1',
    imageDigest: DIGEST,
    nonRoot,
    containerPort: 8080,
    secretKeys: [],
    pullSecret: false,
    drainSeconds: 0,
    deadlineSeconds: 120,
  }).manifests;
const changed = (
  manifests: readonly Manifest[],
  change: (pod: Record<string, unknown>) => void,
): readonly Manifest[] => {
  const copy = structuredClone(manifests) as Manifest[];
  for (const one of copy) {
    const { template } = (one['spec'] ?? {}) as { template?: { spec: Record<string, unknown> } };
    if (template !== undefined) change(template.spec);
  }
  return copy;
};
const ask = async (
  application: string,
  manifests: readonly Manifest[],
  { namespace = 'dev', consent = { recreate: false, adopt: false }, as = cluster } = {},
) => {
  const began = performance.now();
  const answer = await runPreflight(
    {
      cluster: as,
      manifests,
      namespace,
      owner: applicationLabels({ application, environment: 'development' }),
      consent,
      place: { embedded: true, runsContainers: true },
      images: Promise.resolve([]),
      now: new Date(),
    },
    AbortSignal.timeout(1_800),
    never,
  );
  const told = answer.checks.filter(({ state }) => state !== 'ok').map(({ state, code }) => `${state} ${code}`);
  return { ...answer, told, ms: performance.now() - began };
};
const bring = (manifests: readonly Manifest[], more: object = {}) =>
  rollOut(
    {
      cluster,
      manifests,
      secrets: [],
      imageDigest: DIGEST,
      deadlineMs: 20_000,
      onPods: () => undefined,
      onVerdict: () => undefined,
      onProgress: () => undefined,
      ...more,
    },
    never,
  );

test('a good release has nothing against it, is told whole, and in far less than two seconds', async () => {
  const manifests = release('good', {
    replicas: 2,
    resources: { requests: { memory: '16Mi' } },
    route: { host: 'good.localhost' },
  });
  const { told, objects, ms } = await ask('good', manifests);
  expect(told).toEqual([]);
  expect(objects?.map(({ kind, change }) => `${kind} ${change}`)).toEqual([
    'Service created',
    'Deployment created',
    'Ingress created',
  ]);
  expect(ms).toBeLessThan(1_800);
  console.log(`preflight on local-cluster: ${Math.round(ms)} ms`);
});

test('a second release shows what it changes and none of the server’s defaults', async () => {
  expect((await bring(release('twice', { env: { LEVEL: 'info' } }))).kind).toBe('complete');
  const { told, objects } = await ask('twice', release('twice', { env: { LEVEL: 'debug' }, replicas: 2 }));
  expect(told).toEqual([]);
  expect(objects?.map(({ kind, change, fields }) => [kind, change, fields.map(({ path }) => path)])).toEqual([
    ['Service', 'unchanged', []],
    ['Deployment', 'changed', ['spec.replicas', 'spec.template.spec.containers[web].env[LEVEL].value']],
  ]);
});

test('a field that the server does not know is found, in a namespace that is there and in one that is yet to be made', async () => {
  const typo = (manifests: readonly Manifest[]) => changed(manifests, (pod) => (pod['restartPolicie'] = 'Always'));
  expect((await ask('typo', typo(release('typo')))).told).toContain('fail invalid_spec');
  const fresh = await ask('typo', typo(release('typo', {}, 'fresh')), { namespace: 'fresh' });
  expect(fresh.told).toContain('fail invalid_spec');
  expect(
    await cluster.get({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: 'fresh' }, never),
  ).toBeUndefined();
  expect((await ask('right', release('right', {}, 'fresh'), { namespace: 'fresh' })).told).toEqual([]);
});

test('a node port in use is found before', async () => {
  const port = { service_type: 'NodePort', node_port: 32_124 };
  expect((await bring(release('holder', port))).kind).toBe('complete');
  expect((await ask('wanter', release('wanter', port))).told).toContain('fail node_port_taken');
  const elsewhere = await ask('wanter', release('wanter', port, 'fresh'), { namespace: 'fresh' });
  expect(elsewhere.told).toContain('fail node_port_taken');
});

test('a selector that cannot be changed: refused, and with consent made anew', async () => {
  expect((await bring(release('anew'))).kind).toBe('complete');
  const other = structuredClone(release('anew')) as (Manifest & {
    spec: { selector: object; template: { metadata: { labels: object } } };
  })[];
  for (const one of other)
    if (one.kind === 'Deployment') {
      Object.assign((one.spec.selector as { matchLabels: object }).matchLabels, { generation: 'two' });
      Object.assign(one.spec.template.metadata.labels, { generation: 'two' });
    }
  const refused = await ask('anew', other);
  expect(refused.told).toContain('fail immutable_selector');
  expect(refused.checks.find(({ state }) => state === 'fail')?.mend).toContain('recreate: true');
  expect(await bring(other)).toMatchObject({ kind: 'doomed', verdict: { code: 'immutable_selector' } });

  const agreed = await ask('anew', other, { consent: { recreate: true, adopt: false } });
  expect(agreed.told).toEqual(['warn immutable_selector']);
  expect(agreed.objects?.find(({ kind }) => kind === 'Deployment')?.change).toBe('recreated');
  expect((await bring(other, { recreate: true })).kind).toBe('complete');
});

test('what others made is told with who manages it; with consent it becomes ours as a whole, theirs do not stay beside', async () => {
  const labels = { app: 'theirs' };
  const theirs: Manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'theirs', namespace: 'dev', labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: '127.0.0.1:5001/web:v1' }] } },
    },
  };
  await cluster.apply(theirs, {}, never);
  expect((await ask('theirs', release('theirs'))).told).toContain('fail name_collision');
  const kept: Manifest[] = [];
  const outcome = await bring(release('theirs'), {
    recreate: true,
    adopt: async (objects: readonly Manifest[]) => void kept.push(...objects),
  });
  expect(outcome.kind).toBe('complete');
  expect(kept).toMatchObject([{ kind: 'Deployment', metadata: { name: 'theirs', labels } }]);
  const ours = await cluster.get(
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'dev', name: 'theirs' },
    never,
  );
  const { template } = ours?.['spec'] as { template: { spec: { containers: { name: string }[] } } };
  expect(template.spec.containers.map(({ name }) => name)).toEqual(['web']);
});

test('quota, limit range, references and room are told from the objects', async () => {
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tight' } }, {}, never);
  const put = (kind: string, name: string, fields: object) =>
    cluster.apply({ apiVersion: 'v1', kind, metadata: { name, namespace: 'tight' }, ...fields }, {}, never);
  await put('ResourceQuota', 'team', { spec: { hard: { 'requests.memory': '64Mi' } } });
  await put('LimitRange', 'team', { spec: { limits: [{ type: 'Container', max: { memory: '96Mi' } }] } });
  const resources = { requests: { memory: '96Mi' }, limits: { memory: '128Mi' } };
  const manifests = changed(release('big', { resources }, 'tight'), (pod) => {
    pod['volumes'] = [{ name: 'tls', secret: { secretName: 'tls' } }];
    pod['serviceAccountName'] = 'robot';
    pod['nodeSelector'] = { disk: 'ssd' };
  });
  const { told } = await ask('big', manifests, { namespace: 'tight' });
  expect(told).toEqual(
    expect.arrayContaining([
      'fail quota_exceeded',
      'fail limit_range_violation',
      'fail missing_secret_volume',
      'fail missing_service_account',
      'fail unschedulable_affinity',
    ]),
  );
});

/** The platform as the service account that its own manifests make, less the verbs of `without`. */
async function asServiceAccount(name: string, without: (resource: string, verb: string) => boolean) {
  const text = await readFile(join(import.meta.dirname, '../../k8s/base/deployer/rbac.yaml'), 'utf8');
  const role = parseAllDocuments(text)[0]?.toJS() as Manifest & {
    rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
  };
  const rules = role.rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.map((resource) => ({
      apiGroups,
      resources: [resource],
      verbs: verbs.filter((verb) => !without(resource, verb)),
    })),
  );
  const api = 'rbac.authorization.k8s.io/v1';
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  const subjects = [{ kind: 'ServiceAccount', name, namespace: 'dev' }];
  for (const object of [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'dev' } },
    { apiVersion: api, kind: 'ClusterRole', metadata: { name }, rules },
    { apiVersion: api, kind: 'ClusterRoleBinding', metadata: { name }, roleRef, subjects },
  ])
    await cluster.apply(object, {}, never);
  const answer = await fetch(`${local.url}/api/v1/namespaces/dev/serviceaccounts/${name}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }),
  });
  const { token } = ((await answer.json()) as { status: { token: string } }).status;
  const kubeconfig = join(dataDir, `${name}.kubeconfig`);
  const context = { name: 'it', context: { cluster: 'it', user: 'it' } };
  const clusters = [{ name: 'it', cluster: { server: local.url } }];
  const config = { clusters, users: [{ name: 'it', user: { token } }], contexts: [context], 'current-context': 'it' };
  await writeFile(kubeconfig, JSON.stringify(config));
  const as = new KubernetesCluster({ server: { kubeconfig }, embedded: true });
  onTestFinished(() => as.close());
  // Reading a kubeconfig loads the whole client first, which is no part of a preflight.
  await as.get({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: 'dev' }, never);
  return as;
}

test('the platform’s own role gives all that a rollout takes', async () => {
  const as = await asServiceAccount('whole', () => false);
  const manifests = release('allowed', { route: { host: 'allowed.localhost' } });
  expect((await ask('allowed', manifests, { as })).told).toEqual([]);
});

test('a right that its role lacks is named with verb and resource, once', async () => {
  const as = await asServiceAccount(
    'less',
    (resource, verb) =>
      (resource === 'deployments' && verb === 'patch') || (resource === 'endpointslices' && verb === 'watch'),
  );
  const { told, checks, ms } = await ask('denied', release('denied'), { as });
  expect(told.filter((one) => one.startsWith('fail'))).toEqual(['fail cluster_forbidden']);
  expect(checks.find(({ state }) => state === 'fail')?.message).toBe(
    'The platform’s account may not patch deployments.apps, nor watch endpointslices.discovery.k8s.io in the namespace dev.',
  );
  console.log(`preflight as a service account: ${Math.round(ms)} ms`);
});

test('in a namespace that lets nothing run as root the pods of an image with a number are admitted, others are not', async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } }, {}, never);
  const namespace = 'strict';
  expect((await ask('number', release('number', {}, namespace, true), { namespace })).told).toEqual([]);
  expect((await ask('root', release('root', {}, namespace), { namespace })).told).toEqual([
    'fail pod_security_violation',
  ]);
  expect((await bring(release('number', {}, namespace, true))).kind).toBe('complete');
});
