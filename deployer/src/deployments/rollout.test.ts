import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { Workload, type VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { ClusterRefusal, Manifest } from '../ports/cluster.js';
import { InstantCluster } from '../testing/instant-cluster.js';
import type { OwnTemplate } from './own-template.js';
import { buildManifestSet } from './manifests/manifest-set.js';
import { secretManifest } from './manifests/secret-manifests.js';
import { holdRollout, removeRelease, rollOut, type RolloutRequest } from './rollout.js';
import type { RolloutOutcome } from './rollout-watch.js';

const never = new AbortController().signal;
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const release = (letter: string, workload: object = {}, secretKeys: string[] = []) => {
  const of = {
    application: 'shop',
    environment: 'development',
    namespace: 'dev',
    releaseId: randomUUID(),
    deploymentId: randomUUID(),
    workload: Workload.parse(workload),
    image: 'reg/shop:v1',
    imageDigest: digest(letter),
    containerPort: 8080,
    secretKeys,
    pullSecret: false,
    drainSeconds: 0,
    deadlineSeconds: 120,
  };
  return { of, imageDigest: of.imageDigest, manifests: buildManifestSet(of).manifests };
};
const quiet = { onPods: () => undefined, onVerdict: () => undefined, onProgress: () => undefined, deadlineMs: 5_000 };
const bring = (
  cluster: InstantCluster,
  { manifests, imageDigest }: ReturnType<typeof release>,
  more: Partial<RolloutRequest> = {},
): Promise<RolloutOutcome> => rollOut({ ...quiet, cluster, manifests, imageDigest, secrets: [], ...more }, never);
const verdictOf = (outcome: RolloutOutcome): VerdictView | undefined =>
  outcome.kind === 'complete' ? undefined : outcome.verdict;
const refusal = (status: number, message: string, field = ''): { cause: ClusterRefusal } => ({
  cause: {
    status,
    reason: '',
    message,
    causes: field === '' ? [] : [{ reason: 'FieldManagerConflict', message, field }],
  },
});

test('a first release makes what is missing, in an order in which it can be made, and proves what runs', async () => {
  const cluster = new InstantCluster();
  const first = release('a', { replicas: 2, route: { host: 'shop.test' } }, ['TOKEN']);
  const outcome = await bring(cluster, first, { secrets: [secretManifest(first.of, { TOKEN: 'x' })] });
  expect(outcome).toMatchObject({ kind: 'complete' });
  expect((outcome as { sentence: string }).sentence).toContain(digest('a'));
  expect(cluster.calls.map((call) => call.replace(/-[0-9a-f]{8}$/, ''))).toEqual([
    'apply Namespace dev',
    'apply Secret dev/shop',
    'apply Service dev/shop',
    'apply Deployment dev/shop',
    'apply Ingress dev/shop',
  ]);
});

test('the next release takes former secrets and a route that is gone with it, and leaves the namespace alone', async () => {
  const cluster = new InstantCluster();
  const first = release('a', { route: { host: 'shop.test' } }, ['TOKEN']);
  await bring(cluster, first, { secrets: [secretManifest(first.of, { TOKEN: 'x' })] });
  cluster.calls.length = 0;
  expect((await bring(cluster, release('b'))).kind).toBe('complete');
  expect(cluster.calls.filter((call) => call.startsWith('remove')).map((call) => call.split(' ')[1])).toEqual([
    'Ingress',
    'Secret',
  ]);
  expect(cluster.calls).not.toContain('apply Namespace dev');
});

test('a bad release is doomed while the old one serves, and the stored one comes back', async () => {
  const cluster = new InstantCluster();
  const good = release('a');
  await bring(cluster, good);
  cluster.crashing.add(digest('b'));
  const outcome = await bring(cluster, release('b'));
  expect(outcome).toMatchObject({
    kind: 'doomed',
    verdict: { code: 'crash_loop', evidence: { exit_code: 1, log_lines: ['last words'] } },
  });
  expect((await bring(cluster, good)).kind).toBe('complete');
  const hold = { ...quiet, cluster, manifests: good.manifests, imageDigest: good.imageDigest, holdMs: 50 };
  expect((await holdRollout(hold, never)).kind).toBe('complete');
});

test('ReplicaSets: the Service is the last to change, then the former release goes to zero', async () => {
  const cluster = new InstantCluster();
  await bring(cluster, release('a', { kind: 'ReplicaSet' }));
  cluster.calls.length = 0;
  expect((await bring(cluster, release('b', { kind: 'ReplicaSet' }))).kind).toBe('complete');
  expect(cluster.calls.map((call) => call.replace(/-[0-9a-f]{8}$/, ''))).toEqual([
    'apply ReplicaSet dev/shop',
    'apply Service dev/shop',
    'patch ReplicaSet dev/shop',
  ]);
});

test('what the cluster refuses in the dry run dooms the release before anything of it is changed', async () => {
  const cluster = new InstantCluster();
  await bring(cluster, release('a'));
  cluster.calls.length = 0;
  const message = 'spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated';
  cluster.refusals.set('Service', new AppError('invalid', 'node_port_taken', message, refusal(422, message)));
  const outcome = await bring(cluster, release('b'));
  expect(verdictOf(outcome)).toMatchObject({ code: 'node_port_taken', fault: 'release', object: 'Service shop' });
  expect(cluster.calls).toEqual([]);
});

test('a cluster that does not answer is no verdict', async () => {
  const cluster = new InstantCluster();
  cluster.refusals.set('Namespace', new AppError('unavailable', 'cluster_unreachable', 'connect refused'));
  await expect(bring(cluster, release('a'))).rejects.toMatchObject({ code: 'cluster_unreachable' });
});

test('fields of others are left to them, a number of replicas is set back, and force takes all', async () => {
  const cluster = new InstantCluster();
  const conflict = (field: string): AppError =>
    new AppError('conflict', 'foreign_owner', 'kubectl set it', {
      ...refusal(409, 'conflict with "kubectl"', field),
      fields: [{ field, message: 'conflict with "kubectl"', mend: 'undo it' }],
    });
  cluster.refusals.set('Deployment', conflict('.spec.template.spec.containers[name="web"].image'));
  expect(verdictOf(await bring(cluster, release('a')))).toMatchObject({ code: 'foreign_owner', fault: 'release' });
  expect((await bring(cluster, release('a'), { force: true })).kind).toBe('complete');
  cluster.refusals.set('Deployment', conflict('.spec.replicas'));
  const said: string[] = [];
  expect((await bring(cluster, release('b'), { onProgress: (sentence) => said.push(sentence) })).kind).toBe('complete');
  expect(said.some((sentence) => sentence.includes('set back'))).toBe(true);
});

test('an object that somebody else made is not taken over', async () => {
  const cluster = new InstantCluster();
  const theirs: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop', namespace: 'dev' } };
  await cluster.apply(theirs, {});
  expect(verdictOf(await bring(cluster, release('a')))).toMatchObject({ code: 'name_collision', fault: 'release' });
});

test('a release that is to be watched but no longer runs is superseded', async () => {
  const cluster = new InstantCluster();
  const first = release('a');
  await bring(cluster, first);
  await bring(cluster, release('b'));
  const hold = { ...quiet, cluster, manifests: first.manifests, imageDigest: first.imageDigest, holdMs: 0 };
  expect((await holdRollout(hold, never)).kind).toBe('superseded');
});

/** A rollout whose marks are kept as the deployment's record keeps them. */
const bringKeeping = async (cluster: InstantCluster, of: ReturnType<typeof release>, own?: OwnTemplate) => {
  const kept: OwnTemplate[] = own === undefined ? [] : [own];
  const keepOwn = async (marks: OwnTemplate): Promise<void> => void kept.push(marks);
  const outcome = await bring(cluster, of, { keepOwn, ...(own === undefined ? {} : { own }) });
  const last = kept.at(-1);
  if (last === undefined) throw new Error('nothing was kept');
  return { outcome, own: last };
};
/** As `kubectl rollout restart` does. */
const restart = async (cluster: InstantCluster, kind = 'Deployment'): Promise<void> => {
  const found = [...cluster.objects.values()].find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind}`);
  const changed = structuredClone(found) as Manifest & {
    spec: { template: { metadata: { annotations?: Record<string, string> } } };
  };
  changed.spec.template.metadata.annotations = { 'kubectl.kubernetes.io/restartedAt': 'just now' };
  await cluster.apply(changed, {});
};

test('a change of somebody else between two stages is seen by the next, even if that stage is begun by another process', async () => {
  const cluster = new InstantCluster();
  const first = release('a');
  const { own } = await bringKeeping(cluster, first);
  const hold = { ...quiet, cluster, manifests: first.manifests, imageDigest: first.imageDigest, holdMs: 0 };
  expect((await holdRollout({ ...hold, own }, never)).kind).toBe('complete');
  await restart(cluster);
  expect(await holdRollout({ ...hold, own }, never)).toMatchObject({
    kind: 'superseded',
    verdict: { code: 'newer_release' },
  });
});

test('a workload that somebody deleted between two stages is not waited for', async () => {
  const cluster = new InstantCluster();
  const first = release('a');
  const { own } = await bringKeeping(cluster, first);
  await cluster.remove({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'dev', name: 'shop' });
  const hold = { ...quiet, cluster, manifests: first.manifests, imageDigest: first.imageDigest, holdMs: 0 };
  expect(await holdRollout({ ...hold, own }, never)).toMatchObject({
    kind: 'superseded',
    verdict: { code: 'workload_deleted' },
  });
});

test('a process that takes a rollout over neither undoes nor passes over what somebody else did meanwhile', async () => {
  const cluster = new InstantCluster();
  await bring(cluster, release('a'));
  const second = release('b');
  const { own } = await bringKeeping(cluster, second);
  await restart(cluster);
  cluster.calls.length = 0;
  expect((await bringKeeping(cluster, second, own)).outcome).toMatchObject({ kind: 'superseded' });
  expect(cluster.calls).toEqual([]);
});

test('a process that takes over before the first change, or after it, brings the release to its end', async () => {
  const cluster = new InstantCluster();
  await bring(cluster, release('a'));
  const second = release('b');
  const died = new Error('died before the first change');
  const kept: OwnTemplate[] = [];
  const dying = bring(cluster, second, {
    keepOwn: async (marks) => {
      kept.push(marks);
      throw died;
    },
  });
  await expect(dying).rejects.toBe(died);
  const [own] = kept;
  expect((await bringKeeping(cluster, second, own)).outcome.kind).toBe('complete');
  expect((await bringKeeping(cluster, second, own)).outcome.kind).toBe('complete');
});

test('a change that comes before the watch has begun is somebody else’s all the same', async () => {
  const cluster = new InstantCluster();
  const apply = cluster.apply.bind(cluster);
  cluster.apply = async (manifest, options) => {
    const answer = await apply(manifest, options);
    if (manifest.kind === 'Deployment' && options.dryRun !== true) {
      cluster.apply = apply;
      await restart(cluster);
    }
    return answer;
  };
  expect(await bring(cluster, release('a'))).toMatchObject({ kind: 'superseded', verdict: { code: 'newer_release' } });
});

test('removing leaves nothing of the application, and everything of others', async () => {
  const cluster = new InstantCluster();
  const first = release('a', { route: { host: 'shop.test' } }, ['TOKEN']);
  await bring(cluster, first, { secrets: [secretManifest(first.of, { TOKEN: 'x' })] });
  const other: Manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'other', namespace: 'dev' } };
  await cluster.apply(other, {});
  await removeRelease(cluster, first.of, never);
  expect([...cluster.objects.values()].map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'Namespace dev',
    'Secret other',
  ]);
});
