import { resourceOfKey } from '../resources/resource-definition.js';
import type { ObjectRegistry } from '../api/object-registry.js';
import type { ClusterClient } from './cluster-client.js';
import type { KubeEvent } from '../resources/types.js';
import { EventRecorder } from './event-recorder.js';
import { cloneJson } from './json-tree.js';
import type { KubeObject, ResourceKey, WatchEvent } from './object-store.js';
import { isStatusError, notFound } from './status-error.js';

/**
 * The ClusterClient of this process: the registry's rules without HTTP. Reads are the store's own frozen objects; the
 * calls are synchronous, so a read-change-write cannot meet a conflict.
 */
export interface InProcessClientOptions {
  /** Owner of the written fields: `kube-controller-manager`, `kubelet`. */
  readonly manager: string;
}

export class InProcessClient implements ClusterClient {
  readonly #events: EventRecorder;

  constructor(
    private readonly registry: ObjectRegistry,
    private readonly options: InProcessClientOptions,
  ) {
    this.#events = new EventRecorder(registry.store);
  }

  get<T extends KubeObject = KubeObject>(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
  ): T | undefined {
    return this.registry.store.get(resource, namespace, name) as T | undefined;
  }

  list<T extends KubeObject = KubeObject>(resource: ResourceKey, namespace?: string): readonly T[] {
    return this.registry.store.list(resource, namespace) as readonly T[];
  }

  create<T extends KubeObject = KubeObject>(resource: ResourceKey, object: T, as?: string): T {
    return this.registry.create(resourceOfKey(resource), object, { manager: as ?? this.options.manager }) as T;
  }

  update<T extends KubeObject = KubeObject>(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
    change: (object: T) => T | undefined,
  ): T | undefined {
    return this.#change(resource, namespace, name, change, undefined);
  }

  updateStatus<T extends KubeObject = KubeObject>(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
    change: (object: T) => T | undefined,
  ): T | undefined {
    return this.#change(resource, namespace, name, change, 'status');
  }

  delete(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
    options: { gracePeriodSeconds?: number; propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' } = {},
  ): void {
    this.registry.delete(resourceOfKey(resource), namespace, name, options);
  }

  event(
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    component: string,
    about: { readonly fieldPath?: string; readonly host?: string } = {},
  ): void {
    const write = this.#events.record({ object, type, reason, message, component, ...about });
    if (write === undefined) return;
    try {
      if (write.kind === 'create') this.create('core/events', write.event);
      else
        this.update('core/events', write.namespace, write.name, (event) => ({
          ...event,
          message: write.message,
          ...(event['eventTime'] === null || event['eventTime'] === undefined
            ? { lastTimestamp: write.at, count: Number(event['count'] ?? 1) + 1 }
            : {
                series: {
                  count: ((event as KubeEvent).series?.count ?? 1) + 1,
                  lastObservedTime: write.exactly,
                },
              }),
        }));
    } catch (error) {
      // A namespace that is ending takes no new events; what they tell ends with it.
      if (!isStatusError(error, 'Forbidden') && !isStatusError(error, 'NotFound')) throw error;
    }
  }

  watch(resources: readonly ResourceKey[], listener: (event: WatchEvent) => void): () => void {
    const wanted = new Set(resources);
    return this.registry.store.subscribe((event) => {
      if (wanted.has(event.resource)) listener(event);
    });
  }

  #change<T extends KubeObject>(
    resource: ResourceKey,
    namespace: string | undefined,
    name: string,
    change: (object: T) => T | undefined,
    subresource: 'status' | undefined,
  ): T | undefined {
    const definition = resourceOfKey(resource);
    if (this.registry.store.get(resource, namespace, name) === undefined) throw notFound(resource, name);
    let unchanged = false;
    const result = this.registry.update(
      definition,
      namespace,
      name,
      (stored) => {
        const wanted = change(cloneJson(stored) as T);
        if (wanted !== undefined) return wanted;
        unchanged = true;
        return stored;
      },
      { manager: this.options.manager, subresource },
    );
    return unchanged ? undefined : (result as T);
  }
}
