/**
 * A cluster port in memory whose controllers act at once: a Deployment's new ReplicaSet replaces the old one, pods are ready or
 * crash as they are told, EndpointSlices follow selectors. For tests of what drives the port; rollouts themselves are tested
 * against local-cluster.
 */
import { randomUUID } from 'node:crypto';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster, ClusterChange, Manifest, ObjectRef, Right } from '../ports/cluster.js';

type Selector = Readonly<Record<string, string>>;
interface Spec {
  replicas?: number;
  selector?: Selector & { matchLabels?: Selector };
  template?: { metadata: { labels: Selector }; spec: { containers: { name: string; image: string }[] } };
}
const specOf = (object: Manifest): Spec => object['spec'] ?? {};
const keyOf = ({ kind, namespace, name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string =>
  `${kind}/${namespace ?? ''}/${name}`;
const matches = (labels: Selector | undefined, selector: Selector): boolean =>
  Object.entries(selector).every(([name, value]) => labels?.[name] === value);

export class InstantCluster implements Cluster {
  embedded = true;
  readonly objects = new Map<string, Manifest>();
  /** Every write, in order: `apply Deployment dev/shop`. */
  readonly calls: string[] = [];
  /** Images (by any part of their reference) whose pods crash with exit code 1 instead of getting ready. */
  readonly crashing = new Set<string>();
  /** Thrown by the next apply of this kind. */
  readonly refusals = new Map<string, AppError>();
  /** Where every Service answers. */
  url: string | null = 'http://127.0.0.1:9';
  private readonly listeners = new Set<(change: ClusterChange) => void>();
  private version = 0;

  async apply(manifest: Manifest, options: { readonly dryRun?: boolean; readonly force?: boolean }): Promise<Manifest> {
    const refusal = this.refusals.get(manifest.kind);
    if (refusal !== undefined && options.force !== true) throw refusal;
    if (options.dryRun === true) return manifest;
    this.calls.push(`apply ${this.nameOf(manifest)}`);
    return this.put(manifest);
  }
  async get(ref: ObjectRef, _signal: AbortSignal): Promise<Manifest | undefined> {
    return this.objects.get(keyOf(ref));
  }
  async list(
    kind: { readonly kind: string },
    namespace: string | undefined,
    labels: Selector,
  ): Promise<readonly Manifest[]> {
    return [...this.objects.values()].filter(
      (object) =>
        object.kind === kind.kind &&
        (namespace === undefined || object.metadata.namespace === namespace) &&
        matches(object.metadata.labels, labels),
    );
  }
  async patch(ref: ObjectRef, patch: Record<string, unknown>): Promise<Manifest> {
    const found = this.objects.get(keyOf(ref));
    if (found === undefined) throw new AppError('not_found', 'object_missing', `${ref.kind} ${ref.name} is not there.`);
    this.calls.push(`patch ${this.nameOf(found)}`);
    return this.put({ ...found, spec: { ...specOf(found), ...(patch['spec'] as Spec) } });
  }
  async remove(ref: ObjectRef): Promise<void> {
    const found = this.objects.get(keyOf(ref));
    if (found === undefined) return;
    this.calls.push(`remove ${this.nameOf(found)}`);
    this.drop(found);
    this.settle();
  }
  async watch(
    kinds: readonly { readonly kind: string }[],
    namespace: string,
    onChange: (change: ClusterChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = ({ object }: ClusterChange): boolean =>
      kinds.some(({ kind }) => kind === object.kind) && object.metadata.namespace === namespace;
    const listener = (change: ClusterChange): void => {
      if (wanted(change)) onChange(change);
    };
    for (const object of this.objects.values()) listener({ type: 'ADDED', object });
    this.listeners.add(listener);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.listeners.delete(listener);
  }
  /** `watch pods`, `create deployments`: what the platform may not do. */
  readonly forbidden = new Set<string>();
  async missingRights(rights: readonly Right[]): Promise<readonly Right[]> {
    return rights.filter(({ verb, resource }) => this.forbidden.has(`${verb} ${resource}`));
  }
  async logs(): Promise<string | undefined> {
    return 'last words\n';
  }
  async serviceUrl(ref: { readonly namespace: string; readonly name: string }): Promise<string | null | undefined> {
    return this.objects.has(keyOf({ kind: 'Service', ...ref })) ? this.url : undefined;
  }
  async proxyGet(): Promise<{ readonly status: number; readonly body: string }> {
    return { status: 200, body: 'ok' };
  }

  private nameOf({ kind, metadata }: Manifest): string {
    return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
  }
  private put(manifest: Manifest): Manifest {
    const stored = this.store(manifest);
    this.settle();
    return (
      this.objects.get(keyOf({ ...stored, namespace: stored.metadata.namespace, name: stored.metadata.name })) ?? stored
    );
  }
  private store(manifest: Manifest): Manifest {
    const { namespace, name } = manifest.metadata;
    const key = keyOf({ kind: manifest.kind, namespace, name });
    const before = this.objects.get(key);
    const same = JSON.stringify(before?.['spec']) === JSON.stringify(manifest['spec']);
    this.version += 1;
    const object: Manifest = {
      ...manifest,
      metadata: {
        ...manifest.metadata,
        uid: before?.metadata.uid ?? randomUUID(),
        resourceVersion: String(this.version),
        generation: (before?.metadata.generation ?? 0) + (same ? 0 : 1),
      },
    };
    this.objects.set(key, object);
    for (const listener of this.listeners) listener({ type: before ? 'MODIFIED' : 'ADDED', object });
    return object;
  }
  private drop(object: Manifest): void {
    this.objects.delete(keyOf({ kind: object.kind, namespace: object.metadata.namespace, name: object.metadata.name }));
    for (const listener of this.listeners) listener({ type: 'DELETED', object });
    for (const other of this.objects.values())
      if (other.metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid) === true) this.drop(other);
  }
  private all(kind: string): Manifest[] {
    return [...this.objects.values()].filter((object) => object.kind === kind);
  }
  private owned(by: Manifest, kind: string): Manifest[] {
    return this.all(kind).filter((object) => object.metadata.ownerReferences?.[0]?.uid === by.metadata.uid);
  }
  private isReady(set: Manifest): boolean {
    const images = specOf(set).template?.spec.containers.map(({ image }) => image) ?? [];
    return !images.some((image) => [...this.crashing].some((part) => image.includes(part)));
  }

  /** What the controllers would do in the end, done now. A bad new set keeps the old one serving. */
  private settle(): void {
    for (const deployment of this.all('Deployment')) {
      const { replicas = 1, template } = specOf(deployment);
      const sets = this.owned(deployment, 'ReplicaSet');
      const current =
        sets.find((set) => JSON.stringify(specOf(set).template) === JSON.stringify(template)) ??
        this.store(
          this.child(deployment, 'ReplicaSet', `${deployment.metadata.name}-${randomUUID().slice(0, 5)}`, {
            replicas,
            template,
          }),
        );
      const ready = this.isReady(current);
      for (const set of [...sets.filter((other) => other !== current), current]) {
        const count = set === current || !ready ? replicas : 0;
        if (specOf(set).replicas !== count) this.store({ ...set, spec: { ...specOf(set), replicas: count } });
      }
      const available = ready ? replicas : 0;
      const status = {
        observedGeneration: deployment.metadata.generation,
        replicas,
        updatedReplicas: replicas,
        availableReplicas: available,
      };
      if (JSON.stringify(deployment['status']) !== JSON.stringify(status)) this.store({ ...deployment, status });
    }
    for (const set of this.all('ReplicaSet')) this.settlePods(set);
    for (const service of this.all('Service')) {
      const endpoints = this.all('Pod')
        .filter(
          (pod) =>
            pod.metadata.namespace === service.metadata.namespace &&
            matches(pod.metadata.labels, specOf(service).selector ?? {}),
        )
        .map(({ kind, metadata }) => ({
          conditions: { ready: true },
          targetRef: { kind, name: metadata.name, uid: metadata.uid },
        }));
      const slice = this.child(service, 'EndpointSlice', service.metadata.name, undefined, {
        'kubernetes.io/service-name': service.metadata.name,
      });
      this.store({ ...slice, apiVersion: 'discovery.k8s.io/v1', endpoints });
    }
  }
  private settlePods(set: Manifest): void {
    const { replicas = 1, template } = specOf(set);
    const pods = this.owned(set, 'Pod');
    for (const pod of pods.slice(replicas)) this.drop(pod);
    const ready = this.isReady(set);
    for (let index = pods.length; index < replicas; index += 1) {
      const pod = this.child(
        set,
        'Pod',
        `${set.metadata.name}-${randomUUID().slice(0, 5)}`,
        { nodeName: 'instant', ...template?.spec },
        template?.metadata.labels,
      );
      const states = (template?.spec.containers ?? []).map(({ name, image }) => ({
        name,
        ready,
        restartCount: ready ? 0 : 1,
        imageID: image,
        state: ready ? { running: {} } : { terminated: { exitCode: 1, reason: 'Error' } },
      }));
      const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
      this.store({ ...pod, status: { phase: 'Running', conditions, containerStatuses: states } });
    }
    const status = { observedGeneration: set.metadata.generation, replicas, availableReplicas: ready ? replicas : 0 };
    if (JSON.stringify(set['status']) !== JSON.stringify(status)) this.store({ ...set, status });
  }
  private child(of: Manifest, kind: string, name: string, spec: unknown, labels?: Selector): Manifest {
    return {
      apiVersion: kind === 'ReplicaSet' ? 'apps/v1' : 'v1',
      kind,
      metadata: {
        name,
        ...(of.metadata.namespace === undefined ? {} : { namespace: of.metadata.namespace }),
        labels: labels ?? of.metadata.labels ?? {},
        ownerReferences: [{ uid: of.metadata.uid ?? '', kind: of.kind, name: of.metadata.name, controller: true }],
      },
      ...(spec === undefined ? {} : { spec }),
    };
  }
}
