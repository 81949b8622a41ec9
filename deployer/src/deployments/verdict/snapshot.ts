/**
 * The objects of one rollout as they are now: what the rules look at. Decides which pods are the new release's: only those count,
 * for the old ones may be as sick as they like. Pure but for the map it keeps.
 */
import type { ClusterChange, ClusterRefusal, Manifest } from '../../ports/cluster.js';
import { canonicalJson } from '../manifests/manifest-set.js';
import {
  aboutOf,
  containersOf,
  endsOf,
  isReady,
  type ContainerStatus,
  type EndpointSlice,
  type EventObject,
  type Pod,
  type ServiceObject,
  type WorkloadObject,
} from './objects.js';

/** A request of this rollout that the API server refused. */
export interface Rejection {
  readonly kind: string;
  readonly name: string;
  readonly refusal: ClusterRefusal;
}
export interface RolloutTarget {
  readonly namespace: string;
  readonly kind: 'Deployment' | 'ReplicaSet';
  readonly name: string;
  /** The generation that our own apply left; a change of the template after it is somebody else's. */
  readonly generation?: number;
  /** The Services that must lead to it. */
  readonly services: readonly string[];
  /** `sha256:…` that every pod must run, when it is known. */
  readonly imageDigest?: string;
  /** What the names of all its pods and sets begin with; the workload's own name unless given. */
  readonly namePrefix?: string;
}
export interface RolloutSnapshot {
  readonly target: RolloutTarget;
  readonly workload: WorkloadObject | undefined;
  /** The ReplicaSet of the newest template: itself, for the ReplicaSet kind. */
  readonly replicaSet: WorkloadObject | undefined;
  /** Pods of `replicaSet` that are not being deleted. */
  readonly pods: readonly Pod[];
  /** Other pods of the same Deployment. */
  readonly oldPods: readonly Pod[];
  /** Set while the namespace is being deleted. */
  readonly namespaceEnding: boolean;
  readonly services: readonly ServiceObject[];
  readonly rejections: readonly Rejection[];
  /** Another actor changed the template after our apply. */
  readonly superseded: boolean;
  /** Warnings about volume claims of the namespace. */
  readonly claimEvents: readonly EventObject[];
  eventsOf(object: Manifest | undefined): readonly EventObject[];
  slicesOf(service: Manifest): readonly EndpointSlice[];
  /** The last lines of a container, when they were fetched. */
  linesOf(pod: string, container: string): readonly string[];
  /** How often a container's process ended; of a pod that was ready when it was first seen, since then. */
  endsSince(pod: Pod, status: ContainerStatus): number;
  /** Ready when it was first seen: a pod of a release that runs already, whatever it went through before. */
  wasReady(pod: Pod): boolean;
  /** How often a pod stopped being ready without a restart. */
  readinessLosses(pod: Pod): number;
  /** Wall clock in milliseconds. */
  readonly now: number;
}

const templateOf = (object: WorkloadObject): string => {
  const template = object.spec?.template;
  const { 'pod-template-hash': _hash, ...labels } = template?.metadata?.labels ?? {};
  return canonicalJson({ ...template, metadata: { ...template?.metadata, labels } });
};
const idOf = ({ metadata }: Manifest): string => metadata.uid ?? metadata.name;
const revisionOf = (object: Manifest): number =>
  Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
const ownedBy = (object: Manifest, owner: Manifest): boolean =>
  object.metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true;

export class RolloutObjects {
  private readonly byKind = new Map<string, Map<string, Manifest>>();
  private readonly lines = new Map<string, readonly string[]>();
  private readonly rejections: Rejection[] = [];
  private readonly losses = new Map<string, number>();
  /** By pod that was ready at first sight: the ends of each of its containers before. */
  private readonly endsBefore = new Map<string, ReadonlyMap<string, number>>();
  private ourTemplate: string | undefined;

  constructor(readonly target: RolloutTarget) {}

  observe({ type, object }: ClusterChange): void {
    if (!this.concerns(object)) return;
    const id = idOf(object);
    const objects = this.byKind.get(object.kind) ?? new Map<string, Manifest>();
    this.byKind.set(object.kind, objects);
    if (object.kind === 'Pod') this.remember(id, objects.get(id), object);
    if (type === 'DELETED') objects.delete(id);
    else objects.set(id, object);
    const { kind, name, generation } = this.target;
    if (object.kind === kind && object.metadata.name === name && object.metadata.generation === generation)
      this.ourTemplate = templateOf(object);
  }

  /** A namespace may be full of others: their pods, sets and events are not even kept. Generated names cut what is long. */
  private concerns(object: Manifest): boolean {
    const { namePrefix = this.target.name, services } = this.target;
    const ours = (name: string | undefined): boolean => name?.startsWith(namePrefix.slice(0, 50)) === true;
    if (object.kind === 'Pod' || object.kind === 'ReplicaSet') return ours(object.metadata.name);
    if (object.kind === 'EndpointSlice')
      return services.includes(object.metadata.labels?.['kubernetes.io/service-name'] ?? '');
    if (object.kind !== 'Event') return true;
    const about = aboutOf(object);
    return (about.kind !== 'Pod' && about.kind !== 'ReplicaSet') || ours(about.name);
  }

  private remember(id: string, before: Pod | undefined, after: Pod): void {
    const ends = (pod: Pod): number => containersOf(pod).reduce((sum, { status }) => sum + endsOf(status), 0);
    if (before === undefined && isReady(after))
      this.endsBefore.set(id, new Map(containersOf(after).map(({ name, status }) => [name, endsOf(status)])));
    if (before === undefined || after.metadata.deletionTimestamp !== undefined || after.status?.phase !== 'Running')
      return;
    if (isReady(before) && !isReady(after) && ends(before) === ends(after))
      this.losses.set(id, (this.losses.get(id) ?? 0) + 1);
  }

  reject(rejection: Rejection): void {
    this.rejections.push(rejection);
  }

  keepLines(pod: string, container: string, lines: readonly string[]): void {
    this.lines.set(`${pod}/${container}`, lines);
  }

  all<T extends Manifest>(kind: string): readonly T[] {
    return [...(this.byKind.get(kind)?.values() ?? [])] as T[];
  }

  at(now: number): RolloutSnapshot {
    const { target } = this;
    const workload = this.all<WorkloadObject>(target.kind).find((object) => object.metadata.name === target.name);
    const sets = workload ? this.all<WorkloadObject>('ReplicaSet').filter((set) => ownedBy(set, workload)) : [];
    const replicaSet = target.kind === 'ReplicaSet' || !workload ? workload : newestOf(workload, sets);
    const pods = this.all<Pod>('Pod');
    const events = new Map<string, EventObject[]>();
    for (const event of this.all<EventObject>('Event')) {
      const { uid, kind, name } = aboutOf(event);
      for (const key of [uid, `${kind ?? ''}/${name ?? ''}`]) {
        if (key === undefined) continue;
        const known = events.get(key);
        if (known) known.push(event);
        else events.set(key, [event]);
      }
    }
    const slices = this.all<EndpointSlice>('EndpointSlice');
    return {
      target,
      workload,
      replicaSet,
      pods: replicaSet
        ? pods.filter((pod) => ownedBy(pod, replicaSet) && pod.metadata.deletionTimestamp === undefined)
        : [],
      oldPods: pods.filter((pod) => sets.some((set) => set !== replicaSet && ownedBy(pod, set))),
      namespaceEnding: this.all('Namespace').some(
        (object) =>
          object.metadata.name === target.namespace &&
          (object.metadata.deletionTimestamp !== undefined ||
            (object['status'] as { phase?: string } | undefined)?.phase === 'Terminating'),
      ),
      services: this.all<ServiceObject>('Service').filter((service) => target.services.includes(service.metadata.name)),
      rejections: this.rejections,
      superseded:
        workload !== undefined &&
        target.generation !== undefined &&
        (workload.metadata.generation ?? 0) > target.generation &&
        this.ourTemplate !== undefined &&
        templateOf(workload) !== this.ourTemplate,
      claimEvents: this.all<EventObject>('Event').filter(
        (event) => aboutOf(event).kind === 'PersistentVolumeClaim' && event.type === 'Warning',
      ),
      eventsOf: (object) =>
        object === undefined
          ? []
          : (events.get(object.metadata.uid ?? '') ?? events.get(`${object.kind}/${object.metadata.name}`) ?? []),
      slicesOf: (service) =>
        slices.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name),
      linesOf: (pod, container) => this.lines.get(`${pod}/${container}`) ?? [],
      endsSince: (pod, status) => endsOf(status) - (this.endsBefore.get(idOf(pod))?.get(status.name) ?? 0),
      wasReady: (pod) => this.endsBefore.has(idOf(pod)),
      readinessLosses: (pod) => this.losses.get(idOf(pod)) ?? 0,
      now,
    };
  }
}

/** As the Deployment controller does: the set with the same template; an old one may be taken up again under a new revision. */
const newestOf = (workload: WorkloadObject, sets: readonly WorkloadObject[]): WorkloadObject | undefined => {
  const wanted = templateOf(workload);
  return sets.filter((set) => templateOf(set) === wanted).toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
};
