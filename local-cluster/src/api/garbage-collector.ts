import type { KubeObject, OwnerReference, WatchEvent } from '../store/object-store.js';
import { isStatusError } from '../store/status-error.js';
import { RESOURCES, resourceOfKey, resourceOfKind } from '../resources/resource-definition.js';
import { FOREGROUND, ORPHAN } from './deletion.js';
import type { ObjectRegistry } from './object-registry.js';

/**
 * Deletes what its owners left behind. Background: dependents go after their owner. Foreground: the owner waits, under
 * the finalizer `foregroundDeletion`, for the dependents that block it. Orphan: the dependents lose the reference first.
 *
 * An index from owner uid to dependents, kept by the store's events, makes each step cost what it touches. Work is done
 * outside of the write that caused it; `start` also looks for orphans of an earlier run.
 */
const MANAGER = 'kube-controller-manager';

interface Place {
  readonly key: string;
  readonly namespace: string | undefined;
  readonly name: string;
}

const placeId = ({ key, namespace, name }: Place): string => `${key}|${namespace ?? ''}|${name}`;
const placeOf = (key: string, { metadata }: KubeObject): Place => ({
  key,
  namespace: metadata.namespace,
  name: metadata.name,
});

export class GarbageCollector {
  readonly #dependents = new Map<string, Map<string, Place>>();
  readonly #queue = new Map<string, () => void>();
  #timer: NodeJS.Immediate | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly registry: ObjectRegistry,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    const { store } = this.registry;
    this.#unsubscribe = store.subscribe((event) => this.#onEvent(event));
    const keys = [...new Set(RESOURCES.filter((resource) => resource.stored).map((resource) => resource.key))];
    for (const key of keys)
      for (const object of store.list(key)) {
        this.#index(key, object, undefined);
        this.#onMarked(key, object);
        if (object.metadata.ownerReferences !== undefined) this.#recheck(placeOf(key, object));
      }
  }

  stop(): void {
    this.#unsubscribe?.();
    if (this.#timer !== undefined) clearImmediate(this.#timer);
    this.#queue.clear();
  }

  #onEvent({ type, resource, object, previous }: WatchEvent): void {
    this.#index(resource, type === 'DELETED' ? undefined : object, previous);
    if (type !== 'DELETED') {
      this.#onMarked(resource, object);
      // A reference to an owner that is gone already (or never was) is garbage from the start.
      if (type === 'ADDED' && object.metadata.ownerReferences !== undefined) this.#recheck(placeOf(resource, object));
      return;
    }
    for (const place of this.#dependents.get(object.metadata.uid ?? '')?.values() ?? []) this.#recheck(place);
    for (const owner of object.metadata.ownerReferences ?? []) this.#recheckOwner(owner, object.metadata.namespace);
  }

  #index(key: string, next: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (next !== undefined && next.metadata.ownerReferences === previous?.metadata.ownerReferences) return;
    const source = next ?? previous;
    if (source === undefined) return;
    const place = placeOf(key, source);
    const id = placeId(place);
    for (const { uid } of previous?.metadata.ownerReferences ?? []) {
      const known = this.#dependents.get(uid);
      known?.delete(id);
      if (known?.size === 0) this.#dependents.delete(uid);
    }
    for (const { uid } of next?.metadata.ownerReferences ?? []) {
      let known = this.#dependents.get(uid);
      if (known === undefined) this.#dependents.set(uid, (known = new Map<string, Place>()));
      known.set(id, place);
    }
  }

  #onMarked(key: string, object: KubeObject): void {
    const { deletionTimestamp, finalizers } = object.metadata;
    if (deletionTimestamp === undefined || finalizers === undefined) return;
    const place = placeOf(key, object);
    if (finalizers.includes(FOREGROUND)) this.#soon(`foreground ${placeId(place)}`, () => this.#foreground(place));
    if (finalizers.includes(ORPHAN)) this.#soon(`orphan ${placeId(place)}`, () => this.#orphan(place));
  }

  #recheck(place: Place): void {
    this.#soon(`owners ${placeId(place)}`, () => this.#checkOwners(place));
  }

  #recheckOwner(owner: OwnerReference, namespace: string | undefined): void {
    const resource = resourceOfKind(owner.apiVersion, owner.kind);
    if (resource === undefined) return;
    const object = this.registry.store.get(resource.key, resource.namespaced ? namespace : undefined, owner.name);
    if (object !== undefined) this.#onMarked(resource.key, object);
  }

  #soon(id: string, work: () => void): void {
    this.#queue.set(id, work);
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      const due = [...this.#queue.values()];
      this.#queue.clear();
      for (const step of due) {
        try {
          step();
        } catch (error) {
          // Somebody else finished the same object first; every other failure is ours.
          if (!isStatusError(error, 'NotFound')) this.onError(error);
        }
      }
    });
  }

  #stored({ key, namespace, name }: Place): KubeObject | undefined {
    return this.registry.store.get(key, namespace, name);
  }

  #ownerOf(owner: OwnerReference, namespace: string | undefined): KubeObject | undefined {
    const resource = resourceOfKind(owner.apiVersion, owner.kind);
    if (resource === undefined) return undefined;
    const found = this.registry.store.get(resource.key, resource.namespaced ? namespace : undefined, owner.name);
    return found?.metadata.uid === owner.uid ? found : undefined;
  }

  /** Gone owners are struck off; with none left the dependent is deleted. */
  #checkOwners(place: Place): void {
    const object = this.#stored(place);
    const owners = object?.metadata.ownerReferences;
    if (object === undefined || owners === undefined || owners.length === 0) return;
    const known = owners.filter((owner) => resourceOfKind(owner.apiVersion, owner.kind) !== undefined);
    // An owner of a kind that is not served here cannot be known to be gone.
    if (known.length < owners.length) return;
    const alive = owners.filter((owner) => this.#ownerOf(owner, place.namespace) !== undefined);
    if (alive.length === owners.length) return;
    if (alive.length > 0) {
      this.#update(place, (stored) => ({ ...stored, metadata: { ...stored.metadata, ownerReferences: alive } }));
      return;
    }
    if (object.metadata.deletionTimestamp !== undefined) return;
    this.registry.delete(resourceOfKey(place.key), place.namespace, place.name, { propagationPolicy: 'Background' });
  }

  #foreground(place: Place): void {
    const object = this.#stored(place);
    if (object?.metadata.finalizers?.includes(FOREGROUND) !== true) return;
    const uid = object.metadata.uid ?? '';
    let blocking = 0;
    for (const dependent of [...(this.#dependents.get(uid)?.values() ?? [])]) {
      const found = this.#stored(dependent);
      const reference = found?.metadata.ownerReferences?.find((owner) => owner.uid === uid);
      if (found === undefined || reference === undefined) continue;
      if (found.metadata.deletionTimestamp === undefined)
        this.registry.delete(resourceOfKey(dependent.key), dependent.namespace, dependent.name, {
          propagationPolicy:
            (this.#dependents.get(found.metadata.uid ?? '')?.size ?? 0) > 0 ? 'Foreground' : 'Background',
        });
      if (reference.blockOwnerDeletion === true && this.#stored(dependent) !== undefined) blocking += 1;
    }
    if (blocking === 0) this.#dropFinalizer(place, FOREGROUND);
  }

  #orphan(place: Place): void {
    const object = this.#stored(place);
    if (object?.metadata.finalizers?.includes(ORPHAN) !== true) return;
    const uid = object.metadata.uid ?? '';
    for (const dependent of [...(this.#dependents.get(uid)?.values() ?? [])])
      this.#update(dependent, (stored) => {
        const metadata = { ...stored.metadata };
        const left = (metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
        if (left.length > 0) metadata.ownerReferences = left;
        else delete metadata.ownerReferences;
        return { ...stored, metadata };
      });
    this.#dropFinalizer(place, ORPHAN);
  }

  #dropFinalizer(place: Place, finalizer: string): void {
    this.#update(place, (stored) => {
      const metadata = { ...stored.metadata };
      const left = (metadata.finalizers ?? []).filter((name) => name !== finalizer);
      if (left.length > 0) metadata.finalizers = left;
      else delete metadata.finalizers;
      return { ...stored, metadata };
    });
  }

  #update(place: Place, change: (stored: KubeObject) => KubeObject): void {
    this.registry.update(resourceOfKey(place.key), place.namespace, place.name, change, { manager: MANAGER });
  }
}
