/** A question to the preflight for tests: the release of a shop on a cluster of objects as a real one has them. */
import type { CreateDeploymentInput } from '@aws-deployer/platform/contracts/deployments';
import { Workload } from '@aws-deployer/platform/contracts/deployments';
import { errorOf, refusalOf } from '../../adapters/kubernetes/kube-errors.js';
import { applicationLabels } from '../../deployments/manifests/identity.js';
import { buildManifestSet } from '../../deployments/manifests/manifest-set.js';
import type { Manifest } from '../../ports/cluster.js';
import type { ImageFacts } from '../../ports/image-registry.js';
import { InstantCluster } from '../../testing/instant-cluster.js';
import type { Check } from '../check.js';
import type { ImageAnswer } from '../checks/images.js';
import { runPreflight, type PreflightQuestion } from '../preflight.js';

export const IMAGE = 'registry.test/shop:v2';
export const NOW = new Date('2026-11-21T03:00:00Z');
const PLACE = { application: 'shop', environment: 'development', namespace: 'dev' };
const IDENTITY = { ...PLACE, releaseId: '01890000-0000-7000-8000-aaaa11112222', deploymentId: 'd-1' };

export const manifest = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: object = {},
  metadata: object = {},
): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'dev', ...metadata },
  ...fields,
});
export const node = (
  name: string,
  of: { readonly spec?: object; readonly arch?: string; readonly cpu?: string; readonly labels?: object } = {},
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/arch': of.arch ?? 'amd64', ...of.labels } },
  spec: of.spec ?? {},
  status: {
    allocatable: { cpu: of.cpu ?? '2', memory: '4Gi', pods: '110' },
    nodeInfo: { architecture: of.arch ?? 'amd64' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
});

/** The release's manifests; `change` rewrites the pod's spec. */
export const shop = (
  workload: CreateDeploymentInput['workload'] = {},
  change: (pod: Record<string, unknown>) => void = () => undefined,
  nonRoot = false,
): readonly Manifest[] => {
  const set = buildManifestSet({
    ...IDENTITY,
    workload: Workload.parse(workload),
    image: IMAGE,
    imageDigest: `sha256:${'a'.repeat(64)}`,
    containerPort: 8080,
    secretKeys: [],
    nonRoot,
    pullSecret: false,
    drainSeconds: 2,
    deadlineSeconds: 600,
  });
  const copy = structuredClone(set.manifests) as Manifest[];
  for (const one of copy) {
    const pod = (one['spec'] as { template?: { spec: Record<string, unknown> } } | undefined)?.template?.spec;
    if (pod !== undefined) change(pod);
  }
  return copy;
};
export const firstContainer = (pod: Record<string, unknown>): Record<string, unknown> =>
  (pod['containers'] as Record<string, unknown>[])[0] ?? {};

export class Scene {
  readonly cluster = new InstantCluster();
  manifests = shop();
  consent: PreflightQuestion['consent'] = { recreate: false, adopt: false };
  place: PreflightQuestion['place'] = { embedded: false, runsContainers: true };
  images: readonly ImageAnswer[] = [foundImage()];
  namespace = 'dev';

  constructor() {
    this.cluster.embedded = false;
    this.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev' } }, node('node-1'), node('node-2'));
  }
  put(...objects: readonly Manifest[]): void {
    for (const one of objects)
      this.cluster.objects.set(`${one.kind}/${one.metadata.namespace ?? ''}/${one.metadata.name}`, one);
  }
  /** The running version: two healthy pods of the same release's manifests. */
  running(manifests = shop({ replicas: 2 })): void {
    for (const one of manifests) {
      if (one.kind !== 'Deployment') {
        this.put(one);
        continue;
      }
      const generated = {
        generation: 1,
        uid: 'u',
        managedFields: [{ manager: 'aws-deployer', time: '2026-11-21T02:00:00Z' }],
      };
      const status = { observedGeneration: 1, replicas: 2, availableReplicas: 2, readyReplicas: 2 };
      this.put({ ...one, metadata: { ...one.metadata, ...generated }, status });
      const template = (one['spec'] as { template: { metadata: object; spec: object } }).template;
      for (const [index, nodeName] of ['node-1', 'node-2'].entries())
        this.put({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `shop-${String(index)}`, namespace: 'dev', ...template.metadata },
          spec: { ...template.spec, nodeName },
          status: { phase: 'Running' },
        });
    }
  }
  /** The server refuses every apply of the kind, with this status. */
  refuse(kind: string, status: number, body: object): void {
    this.cluster.refusals.set(
      kind,
      errorOf(refusalOf(status, JSON.stringify({ kind: 'Status', ...body })), `check ${kind} dev/shop`),
    );
  }
  async ask(budgetMs = 2_000): Promise<readonly Check[]> {
    return (await this.answer(budgetMs)).checks;
  }
  answer(budgetMs = 2_000) {
    const question: PreflightQuestion = {
      cluster: this.cluster,
      manifests: this.manifests,
      namespace: this.namespace,
      owner: applicationLabels(PLACE),
      consent: this.consent,
      place: this.place,
      images: Promise.resolve(this.images),
      now: NOW,
    };
    return runPreflight(question, AbortSignal.timeout(budgetMs), new AbortController().signal);
  }
}

export const foundImage = (facts: Partial<ImageFacts> = {}): ImageAnswer => ({
  image: IMAGE,
  outcome: 'found',
  facts: {
    digest: `sha256:${'a'.repeat(64)}`,
    exposedPort: 8080,
    runtime: 'container',
    architectures: ['amd64'],
    startsSomething: true,
    ...facts,
  },
});

/** Checks that are not ok, as `state code`. */
export const told = (checks: readonly Check[]): readonly string[] =>
  checks.filter(({ state }) => state !== 'ok').map(({ state, code }) => `${state} ${code}`);
