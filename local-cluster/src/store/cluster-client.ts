import type { KubeObject, ResourceKey, WatchEvent } from './object-store.js';

/**
 * How the controllers, the kubelet and the network of this process speak to the API: the same admission, defaulting,
 * generation, graceful deletion and status rules as over HTTP, without the HTTP. Failures are StatusError with the
 * code and reason Kubernetes gives (`NotFound`, `Conflict`, `AlreadyExists`, `Forbidden`, `Invalid`).
 */
export interface ClusterClient {
  get<T extends KubeObject = KubeObject>(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
  ): T | undefined;
  list<T extends KubeObject = KubeObject>(resource: ResourceKey, namespace?: string): readonly T[];
  create<T extends KubeObject = KubeObject>(resource: ResourceKey, object: T, as?: string): T;
  /**
   * Read, change, write; retried on Conflict. `change` gets a deep copy and returns it changed (or undefined: nothing to
   * do, which is also what comes back then). NotFound when there is no such object.
   */
  update<T extends KubeObject = KubeObject>(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
    change: (object: T) => T | undefined,
  ): T | undefined;
  /** The same on the status subresource: only `status` is taken, generation stays. */
  updateStatus<T extends KubeObject = KubeObject>(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
    change: (object: T) => T | undefined,
  ): T | undefined;
  delete(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
    options?: { gracePeriodSeconds?: number; propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' },
  ): void;
  /**
   * Records a core/v1 Event on `object`, aggregated by (object, reason, message) as Kubernetes does. `about` is for the
   * kubelet: the container (`spec.containers{web}`) and the node.
   */
  event(
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    component: string,
    about?: { readonly fieldPath?: string; readonly host?: string },
  ): void;
  watch(resources: readonly ResourceKey[], listener: (event: WatchEvent) => void): () => void;
}
