/**
 * The objects of one rollout as they are now: what the rules look at. Decides which pods are the new release's: only those count,
 * for the old ones may be as sick as they like. Pure but for the maps it keeps.
 */
import type { ClusterChange, ClusterRefusal, Manifest } from '../../ports/cluster.js';
import {
  aboutOf,
  conditionOf,
  containersOf,
  endsOf,
  isReady,
  seenAt,
  type Autoscaler,
  type ContainerStatus,
  type EndpointSlice,
  type EventObject,
  type Pod,
  type ServiceObject,
  type WorkloadObject,
} from './objects.js';
import { isNewest, newestSet, ownedBy, templateOf, type WorkloadKind } from './workload-pods.js';

/** A request of this rollout that the API server refused. */
export interface Rejection {
  readonly kind: string;
  readonly name: string;
  readonly refusal: ClusterRefusal;
}
export interface RolloutTarget {
  readonly namespace: string;
  readonly kind: WorkloadKind;
  readonly name: string;
  /** The generation that our own apply left; a change of the template after it is somebody else's. */
  readonly generation?: number;
  /** The template that our own apply left, where it is known; else it is the one of that generation. */
  readonly template?: string;
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
  /** What makes the new pods: the ReplicaSet of a Deployment's newest template, else the workload itself. */
  readonly podOwner: WorkloadObject | undefined;
  /** New pods that are not being deleted; of a Job all, also those that are gone. */
  readonly pods: readonly Pod[];
  /** New pods that are being deleted or are gone, though nothing asked for fewer. */
  readonly departed: readonly Pod[];
  /** Other pods of the same workload. */
  readonly oldPods: readonly Pod[];
  /** Set while the namespace is being deleted, and after. */
  readonly namespaceEnding: boolean;
  readonly services: readonly ServiceObject[];
  /** Those that scale this workload. */
  readonly autoscalers: readonly Autoscaler[];
  /** Ingresses, HTTPRoutes and Gateways of the namespace. */
  readonly routes: readonly Manifest[];
  readonly rejections: readonly Rejection[];
  /** Another actor changed the template after our apply, or deleted the workload. */
  readonly superseded: boolean;
  /** The workload was there and is not any more. */
  readonly deleted: boolean;
  /** What was said about volume claims of the namespace, but for what went well. */
  readonly claimEvents: readonly EventObject[];
  eventsOf(object: Manifest | undefined): readonly EventObject[];
  slicesOf(service: Manifest): readonly EndpointSlice[];
  /** The last lines of a container, when they were fetched. */
  linesOf(pod: string, container: string): readonly string[];
  /** How often a container's process ended; of a pod that was well once, since then. */
  endsSince(pod: Pod, status: ContainerStatus): number;
  /** Ready when it was first seen, or when its rollout was complete: whatever it went through before is over. */
  wasReady(pod: Pod): boolean;
  /** How often a pod stopped being ready without a restart. */
  readinessLosses(pod: Pod): number;
  /** Wall clock in milliseconds. */
  readonly now: number;
}

/**
 * By uid of each pod that was well once: how often each of its containers had ended by then. One deployment's watches share
 * it, so that what ends between two of them is seen by the second.
 */
export type EndsBefore = Map<string, ReadonlyMap<string, number>>;

const idOf = ({ metadata }: Manifest): string => metadata.uid ?? metadata.name;
const isGoing = (object: Manifest): boolean => object.metadata.deletionTimestamp !== undefined;
const isFinished = (object: Manifest): boolean =>
  object.kind === 'Job' &&
  ['Complete', 'Failed'].some((type) => conditionOf(object as WorkloadObject, type)?.status === 'True');
const ROUTES = ['Ingress', 'HTTPRoute', 'Gateway'] as const;
/** Of a Job's pods, and of those that left unasked: enough for the evidence, whatever happens. */
const MOST_GONE = 50;

export class RolloutObjects {
  private readonly byKind = new Map<string, Map<string, Manifest>>();
  private readonly lines = new Map<string, readonly string[]>();
  private readonly rejections: Rejection[] = [];
  private readonly losses = new Map<string, number>();
  private readonly gone = new Map<string, Pod>();
  private readonly expected = new Set<string>();
  private ourTemplate: string | undefined;
  private deleted = false;
  private namespaceGone = false;

  constructor(
    readonly target: RolloutTarget,
    private readonly endsBefore: EndsBefore = new Map(),
  ) {
    this.ourTemplate = target.template;
  }

  observe({ type, object }: ClusterChange): void {
    if (!this.concerns(object)) return;
    if (type === 'DELETED' && isFinished(object)) return; // cleared away after its time; what it came to stays true
    const id = idOf(object);
    const objects = this.byKind.get(object.kind) ?? new Map<string, Manifest>();
    this.byKind.set(object.kind, objects);
    if (object.kind === 'Pod') this.remember(id, objects.get(id), object);
    if (type === 'DELETED') objects.delete(id);
    else objects.set(id, object);
    const { kind, name, generation, namespace } = this.target;
    if (type === 'DELETED' && object.kind === 'Pod') this.keepGone(id, object);
    if (type === 'DELETED' && object.kind === 'Namespace' && object.metadata.name === namespace)
      this.namespaceGone = true;
    if (object.kind !== kind || object.metadata.name !== name) return;
    this.deleted = type === 'DELETED';
    if (object.metadata.generation === generation) this.ourTemplate ??= templateOf(object);
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
    if (before === undefined) this.noteWell(id, after);
    if (before === undefined || isGoing(after) || after.status?.phase !== 'Running') return;
    // A node that is lost makes the pod unready, but not its containers.
    const unready = containersOf(after).some(({ init, status }) => !init && status.ready === false);
    if (isReady(before) && !isReady(after) && unready && ends(before) === ends(after))
      this.losses.set(id, (this.losses.get(id) ?? 0) + 1);
  }

  private noteWell(id: string, pod: Pod): void {
    if (isReady(pod) && !this.endsBefore.has(id))
      this.endsBefore.set(id, new Map(containersOf(pod).map(({ name, status }) => [name, endsOf(status)])));
  }

  /** The rollout is complete: what its pods went through on the way counts no more. */
  settle(): void {
    for (const pod of this.all<Pod>('Pod')) this.noteWell(idOf(pod), pod);
  }

  private keepGone(id: string, pod: Pod): void {
    this.gone.set(id, pod);
    const [oldest] = this.gone.keys();
    if (this.gone.size > MOST_GONE && oldest !== undefined) this.gone.delete(oldest);
  }

  /** We delete this pod ourselves. */
  expectGone(pod: Pod): void {
    this.expected.add(idOf(pod));
  }

  reject(rejection: Rejection): void {
    this.rejections.push(rejection);
  }

  keepLines(pod: string, container: string, lines: readonly string[]): void {
    this.lines.set(`${pod}/${container}`, lines);
  }

  linesKept(pod: string, container: string): number {
    return this.lines.get(`${pod}/${container}`)?.length ?? 0;
  }

  all<T extends Manifest>(kind: string): readonly T[] {
    return [...(this.byKind.get(kind)?.values() ?? [])] as T[];
  }

  at(now: number): RolloutSnapshot {
    const { target } = this;
    const workload = this.all<WorkloadObject>(target.kind).find((object) => object.metadata.name === target.name);
    const sets =
      workload?.kind === 'Deployment'
        ? this.all<WorkloadObject>('ReplicaSet').filter((set) => ownedBy(set, workload))
        : [];
    // Until our own change of it was seen, nothing that is there is of it.
    const ours = (workload?.metadata.generation ?? 0) >= (target.generation ?? 0) ? workload : undefined;
    const podOwner = ours?.kind === 'Deployment' ? newestSet(ours, sets) : ours;
    const about = eventIndex(this.all<EventObject>('Event'));
    const slices = this.all<EndpointSlice>('EndpointSlice');
    const eventsOf: RolloutSnapshot['eventsOf'] = (object) =>
      object === undefined
        ? []
        : (about.get(object.metadata.uid ?? '') ?? about.get(`${object.kind}/${object.metadata.name}`) ?? []);
    return {
      target,
      workload,
      podOwner,
      ...this.podsOf(podOwner, sets, eventsOf),
      namespaceEnding:
        this.namespaceGone ||
        this.all('Namespace').some(
          (object) =>
            object.metadata.name === target.namespace &&
            (isGoing(object) || (object['status'] as { phase?: string } | undefined)?.phase === 'Terminating'),
        ),
      services: this.all<ServiceObject>('Service').filter((service) => target.services.includes(service.metadata.name)),
      autoscalers: this.all<Autoscaler>('HorizontalPodAutoscaler').filter(
        ({ spec }) => spec?.scaleTargetRef?.kind === target.kind && spec.scaleTargetRef.name === target.name,
      ),
      routes: ROUTES.flatMap((kind) => this.all(kind)),
      rejections: this.rejections,
      superseded:
        this.deleted ||
        (workload !== undefined &&
          target.generation !== undefined &&
          (workload.metadata.generation ?? 0) > target.generation &&
          this.ourTemplate !== undefined &&
          templateOf(workload) !== this.ourTemplate),
      deleted: this.deleted,
      claimEvents: this.all<EventObject>('Event').filter(
        (event) =>
          aboutOf(event).kind === 'PersistentVolumeClaim' &&
          (event.type === 'Warning' || event.reason === 'FailedBinding'),
      ),
      eventsOf,
      slicesOf: (service) =>
        slices.filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name),
      linesOf: (pod, container) => this.lines.get(`${pod}/${container}`) ?? [],
      endsSince: (pod, status) => endsOf(status) - (this.endsBefore.get(idOf(pod))?.get(status.name) ?? 0),
      wasReady: (pod) => this.endsBefore.has(idOf(pod)),
      readinessLosses: (pod) => this.losses.get(idOf(pod)) ?? 0,
      now,
    };
  }

  private podsOf(
    podOwner: WorkloadObject | undefined,
    sets: readonly WorkloadObject[],
    eventsOf: RolloutSnapshot['eventsOf'],
  ): Pick<RolloutSnapshot, 'pods' | 'departed' | 'oldPods'> {
    const present = this.all<Pod>('Pod');
    const others = present.filter((pod) => sets.some((set) => set !== podOwner && ownedBy(pod, set)));
    if (podOwner === undefined) return { pods: [], departed: [], oldPods: others };
    if (podOwner.kind === 'Pod') return { pods: isGoing(podOwner) ? [] : [podOwner as Pod], departed: [], oldPods: [] };
    const revisions = this.all('ControllerRevision');
    const isNew = (pod: Pod): boolean => ownedBy(pod, podOwner) && isNewest(pod, podOwner, revisions);
    const mine = present.filter((pod) => ownedBy(pod, podOwner));
    const newest = mine.filter((pod) => isNew(pod));
    const gone = [...this.gone.values()].filter(isNew);
    const removed = eventsOf(podOwner).filter(({ reason }) => reason === 'SuccessfulDelete');
    const isWanted = (pod: Pod): boolean =>
      this.expected.has(idOf(pod)) || removed.some((event) => event.message?.includes(pod.metadata.name));
    return {
      pods: podOwner.kind === 'Job' ? [...newest, ...gone] : newest.filter((pod) => !isGoing(pod)),
      departed: podOwner.kind === 'Job' ? [] : [...newest.filter(isGoing), ...gone].filter((pod) => !isWanted(pod)),
      oldPods: [...others, ...mine.filter((pod) => !newest.includes(pod))],
    };
  }
}

/** In order of their last time. By the uid of what an event is about; by kind and name only where it names no uid, for a name may be used again. */
const eventIndex = (all: readonly EventObject[]): ReadonlyMap<string, readonly EventObject[]> => {
  const events = new Map<string, EventObject[]>();
  for (const event of all.toSorted((a, b) => seenAt(a) - seenAt(b))) {
    const { uid, kind, name } = aboutOf(event);
    const key = uid ?? `${kind ?? ''}/${name ?? ''}`;
    const known = events.get(key);
    if (known) known.push(event);
    else events.set(key, [event]);
  }
  return events;
};
