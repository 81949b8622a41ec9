/** Rollouts of the deployer against the real local-cluster, its pods simulated: the API, the controllers and the network are not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubernetesCluster } from '@aws-deployer/deployer/adapters/kubernetes/kubernetes-cluster';
import { clientByProxy, clientByUrl } from '@aws-deployer/deployer/deployments/application-http';
import { buildManifestSet } from '@aws-deployer/deployer/deployments/manifests/manifest-set';
import { secretManifest } from '@aws-deployer/deployer/deployments/manifests/secret-manifests';
import type { ReleaseWorkload } from '@aws-deployer/deployer/deployments/manifests/workload-manifest';
import { startProber } from '@aws-deployer/deployer/deployments/prober';
import { holdRollout, removeRelease, rollOut } from '@aws-deployer/deployer/deployments/rollout';
import type { RolloutOutcome } from '@aws-deployer/deployer/deployments/rollout-watch';
import { runSmokeTests } from '@aws-deployer/deployer/deployments/smoke-tests';
import type { Manifest } from '@aws-deployer/deployer/ports/cluster';
import { startLocalCluster } from '@aws-deployer/local-cluster/cluster';
import { Workload, type PodView, type VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { silentLogger } from '@aws-deployer/platform/observability/logger';

const DIGEST = `sha256:${'5'.repeat(64)}`;
const never = new AbortController().signal;
let dataDir: string;
let local: Awaited<ReturnType<typeof startLocalCluster>>;
let cluster: KubernetesCluster;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'rollout-local-cluster-'));
  local = await startLocalCluster({ dataDir, port: 0, gatewayPort: 0, runtimes: 'simulated', log: silentLogger });
  cluster = new KubernetesCluster({ server: { url: local.url }, embedded: true });
});
afterAll(async () => {
  await cluster.close();
  await local.stop();
  await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
});

interface Release {
  readonly of: ReleaseWorkload;
  readonly manifests: readonly Manifest[];
}
/** What the simulated pods do is told by annotations of their template. */
const release = (
  application: string,
  workload: object = {},
  simulated: Record<string, string> = {},
  more: Partial<ReleaseWorkload> = {},
): Release => {
  const of: ReleaseWorkload = {
    application,
    environment: 'development',
    namespace: 'dev',
    releaseId: randomUUID(),
    deploymentId: randomUUID(),
    workload: Workload.parse(workload),
    image: '127.0.0.1:5001/web:v1',
    imageDigest: DIGEST,
    containerPort: 8080,
    secretKeys: [],
    pullSecret: false,
    drainSeconds: 0,
    deadlineSeconds: 120,
    ...more,
  };
  const annotations = Object.fromEntries(
    Object.entries(simulated).map(([name, value]) => [`simulated.local-cluster/${name}`, value]),
  );
  const manifests = buildManifestSet(of).manifests.map((manifest) => {
    if (manifest.kind !== of.workload.kind) return manifest;
    const copy = structuredClone(manifest) as Manifest & { spec: { template: { metadata: { annotations: object } } } };
    Object.assign(copy.spec.template.metadata.annotations, annotations);
    return copy;
  });
  return { of, manifests };
};
interface Told {
  readonly outcome: RolloutOutcome;
  readonly pods: PodView[][];
  readonly verdicts: (VerdictView | null)[];
}
const bring = async (
  { manifests, of }: Release,
  secrets: readonly Manifest[] = [],
  deadlineMs = 15_000,
): Promise<Told> => {
  const pods: PodView[][] = [];
  const verdicts: (VerdictView | null)[] = [];
  const outcome = await rollOut(
    {
      cluster,
      manifests,
      secrets,
      imageDigest: of.imageDigest,
      deadlineMs,
      onPods: (views) => pods.push(views),
      onVerdict: (verdict) => verdicts.push(verdict),
      onProgress: () => undefined,
    },
    never,
  );
  return { outcome, pods, verdicts };
};
const urlOf = async (name: string): Promise<string> => {
  const url = await cluster.serviceUrl({ namespace: 'dev', name }, never);
  if (typeof url !== 'string') throw new Error(`${name} has no address`);
  return url;
};
const replicasOf = async (kind: string, name: string): Promise<unknown> =>
  (
    (await cluster.get({ apiVersion: 'apps/v1', kind, namespace: 'dev', name }, never))?.['spec'] as
      { replicas?: number } | undefined
  )?.replicas;

test('a release is rolled out, answers, and is replaced without one failed request', async () => {
  const first = await bring(release('shop', { replicas: 2, health: { path: '/health' } }));
  expect(first.outcome).toMatchObject({ kind: 'complete' });
  expect(first.verdicts).toEqual([]);
  expect(first.pods.at(-1)?.filter(({ ready, current }) => ready && current)).toHaveLength(2);
  expect(first.pods.at(-1)?.[0]).toMatchObject({ image_digest: DIGEST, runtime: 'simulated', phase: 'Running' });

  const url = await urlOf('shop');
  const tests = { client: clientByUrl(url), tests: [{ path: '/', expect_body: 'simulated' }], healthPath: undefined };
  const results = await runSmokeTests({ ...tests, timeoutMs: 5_000, onResult: () => undefined }, never);
  expect(results[0]).toMatchObject({ passed: true, status: 200 });
  const proxied = clientByProxy(cluster, { namespace: 'dev', name: 'shop', port: 80 });
  expect(await proxied.get('/', 5_000, never)).toMatchObject({ status: 200 });

  const prober = startProber({ client: clientByUrl(url), path: '/', intervalMs: 10 });
  await expect.poll(() => prober.counts().requests).toBeGreaterThan(3);
  const second = release('shop', { replicas: 2, health: { path: '/health' } });
  expect((await bring(second)).outcome.kind).toBe('complete');
  expect(await urlOf('shop')).toBe(url);
  expect(await prober.stop()).toMatchObject({ failed: 0, longestGapMs: 0 });

  const held = holdRollout(
    {
      cluster,
      manifests: second.manifests,
      imageDigest: DIGEST,
      deadlineMs: 5_000,
      holdMs: 300,
      onPods: () => undefined,
      onVerdict: () => undefined,
      onProgress: () => undefined,
    },
    never,
  );
  expect(await held).toMatchObject({ kind: 'complete' });
});

test('a release that crashes at start is doomed with its exit code and last words, and the way back serves again', async () => {
  const good = release('crash');
  expect((await bring(good)).outcome.kind).toBe('complete');
  const prober = startProber({ client: clientByUrl(await urlOf('crash')), path: '/', intervalMs: 10 });
  const bad = release(
    'crash',
    {},
    { 'ready-after-ms': '600000', 'exit-after-ms': '10', 'exit-code': '3', log: 'fatal: DATABASE_URL is not set' },
  );
  expect((await bring(bad)).outcome).toMatchObject({
    kind: 'doomed',
    verdict: {
      code: 'crash_loop',
      fault: 'release',
      container: 'web',
      evidence: { exit_code: 3, log_lines: ['fatal: DATABASE_URL is not set'] },
    },
  });
  expect((await bring(good)).outcome.kind).toBe('complete');
  expect(await prober.stop()).toMatchObject({ failed: 0 });
});

test('a health path that answers 503 is named with its answer', async () => {
  const bad = release('unready', { health: { path: '/health' } }, { 'ready-after-ms': '600000' });
  const { outcome } = await bring(bad);
  expect(outcome).toMatchObject({ kind: 'doomed', verdict: { code: 'readiness_http_error' } });
  await removeRelease(cluster, bad.of, never);
  expect(
    await cluster.get({ apiVersion: 'v1', kind: 'Service', namespace: 'dev', name: 'unready' }, never),
  ).toBeUndefined();
  await expect
    .poll(
      () => cluster.list({ apiVersion: 'v1', kind: 'Pod' }, 'dev', { 'aws-deployer.io/application': 'unready' }, never),
      { timeout: 10_000 },
    )
    .toEqual([]);
});

test('the kind of the probe and of the Service may change from release to release', async () => {
  const live = async (): Promise<unknown> => {
    const found = await cluster.get(
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'dev', name: 'turns' },
      never,
    );
    const spec = found?.['spec'] as { template: { spec: { containers: { readinessProbe: object }[] } } };
    return Object.keys(spec.template.spec.containers[0]?.readinessProbe ?? {}).filter((key) =>
      /httpGet|tcpSocket/.test(key),
    );
  };
  for (const health of [{ path: '/health' }, undefined, { path: '/other' }]) {
    const workload = { service_type: health ? 'ClusterIP' : 'NodePort', ...(health ? { health } : {}) };
    expect((await bring(release('turns', workload))).outcome).toMatchObject({ kind: 'complete' });
    expect(await live()).toEqual([health ? 'httpGet' : 'tcpSocket']);
  }
});

test('ReplicaSet releases: traffic moves when the new one is ready, the old one goes to zero and comes back', async () => {
  const one = release('sets', { kind: 'ReplicaSet', replicas: 2 });
  const two = release('sets', { kind: 'ReplicaSet', replicas: 2 });
  const nameOf = ({ manifests }: Release): string =>
    manifests.find(({ kind }) => kind === 'ReplicaSet')?.metadata.name ?? '';
  expect((await bring(one)).outcome).toMatchObject({ kind: 'complete' });
  const prober = startProber({ client: clientByUrl(await urlOf('sets')), path: '/', intervalMs: 10 });
  expect((await bring(two)).outcome).toMatchObject({ kind: 'complete' });
  expect(await replicasOf('ReplicaSet', nameOf(one))).toBe(0);
  expect((await bring(one)).outcome).toMatchObject({ kind: 'complete' });
  expect(await replicasOf('ReplicaSet', nameOf(one))).toBe(2);
  expect(await replicasOf('ReplicaSet', nameOf(two))).toBe(0);
  expect(await prober.stop()).toMatchObject({ failed: 0 });
});

test('from one kind to the other and back, the former workload leaves no pod behind', async () => {
  expect((await bring(release('kinds', { replicas: 1 }))).outcome.kind).toBe('complete');
  const set = release('kinds', { kind: 'ReplicaSet' });
  expect((await bring(set)).outcome.kind).toBe('complete');
  expect(await replicasOf('Deployment', 'kinds')).toBeUndefined();
  expect((await bring(release('kinds'))).outcome.kind).toBe('complete');
  expect(await replicasOf('Deployment', 'kinds')).toBe(1);
  expect(
    await replicasOf('ReplicaSet', set.manifests.find(({ kind }) => kind === 'ReplicaSet')?.metadata.name ?? ''),
  ).toBe(0);
});

test('a node port that is taken is refused before anything is changed', async () => {
  const node = { service_type: 'NodePort', node_port: 32_123 };
  expect((await bring(release('first-port', node))).outcome.kind).toBe('complete');
  expect((await bring(release('second-port', node))).outcome).toMatchObject({
    kind: 'doomed',
    verdict: { code: 'node_port_taken', fault: 'release', object: 'Service second-port' },
  });
  expect(await replicasOf('Deployment', 'second-port')).toBeUndefined();
});

test('a namespace that is being deleted is the platform’s fault', async () => {
  const holds: Manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'holds', namespace: 'ending', finalizers: ['example.com/hold'] },
  };
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ending' } }, {}, never);
  await cluster.apply(holds, {}, never);
  await cluster.remove({ apiVersion: 'v1', kind: 'Namespace', namespace: undefined, name: 'ending' }, never);
  expect((await bring(release('late', {}, {}, { namespace: 'ending' }))).outcome).toMatchObject({
    kind: 'doomed',
    verdict: { code: 'namespace_terminating', fault: 'platform' },
  });
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'ending', name: 'holds' };
  await cluster.patch(ref, { metadata: { finalizers: null } }, never);
});

test('what others made is not taken over; what others scaled is set back', async () => {
  const theirs: Manifest = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'theirs', namespace: 'dev' },
    spec: { ports: [{ port: 80, protocol: 'TCP' }] },
  };
  await cluster.apply(theirs, {}, never);
  expect((await bring(release('theirs'))).outcome).toMatchObject({
    kind: 'doomed',
    verdict: { code: 'name_collision' },
  });

  expect((await bring(release('scaled', { replicas: 1 }))).outcome.kind).toBe('complete');
  const path = '/apis/apps/v1/namespaces/dev/deployments/scaled?fieldManager=kubectl';
  const answer = await request(`${local.url}${path}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ spec: { replicas: 3 } }),
  });
  await answer.body.dump();
  expect(answer.statusCode).toBe(200);
  expect((await bring(release('scaled', { replicas: 1 }))).outcome.kind).toBe('complete');
  expect(await replicasOf('Deployment', 'scaled')).toBe(1);
});

test('secrets reach the pods by reference, and those of former releases go', async () => {
  const secrets = (): Promise<readonly Manifest[]> =>
    cluster.list({ apiVersion: 'v1', kind: 'Secret' }, 'dev', { 'aws-deployer.io/application': 'sealed' }, never);
  for (const value of ['one', 'two']) {
    const next = release('sealed', {}, {}, { secretKeys: ['TOKEN'] });
    expect((await bring(next, [secretManifest(next.of, { TOKEN: value })])).outcome.kind).toBe('complete');
    expect((await secrets()).map(({ metadata }) => metadata.labels?.['aws-deployer.io/release'])).toEqual([
      next.of.releaseId,
    ]);
  }
  const missing = release('unsealed', {}, {}, { secretKeys: ['TOKEN'] });
  const { verdicts } = await bring(missing, [], 2_000);
  expect(verdicts.find((verdict) => verdict !== null)).toMatchObject({ code: 'missing_secret', fault: 'release' });
});
