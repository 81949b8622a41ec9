import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { cloneJson, deepFreeze, equalJson } from './json-tree.js';
import type { KubeObject, ObjectStore, ResourceKey, WatchEvent } from './object-store.js';
import { alreadyExists, modifiedMeanwhile, notFound } from './status-error.js';

/**
 * The object store over one SQLite file: every write is one statement in the file before the call returns, every read
 * comes from memory.
 *
 * Durability  WAL with synchronous=NORMAL: a killed process loses nothing that was answered; a power cut may lose the
 *             last moments but never corrupts the file. This is one developer's machine, and FULL would cost an fsync
 *             for each of a rollout's hundred writes.
 * Versions    one counter. It is reserved in blocks, so a restart goes on past the last block and never back.
 * History     the last `historySize` events, in memory: after a restart a watcher from an old version gets 410 and
 *             lists again, which every Kubernetes client does.
 * Order       listeners are called inside the write, in order of versions also when a listener writes itself.
 */
export interface SqliteObjectStoreOptions {
  /** The database file, or `:memory:`. */
  readonly file: string;
  /** How many past events `since` can give back. */
  readonly historySize?: number;
  /** A listener that throws must not fail the write that it heard of. */
  readonly onListenerError: (error: unknown) => void;
}

const VERSION_BLOCK = 1000;

type Names = Map<string, KubeObject>;

interface Shelf {
  readonly namespaces: Map<string, Names>;
  /** Sorted lists, dropped when an object comes, goes or changes. */
  readonly lists: Map<string, readonly KubeObject[]>;
}

const ALL = '\u0000all';

/** `at` follows Kubernetes: whole seconds, UTC. */
const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

export class SqliteObjectStore implements ObjectStore {
  readonly #db: Database.Database;
  readonly #upsert: Database.Statement<[string, string, string, number, string]>;
  readonly #delete: Database.Statement<[string, string, string]>;
  readonly #reserve: Database.Statement<[number]>;
  readonly #shelves = new Map<ResourceKey, Shelf>();
  readonly #listeners = new Set<(event: WatchEvent) => void>();
  readonly #history: WatchEvent[] = [];
  readonly #historySize: number;
  readonly #onListenerError: (error: unknown) => void;
  #oldest: number;
  #version: number;
  #reserved: number;
  readonly #pending: WatchEvent[] = [];
  #dispatching = false;

  constructor({ file, historySize = 2_000, onListenerError }: SqliteObjectStoreOptions) {
    this.#historySize = historySize;
    this.#onListenerError = onListenerError;
    this.#db = new Database(file);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = NORMAL');
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS objects (
         resource TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
         PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID;
       CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY CHECK (id = 1), reserved INTEGER NOT NULL);
       INSERT OR IGNORE INTO counter (id, reserved) VALUES (1, 0);`,
    );
    this.#upsert = this.#db.prepare(
      `INSERT INTO objects (resource, namespace, name, version, body) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (resource, namespace, name) DO UPDATE SET version = excluded.version, body = excluded.body`,
    );
    this.#delete = this.#db.prepare('DELETE FROM objects WHERE resource = ? AND namespace = ? AND name = ?');
    this.#reserve = this.#db.prepare('UPDATE counter SET reserved = ? WHERE id = 1');
    const { reserved } = this.#db.prepare('SELECT reserved FROM counter').get() as { reserved: number };
    this.#version = reserved;
    this.#reserved = reserved;
    this.#oldest = reserved;
    for (const row of this.#db.prepare('SELECT resource, body FROM objects').iterate() as Iterable<{
      resource: string;
      body: string;
    }>)
      this.#place(row.resource, deepFreeze(JSON.parse(row.body) as KubeObject));
  }

  get currentVersion(): number {
    return this.#version;
  }

  get(resource: ResourceKey, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#shelves
      .get(resource)
      ?.namespaces.get(namespace ?? '')
      ?.get(name);
  }

  list(resource: ResourceKey, namespace?: string): readonly KubeObject[] {
    const shelf = this.#shelves.get(resource);
    if (shelf === undefined) return [];
    const key = namespace ?? ALL;
    const kept = shelf.lists.get(key);
    if (kept !== undefined) return kept;
    const spaces = namespace === undefined ? [...shelf.namespaces.keys()].sort() : [namespace];
    const items = spaces.flatMap((space) => {
      const names = shelf.namespaces.get(space);
      return names === undefined
        ? []
        : [...names.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
    });
    shelf.lists.set(key, Object.freeze(items));
    return items;
  }

  create(resource: ResourceKey, object: KubeObject): KubeObject {
    const { name, namespace } = object.metadata;
    if (this.get(resource, namespace, name) !== undefined) throw alreadyExists(resource, name);
    const metadata = { ...object.metadata };
    metadata.uid ??= randomUUID();
    metadata.creationTimestamp ??= now();
    return this.#write('ADDED', resource, { ...object, metadata }, undefined);
  }

  put(resource: ResourceKey, object: KubeObject): KubeObject {
    const { name, namespace, resourceVersion } = object.metadata;
    const stored = this.get(resource, namespace, name);
    if (stored === undefined) throw notFound(resource, name);
    if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== stored.metadata.resourceVersion)
      throw modifiedMeanwhile(resource, name);
    const { uid, creationTimestamp } = stored.metadata;
    const metadata = {
      ...object.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(stored.metadata.resourceVersion === undefined ? {} : { resourceVersion: stored.metadata.resourceVersion }),
    };
    const next = { ...object, metadata };
    if (equalJson(next, stored)) return stored;
    return this.#write('MODIFIED', resource, next, stored);
  }

  remove(resource: ResourceKey, namespace: string | undefined, name: string): KubeObject | undefined {
    const stored = this.get(resource, namespace, name);
    if (stored === undefined) return undefined;
    const version = this.#nextVersion();
    this.#delete.run(resource, namespace ?? '', name);
    const shelf = this.#shelf(resource);
    const names = shelf.namespaces.get(namespace ?? '');
    names?.delete(name);
    if (names?.size === 0) shelf.namespaces.delete(namespace ?? '');
    this.#forgetLists(shelf, namespace);
    const last = deepFreeze({ ...stored, metadata: { ...stored.metadata, resourceVersion: String(version) } });
    this.#announce({ type: 'DELETED', resource, object: last, previous: stored, resourceVersion: version });
    return last;
  }

  subscribe(listener: (event: WatchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  since(version: number): readonly WatchEvent[] | undefined {
    if (version < this.#oldest) return undefined;
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#history[middle]?.resourceVersion ?? 0) <= version) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low);
  }

  close(): void {
    this.#listeners.clear();
    this.#db.close();
  }

  #write(type: 'ADDED' | 'MODIFIED', resource: ResourceKey, object: KubeObject, previous: KubeObject | undefined) {
    const version = this.#nextVersion();
    const next = deepFreeze(
      cloneJson({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }),
    );
    const { namespace, name } = next.metadata;
    this.#upsert.run(resource, namespace ?? '', name, version, JSON.stringify(next));
    this.#place(resource, next);
    this.#announce({
      type,
      resource,
      object: next,
      ...(previous === undefined ? {} : { previous }),
      resourceVersion: version,
    });
    return next;
  }

  #nextVersion(): number {
    if (this.#version >= this.#reserved) {
      this.#reserve.run(this.#version + VERSION_BLOCK);
      this.#reserved = this.#version + VERSION_BLOCK;
    }
    this.#version += 1;
    return this.#version;
  }

  #shelf(resource: ResourceKey): Shelf {
    let shelf = this.#shelves.get(resource);
    if (shelf === undefined) this.#shelves.set(resource, (shelf = { namespaces: new Map(), lists: new Map() }));
    return shelf;
  }

  #place(resource: ResourceKey, object: KubeObject): void {
    const shelf = this.#shelf(resource);
    const namespace = object.metadata.namespace ?? '';
    let names = shelf.namespaces.get(namespace);
    if (names === undefined) shelf.namespaces.set(namespace, (names = new Map<string, KubeObject>()));
    names.set(object.metadata.name, object);
    this.#forgetLists(shelf, namespace);
  }

  #forgetLists(shelf: Shelf, namespace: string | undefined): void {
    shelf.lists.delete(ALL);
    shelf.lists.delete(namespace ?? '');
  }

  #announce(event: WatchEvent): void {
    this.#history.push(event);
    if (this.#history.length > this.#historySize) {
      // Dropping a tenth at a time keeps the cost of a write constant on average.
      const dropped = this.#history.splice(0, Math.max(1, Math.floor(this.#historySize / 10)));
      this.#oldest = dropped.at(-1)?.resourceVersion ?? this.#oldest;
    }
    this.#pending.push(event);
    if (this.#dispatching) return;
    this.#dispatching = true;
    try {
      for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift())
        for (const listener of [...this.#listeners]) this.#tell(listener, next);
    } finally {
      this.#dispatching = false;
    }
  }

  #tell(listener: (event: WatchEvent) => void, event: WatchEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.#onListenerError(error);
    }
  }
}
