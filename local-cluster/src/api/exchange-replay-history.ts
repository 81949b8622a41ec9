import { resourceOfKind } from '../resources/resource-definition.js';
import { isObject, type JsonObject } from '../store/json-tree.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { normalise } from './exchange-replay-comparison.js';
import { versioned } from './presentation.js';

/**
 * The recorder read while controllers were at work, so what it met is one moment of many. Such a moment counts as met here
 * when every object of it has been exactly so since the last write; the status in a write's own answer, when the object has
 * had it before. What an object has never been here is a difference.
 */
export class PassedThrough {
  readonly #all: KubeObject[] = [];
  #written = 0;

  constructor(store: ObjectStore) {
    store.subscribe(({ object }) => void this.#all.push(object));
  }

  /** A place in the history. */
  now(): number {
    return this.#all.length;
  }

  /** A write took effect after that place. */
  wroteAfter(place: number): void {
    this.#written = place;
  }

  /** Whether the recorded object, or every object of the recorded list, was met since the last write. */
  holds(recorded: unknown): boolean {
    if (!isObject(recorded) || typeof recorded['apiVersion'] !== 'string') return false;
    const kind = String(recorded['kind']);
    const items = recorded['items'];
    if (!Array.isArray(items)) return this.#met(recorded, recorded['apiVersion'], kind);
    const apiVersion = recorded['apiVersion'];
    return items.length > 0 && items.every((item) => this.#met(item, apiVersion, kind.replace(/List$/, '')));
  }

  /** Our answer with the recorded status, where the object has had that status. */
  withStatusOf(ours: unknown, recorded: unknown): unknown {
    if (!isObject(ours) || !isObject(recorded) || !isObject(recorded['status'])) return ours;
    const { status } = recorded;
    const wanted = JSON.stringify(normalise(status));
    const uid = uidOf(ours);
    const had = this.#all.some(
      (object) => object.metadata.uid === uid && JSON.stringify(normalise(object.status ?? {})) === wanted,
    );
    return had ? { ...ours, status } : ours;
  }

  #met(recorded: unknown, apiVersion: string, kind: string): boolean {
    const resource = resourceOfKind(apiVersion, kind);
    if (resource === undefined || !isObject(recorded)) return false;
    const wanted = JSON.stringify(normalise({ ...recorded, apiVersion, kind }));
    return this.#all.slice(this.#written).some(
      (object) => object.kind === kind && JSON.stringify(normalise(versioned(resource, object))) === wanted,
    );
  }
}

const uidOf = (object: JsonObject): unknown => (isObject(object['metadata']) ? object['metadata']['uid'] : undefined);
