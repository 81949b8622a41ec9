/**
 * The cluster's object store: what etcd and the generic registry are to Kubernetes.
 *
 * Objects are plain JSON as on the wire. The store owns `metadata.{uid,resourceVersion,creationTimestamp,generation}`,
 * deletion timestamps and finalizers; it does not default, validate or convert (admission/ does, before). Everything
 * handed out is frozen or a copy: nobody changes a stored object but by `put`.
 *
 * Durability  every write reaches `local-cluster.sqlite` before the call returns; reads come from memory.
 * Versions    one counter for the whole store; it never goes back, also over a restart.
 */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  generateName?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}
/** Any Kubernetes object. Controllers narrow `spec` and `status` with the types in `resources/types.ts`. */
export interface KubeObject<Spec = Record<string, unknown>, Status = Record<string, unknown>> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Spec;
  status?: Status;
  [field: string]: unknown;
}

/** `apps/deployments`, `core/pods`: the key of a resource is its group (`core` for the empty one) and its plural. */
export type ResourceKey = string;

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceKey;
  readonly object: KubeObject;
  /** The object before the change (absent for ADDED): selectors decide ADDED/DELETED of a filtered watch from it. */
  readonly previous?: KubeObject;
  readonly resourceVersion: number;
}

export interface ObjectStore {
  readonly currentVersion: number;
  get(resource: ResourceKey, namespace: string | undefined, name: string): KubeObject | undefined;
  /** All objects of a resource, in one namespace or in all, ordered by namespace and name. */
  list(resource: ResourceKey, namespace?: string): readonly KubeObject[];
  /** Inserts. Throws StatusError AlreadyExists (409). */
  create(resource: ResourceKey, object: KubeObject): KubeObject;
  /** Replaces. `metadata.resourceVersion`, when set, must be the stored one, else StatusError Conflict (409). A change of nothing emits nothing. */
  put(resource: ResourceKey, object: KubeObject): KubeObject;
  /** Removes at once (graceful deletion and finalizers are the API layer's). */
  remove(resource: ResourceKey, namespace: string | undefined, name: string): KubeObject | undefined;
  /** Calls `listener` for each change after it is durable, in order of versions. Returns the unsubscribe function. */
  subscribe(listener: (event: WatchEvent) => void): () => void;
  /** Past events after `version`, or undefined when they are compacted away (the API answers 410). */
  since(version: number): readonly WatchEvent[] | undefined;
  close(): void;
}
