import { resourceOfKind } from '../resources/resource-definition.js';
import { isObject, type JsonObject } from '../store/json-tree.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { normalise } from './exchange-replay-comparison.js';
import { parseResourcePath } from './api-path.js';
import { versioned } from './conversion.js';
import { tableOf } from './table.js';

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

  /** Whether the recorded object, or every object of the recorded list or table, was met since the last write. */
  holds(recorded: unknown, path: string): boolean {
    if (!isObject(recorded) || typeof recorded['apiVersion'] !== 'string') return false;
    if (recorded['kind'] === 'Table') return this.#printed(recorded, path);
    const kind = String(recorded['kind']);
    const items = recorded['items'];
    if (!Array.isArray(items)) return this.#met(recorded, recorded['apiVersion'], kind);
    const apiVersion = recorded['apiVersion'];
    return items.length > 0 && items.every((item) => this.#met(item, apiVersion, kind.replace(/List$/, '')));
  }

  /** Whether every row of a recorded table is one that an object has had. */
  #printed({ rows, columnDefinitions: columns }: JsonObject, path: string): boolean {
    const resource = parseResourcePath(path)?.resource;
    if (resource === undefined || !Array.isArray(rows)) return false;
    const { columnDefinitions } = tableOf(resource, [], {}, 'Metadata');
    const wanted = normalise(columns, 'columnDefinitions');
    if (JSON.stringify(normalise(columnDefinitions, 'columnDefinitions')) !== JSON.stringify(wanted)) return false;
    const had = new Set(
      this.#all
        .slice(this.#written)
        .filter(({ kind }) => kind === resource.kind)
        .map((object) => JSON.stringify(normalise(tableOf(resource, [object], {}, 'Metadata').rows[0]))),
    );
    return rows.length > 0 && rows.every((row) => had.has(JSON.stringify(normalise(row))));
  }

  /** Whether an object of that name has had the recorded status. */
  hasHadStatus(recorded: unknown): boolean {
    if (!isObject(recorded) || !isObject(recorded['metadata'])) return true;
    const { kind, status } = recorded;
    if (!isObject(status) || Object.keys(status).length === 0) return true;
    const { name } = recorded['metadata'];
    const wanted = JSON.stringify(normalise(status));
    return this.#all.some(
      (object) =>
        object.kind === kind &&
        object.metadata.name === name &&
        JSON.stringify(normalise(object.status ?? {})) === wanted,
    );
  }

  /** Our answer with the recorded status, where the object has had that status. */
  withStatusOf(ours: unknown, recorded: unknown): unknown {
    if (!isObject(ours) || !isObject(recorded) || !isObject(recorded['status']) || !this.hasHadStatus(recorded))
      return ours;
    return { ...ours, status: recorded['status'] };
  }

  #met(recorded: unknown, apiVersion: string, kind: string): boolean {
    const resource = resourceOfKind(apiVersion, kind);
    if (resource === undefined || !isObject(recorded)) return false;
    const wanted = JSON.stringify(normalise({ ...recorded, apiVersion, kind }));
    return this.#all
      .slice(this.#written)
      .some((object) => object.kind === kind && JSON.stringify(normalise(versioned(resource, object))) === wanted);
  }
}
