/**
 * A cluster for tests, in one file to be read at once: keeps objects, and carries Deployments and ReplicaSets out at once (their pods are ready, or
 * crash, as `behaviour` says of the image's digest). Services get endpoints of the ready pods that they select, and an address
 * of a real HTTP server that answers as the newest ready pod would. Enough to prove the deployer's own work.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster, ClusterChange, Manifest, ObjectRef, Right } from '../ports/cluster.js';

export type Behaviour = 'ready' | 'crash' | 'never';
interface Spec {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels?: Record<string, string> } & Record<string, unknown>;
  readonly template?: {
    readonly metadata?: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
    readonly spec?: { readonly containers?: readonly { readonly image?: string }[] };
  };
}
type Kept = Manifest & { spec?: Spec; status?: unknown; data?: unknown };

const keyOf = (kind: string, namespace: string | undefined, name: string): string =>
  `${kind}/${namespace ?? ''}/${name}`;
const includes = (labels: Record<string, string> | undefined, wanted: Record<string, unknown>): boolean =>
  Object.entries(wanted).every(([name, value]) => labels?.[name] === value);

/** A JSON merge patch: null removes, objects merge, everything else is replaced. */
const merged = (value: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const next: Record<string, unknown> =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  for (const [key, item] of Object.entries(patch))
    if (item === null) delete next[key];
    else next[key] = merged(next[key], item);
  return next;
};

export class FakeCluster implements Cluster {
  readonly embedded = true;
  readonly objects = new Map<string, Kept>();
  /** Every apply that was no dry run, as its text. */
  readonly applied: Manifest[] = [];
  behaviour: (digest: string) => Behaviour = () => 'ready';
  /** Set to make every call fail. */
  down = false;
  /** What the application answers, by path. */
  answer: (path: string) => { status: number; body: string } = () => ({ status: 200, body: 'ok' });
  /** Where a Service answers instead of at this cluster's own server; undefined: there. */
  elsewhere: (service: Manifest) => string | undefined = () => undefined;
  #watchers = new Set<{ kinds: readonly string[]; namespace: string; onChange: (change: ClusterChange) => void }>();
  #version = 1;
  #server: Server | undefined;
  #url = '';

  async open(): Promise<void> {
    this.#server = createServer((request, response) => {
      const { status, body } = this.answer(request.url ?? '/');
      response.writeHead(status, { connection: 'close' }).end(body);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  async apply(manifest: Manifest, options: { readonly dryRun?: boolean }): Promise<Manifest> {
    this.#answering();
    const { kind, metadata } = manifest;
    const before = this.objects.get(keyOf(kind, metadata.namespace, metadata.name));
    const same = before !== undefined && JSON.stringify(before.spec) === JSON.stringify(manifest['spec']);
    const next: Kept = {
      ...manifest,
      metadata: {
        ...metadata,
        uid: before?.metadata.uid ?? `${kind}-${metadata.name}-${this.#version}`,
        generation: (before?.metadata.generation ?? 0) + (same ? 0 : 1),
        creationTimestamp: before?.metadata.creationTimestamp ?? new Date().toISOString(),
        resourceVersion: String((this.#version += 1)),
      },
      ...(before?.status === undefined ? {} : { status: before.status }),
    };
    if (options.dryRun === true) return next;
    this.applied.push(manifest);
    this.#put(next);
    if (kind === 'Deployment') this.#rollDeployment(next);
    if (kind === 'ReplicaSet') this.#runReplicaSet(next);
    this.#routeServices(metadata.namespace ?? '');
    return this.objects.get(keyOf(kind, metadata.namespace, metadata.name)) ?? next;
  }

  async get({ kind, namespace, name }: ObjectRef): Promise<Manifest | undefined> {
    this.#answering();
    return this.objects.get(keyOf(kind, namespace, name));
  }

  async list(
    { kind }: { kind: string },
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
  ): Promise<Manifest[]> {
    this.#answering();
    return [...this.objects.values()].filter(
      (object) =>
        object.kind === kind &&
        (namespace === undefined || object.metadata.namespace === namespace) &&
        includes(object.metadata.labels, labels),
    );
  }

  async patch(ref: ObjectRef, patch: Record<string, unknown>): Promise<Manifest> {
    const found = this.objects.get(keyOf(ref.kind, ref.namespace, ref.name));
    if (!found) throw new AppError('not_found', 'cluster_not_found', `${ref.kind} ${ref.name}`);
    return this.apply(merged(found, patch) as Kept, {});
  }

  async remove({ kind, namespace, name }: ObjectRef): Promise<void> {
    this.#answering();
    const found = this.objects.get(keyOf(kind, namespace, name));
    if (!found) return;
    this.#drop(found);
    for (const owned of [...this.objects.values()])
      if (owned.metadata.ownerReferences?.some(({ uid }) => uid === found.metadata.uid))
        await this.remove({
          apiVersion: owned.apiVersion,
          kind: owned.kind,
          namespace: owned.metadata.namespace,
          name: owned.metadata.name,
        });
    this.#routeServices(namespace ?? '');
  }

  async watch(
    kinds: readonly { readonly kind: string }[],
    namespace: string,
    onChange: (change: ClusterChange) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.#answering();
    const names = kinds.map(({ kind }) => kind);
    for (const object of this.objects.values())
      if (names.includes(object.kind) && object.metadata.namespace === namespace) onChange({ type: 'ADDED', object });
    const watcher = { kinds: names, namespace, onChange };
    this.#watchers.add(watcher);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#watchers.delete(watcher);
  }

  async missingRights(): Promise<readonly Right[]> {
    this.#answering();
    return [];
  }
  async logs(): Promise<string | undefined> {
    return 'listening soon\nError: the configuration is missing\n';
  }
  async serviceUrl({ namespace, name }: { namespace: string; name: string }): Promise<string | null | undefined> {
    this.#answering();
    const service = this.objects.get(keyOf('Service', namespace, name));
    return service && (this.elsewhere(service) ?? this.#url);
  }
  async proxyGet(_service: unknown, path: string): Promise<{ status: number; body: string }> {
    return this.answer(path);
  }

  #answering(): void {
    if (this.down) throw new AppError('unavailable', 'cluster_unreachable', 'The cluster does not answer');
  }

  #rollDeployment(deployment: Kept): void {
    const { name, namespace } = deployment.metadata;
    const template = deployment.spec?.template;
    const hash = Buffer.from(JSON.stringify(template))
      .toString('base64url')
      .slice(-40)
      .replace(/[^a-z0-9]/gi, '')
      .toLowerCase();
    const setName = `${name}-${hash.slice(0, 10)}`;
    const replicas = deployment.spec?.replicas ?? 1;
    const existing = [...this.objects.values()].filter(
      ({ kind, metadata }) => kind === 'ReplicaSet' && metadata.ownerReferences?.[0]?.uid === deployment.metadata.uid,
    );
    const revision = existing.length + 1;
    const set: Kept = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: setName,
        ...(namespace === undefined ? {} : { namespace }),
        uid: `rs-${deployment.metadata.uid}-${setName}`,
        generation: 1,
        creationTimestamp: new Date().toISOString(),
        labels: template?.metadata?.labels ?? {},
        annotations: { 'deployment.kubernetes.io/revision': String(revision) },
        ownerReferences: [{ uid: deployment.metadata.uid ?? '', kind: 'Deployment', name, controller: true }],
      },
      spec: { ...deployment.spec, replicas },
    };
    const good = this.#runReplicaSet(set);
    if (good)
      for (const old of existing)
        if (old.metadata.name !== setName) {
          this.#removePods(old);
          this.#put({
            ...old,
            spec: { ...old.spec, replicas: 0 },
            status: { replicas: 0, readyReplicas: 0, availableReplicas: 0 },
          });
        }
    const oldPods = good ? 0 : existing.filter(({ spec }) => (spec?.replicas ?? 0) > 0 && spec !== set.spec).length;
    this.#put({
      ...deployment,
      status: {
        observedGeneration: deployment.metadata.generation,
        replicas: replicas + oldPods,
        updatedReplicas: replicas,
        readyReplicas: good ? replicas : oldPods,
        availableReplicas: good ? replicas : oldPods,
        conditions: [],
      },
    });
  }

  /** The pods of an application become what `behaviour` says by now. */
  changePods(namespace: string, application: string): void {
    for (const object of [...this.objects.values()])
      if (object.kind === 'ReplicaSet' && object.metadata.name.startsWith(`${application}-`))
        this.#runReplicaSet(object);
    this.#routeServices(namespace);
  }

  /** The containers of an application were killed once for their memory, and run again. */
  killForMemory(application: string): void {
    for (const pod of [...this.objects.values()]) {
      if (pod.kind !== 'Pod' || !pod.metadata.name.startsWith(`${application}-`)) continue;
      const status = pod.status as { readonly containerStatuses: readonly { readonly restartCount: number }[] };
      const now = new Date().toISOString();
      const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled', startedAt: now, finishedAt: now } };
      const containerStatuses = status.containerStatuses.map((container) => ({
        ...container,
        restartCount: container.restartCount + 1,
        lastState,
      }));
      this.#put({ ...pod, status: { ...status, containerStatuses } });
    }
  }

  #runReplicaSet(set: Kept): boolean {
    const replicas = set.spec?.replicas ?? 1;
    const image = set.spec?.template?.spec?.containers?.[0]?.image ?? '';
    const behaviour = this.behaviour(image.split('@')[1] ?? '');
    const good = behaviour === 'ready';
    this.#removePods(set);
    for (let i = 0; i < replicas; i += 1) this.#put(this.#podOf(set, image, behaviour, i));
    this.#put({
      ...set,
      status: {
        observedGeneration: set.metadata.generation,
        replicas,
        fullyLabeledReplicas: replicas,
        readyReplicas: good ? replicas : 0,
        availableReplicas: good ? replicas : 0,
      },
    });
    return good;
  }

  #podOf(set: Kept, image: string, behaviour: Behaviour, index: number): Kept {
    const now = new Date().toISOString();
    const ready = behaviour === 'ready';
    const ended = { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now };
    const crashed = behaviour === 'crash';
    const condition = ready ? 'True' : 'False';
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${set.metadata.name}-${index}`,
        ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
        uid: `${set.metadata.uid}-${index}-${this.#version}`,
        creationTimestamp: now,
        labels: set.spec?.template?.metadata?.labels ?? {},
        annotations: { 'local-cluster/runtime': 'simulated' },
        ownerReferences: [
          { uid: set.metadata.uid ?? '', kind: 'ReplicaSet', name: set.metadata.name, controller: true },
        ],
      },
      spec: { ...(set.spec?.template?.spec ?? {}), nodeName: 'local' } as Spec,
      status: {
        phase: 'Running',
        startTime: now,
        conditions: [
          { type: 'PodScheduled', status: 'True', lastTransitionTime: now },
          { type: 'Ready', status: condition, lastTransitionTime: now },
          { type: 'ContainersReady', status: condition, lastTransitionTime: now },
        ],
        containerStatuses: [
          {
            name: 'web',
            image,
            imageID: image,
            ready,
            started: ready,
            restartCount: crashed ? 3 : 0,
            state: crashed
              ? { waiting: { reason: 'CrashLoopBackOff', message: 'back-off restarting failed container' } }
              : { running: { startedAt: now } },
            ...(crashed ? { lastState: { terminated: ended } } : {}),
          },
        ],
      },
    };
  }

  #removePods(set: Kept): void {
    for (const pod of [...this.objects.values()])
      if (pod.kind === 'Pod' && pod.metadata.ownerReferences?.[0]?.uid === set.metadata.uid) this.#drop(pod);
  }

  #routeServices(namespace: string): void {
    for (const service of [...this.objects.values()]) {
      if (service.kind !== 'Service' || service.metadata.namespace !== namespace) continue;
      const selector = (service.spec as { selector?: Record<string, string> } | undefined)?.selector ?? {};
      const pods = [...this.objects.values()].filter(
        ({ kind, metadata, status }) =>
          kind === 'Pod' &&
          metadata.namespace === namespace &&
          includes(metadata.labels, selector) &&
          (status as { containerStatuses?: { ready: boolean }[] }).containerStatuses?.[0]?.ready === true,
      );
      this.#put({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${service.metadata.name}-slice`,
          namespace,
          uid: `slice-${service.metadata.uid}`,
          labels: { 'kubernetes.io/service-name': service.metadata.name },
          ownerReferences: [
            { uid: service.metadata.uid ?? '', kind: 'Service', name: service.metadata.name, controller: true },
          ],
        },
        endpoints: pods.map(({ metadata }) => ({
          addresses: ['127.0.0.1'],
          conditions: { ready: true, serving: true, terminating: false },
          targetRef: { kind: 'Pod', name: metadata.name, uid: metadata.uid },
        })),
      });
    }
  }

  #put(object: Kept): void {
    const key = keyOf(object.kind, object.metadata.namespace, object.metadata.name);
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.objects.set(key, object);
    this.#tell({ type, object });
  }
  #drop(object: Kept): void {
    this.objects.delete(keyOf(object.kind, object.metadata.namespace, object.metadata.name));
    this.#tell({ type: 'DELETED', object });
  }
  #tell(change: ClusterChange): void {
    for (const { kinds, namespace, onChange } of this.#watchers)
      if (kinds.includes(change.object.kind) && change.object.metadata.namespace === namespace) onChange(change);
  }
}
