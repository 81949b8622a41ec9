import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Workload } from '@aws-deployer/platform/contracts/deployments';
import type { Manifest } from '../../ports/cluster.js';
import { planRolling } from '../strategies/rolling.js';
import { LABEL, foreignOwner, releaseName } from './identity.js';
import { buildManifestSet, canonicalJson, readManifestSet } from './manifest-set.js';
import { pullSecretManifest, secretManifest } from './secret-manifests.js';
import { imageByDigest, podSelector, type ReleaseWorkload } from './workload-manifest.js';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const release = (workload: object = {}, more: Partial<ReleaseWorkload> = {}): ReleaseWorkload => ({
  application: 'shop',
  environment: 'development',
  namespace: 'dev',
  releaseId: '019aa2f0-7c1e-7000-8000-0123456789ab',
  deploymentId: '019aa2f0-7c1e-7000-8000-000000000001',
  workload: Workload.parse(workload),
  image: '127.0.0.1:5001/shop:v1',
  imageDigest: DIGEST,
  containerPort: 3000,
  secretKeys: [],
  pullSecret: false,
  drainSeconds: 2,
  deadlineSeconds: 120,
  ...more,
});
const find = (manifests: readonly Manifest[], kind: string): Manifest => {
  const found = manifests.find((manifest) => manifest.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};
/** The container and pod of a workload, loosely typed: the tests look at single fields. */
const podOf = (manifest: Manifest) =>
  (manifest['spec'] as { template: { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> } })
    .template;
const containerOf = (manifest: Manifest) => (podOf(manifest).spec['containers'] as Record<string, unknown>[])[0] ?? {};

test('a Deployment release: namespace, service and workload, marked, by digest, rolling without a gap', () => {
  const { manifests } = buildManifestSet(release({ replicas: 2, health: { path: '/health' } }));
  expect(manifests.map((manifest) => manifest.kind)).toEqual(['Namespace', 'Service', 'Deployment']);
  const workload = find(manifests, 'Deployment');
  expect(workload.metadata.name).toBe('shop');
  expect(workload.metadata.labels).toMatchObject({
    'app.kubernetes.io/name': 'shop',
    'app.kubernetes.io/managed-by': 'aws-deployer',
    'aws-deployer.io/release': '019aa2f0-7c1e-7000-8000-0123456789ab',
  });
  expect(workload['spec']).toMatchObject({
    replicas: 2,
    progressDeadlineSeconds: 120,
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  });
  expect(containerOf(workload)).toMatchObject({
    image: `127.0.0.1:5001/shop@${DIGEST}`,
    env: [{ name: 'PORT', value: '3000' }],
    readinessProbe: { httpGet: { path: '/health' }, periodSeconds: 2, failureThreshold: 3 },
    lifecycle: { preStop: { sleep: { seconds: 2 } } },
  });
  expect(podOf(workload).spec['terminationGracePeriodSeconds']).toBe(32);
});

test('every selector matches its own pods, and a Deployment cannot adopt the ReplicaSet of a release', () => {
  for (const kind of ['Deployment', 'ReplicaSet'] as const) {
    const of = release({ kind });
    const { manifests } = buildManifestSet(of);
    const pods = podOf(find(manifests, kind)).metadata.labels;
    expect(pods).toMatchObject(podSelector(of));
    const service = find(manifests, 'Service')['spec'] as { selector: Record<string, string> };
    expect(pods).toMatchObject(service.selector);
  }
  const replicaSet = find(buildManifestSet(release({ kind: 'ReplicaSet' })).manifests, 'ReplicaSet');
  expect(replicaSet.metadata.labels).not.toMatchObject(podSelector(release()));
});

test('a ReplicaSet release has a name and a selector of its own, and traffic moves by the Service', () => {
  const of = release({ kind: 'ReplicaSet' });
  const { manifests } = buildManifestSet(of);
  expect(find(manifests, 'ReplicaSet').metadata.name).toBe('shop-456789ab');
  expect((find(manifests, 'Service')['spec'] as { selector: object }).selector).toMatchObject({
    [LABEL.release]: of.releaseId,
  });
  expect(planRolling(manifests)).toMatchObject({ drainSeconds: 2, replicas: 1, releaseId: of.releaseId });
});

test('service types, node port and route', () => {
  const { manifests } = buildManifestSet(
    release({ service_type: 'NodePort', node_port: 30080, route: { host: 'shop.localhost' } }),
  );
  expect(find(manifests, 'Service')['spec']).toMatchObject({
    type: 'NodePort',
    ports: [{ port: 80, targetPort: 'http', nodePort: 30080 }],
  });
  expect(find(manifests, 'Ingress')['spec']).toMatchObject({
    ingressClassName: 'nginx',
    rules: [{ host: 'shop.localhost', http: { paths: [{ path: '/', pathType: 'Prefix' }] } }],
  });
});

test('an environment that names PORT keeps its own; secrets come by reference and win over plain values', () => {
  const { manifests, text } = buildManifestSet(
    release({ env: { PORT: '9', DB: 'plain' } }, { secretKeys: ['DB'], pullSecret: true }),
  );
  const workload = find(manifests, 'Deployment');
  expect(containerOf(workload)['env']).toEqual([
    { name: 'PORT', value: '9' },
    { name: 'DB', valueFrom: { secretKeyRef: { name: 'shop-456789ab', key: 'DB' } } },
  ]);
  expect(podOf(workload).spec['imagePullSecrets']).toEqual([{ name: 'shop-456789ab-pull' }]);
  expect(text).not.toContain('plain');
  expect(secretManifest(release(), { DB: 'tüte' })).toMatchObject({ data: { DB: 'dMO8dGU=' } });
});

test('a pull secret is what a kubelet logs in with', () => {
  const secret = pullSecretManifest(release(), { host: 'docker.io', insecure: false, username: 'ann', password: 'pw' });
  const data = secret['data'] as Record<string, string>;
  const config = JSON.parse(Buffer.from(data['.dockerconfigjson'] ?? '', 'base64').toString()) as {
    auths: Record<string, { auth: string }>;
  };
  expect(config.auths['https://index.docker.io/v1/']?.auth).toBe(Buffer.from('ann:pw').toString('base64'));
});

test('images lose their tag, not the port of their registry', () => {
  expect(imageByDigest('localhost:5001/a/b', DIGEST)).toBe(`localhost:5001/a/b@${DIGEST}`);
  expect(imageByDigest('nginx:1.27', DIGEST)).toBe(`nginx@${DIGEST}`);
  expect(imageByDigest(`nginx:1@${DIGEST}`, DIGEST)).toBe(`nginx@${DIGEST}`);
});

test('names stay DNS labels however long the application is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/), fc.uuid(), (application, releaseId) => {
      const name = releaseName({ ...release(), application, releaseId }, '-pull');
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }),
  );
});

test('canonical JSON does not depend on the order of keys and reads back as the same value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const turned = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalJson(turned)).toBe(canonicalJson(value));
      expect(canonicalJson(JSON.parse(canonicalJson(value)))).toBe(canonicalJson(value));
    }),
  );
});

test('a stored set comes back byte for byte, and a changed one is refused', () => {
  const set = buildManifestSet(release({ route: { host: 'a.test' } }));
  const back = readManifestSet(set.text, set.hash);
  expect(back).toEqual({ ...set, manifests: JSON.parse(set.text) as unknown });
  expect(buildManifestSet(release({ route: { host: 'a.test' } })).hash).toBe(set.hash);
  expect(() => readManifestSet(set.text.replace('a.test', 'b.test'), set.hash)).toThrow(/no longer has the hash/);
});

test('what others made is not adopted, nor what belongs to another environment', () => {
  const wanted = find(buildManifestSet(release()).manifests, 'Service');
  expect(foreignOwner(wanted, wanted)).toBeUndefined();
  expect(foreignOwner({ ...wanted, metadata: { name: 'shop', namespace: 'dev' } }, wanted)).toMatch(/not made by/);
  const staging = find(buildManifestSet(release({}, { environment: 'staging' })).manifests, 'Service');
  expect(foreignOwner(staging, wanted)).toMatch(/belongs to environment staging/);
});

test('pods of an image that names its user by a number ask for no right at all, of others for as few as they can do with', () => {
  const rights = (of: ReleaseWorkload) => {
    const workload = find(buildManifestSet(of).manifests, 'Deployment');
    return { pod: podOf(workload).spec['securityContext'], container: containerOf(workload)['securityContext'] };
  };
  const pod = { seccompProfile: { type: 'RuntimeDefault' } };
  expect(rights(release())).toEqual({ pod, container: { allowPrivilegeEscalation: false } });
  expect(rights(release({}, { nonRoot: true }))).toEqual({
    pod,
    container: { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
  });
});

test('a bundle of before is read back byte for byte, with none of what is asked for today', () => {
  const old = buildManifestSet(release());
  const read = readManifestSet(old.text, old.hash);
  expect(read.text).toBe(old.text);
  expect(read.text).not.toContain('runAsNonRoot');
});
