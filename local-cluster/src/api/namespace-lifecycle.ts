import type { KubeObject, WatchEvent } from '../store/object-store.js';
import { isStatusError } from '../store/status-error.js';
import { RESOURCES, resourceOfKey } from '../resources/resource-definition.js';
import type { ObjectRegistry } from './object-registry.js';

/**
 * What every namespace has and how it ends: a ServiceAccount `default` and the ConfigMap `kube-root-ca.crt` when it
 * begins; when it is deleted, first all its objects, then its finalizer, then itself.
 *
 * Runs on the store's events; `stop` ends it. The first namespaces are made by `bootstrap`, once.
 */
const MANAGER = 'kube-controller-manager';
/** How long an empty namespace is still there, ending. */
const LINGER_MS = 300;
export const FIRST_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

const CA_DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

const namespacedKeys = [
  ...new Set(RESOURCES.filter((resource) => resource.namespaced && resource.stored).map((resource) => resource.key)),
];

export class NamespaceLifecycle {
  #unsubscribe: (() => void) | undefined;
  readonly #due = new Set<string>();
  #timer: NodeJS.Immediate | undefined;
  readonly #endingSince = new Map<string, number>();
  readonly #lingering = new Set<NodeJS.Timeout>();

  constructor(
    private readonly registry: ObjectRegistry,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    const { store } = this.registry;
    this.#unsubscribe = store.subscribe((event) => this.#onEvent(event));
    for (const name of FIRST_NAMESPACES)
      if (store.get('core/namespaces', undefined, name) === undefined)
        this.registry.create(
          resourceOfKey('core/namespaces'),
          { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
          { manager: 'kube-apiserver' },
        );
    for (const namespace of store.list('core/namespaces'))
      if (namespace.metadata.deletionTimestamp === undefined) this.#furnish(namespace.metadata.name);
      else this.#later(namespace.metadata.name);
  }

  stop(): void {
    this.#unsubscribe?.();
    if (this.#timer !== undefined) clearImmediate(this.#timer);
    for (const timer of this.#lingering) clearTimeout(timer);
  }

  #onEvent(event: WatchEvent): void {
    if (event.resource === 'core/namespaces') {
      if (event.type === 'ADDED') this.#furnish(event.object.metadata.name);
      else if (event.type === 'MODIFIED' && event.object.metadata.deletionTimestamp !== undefined)
        this.#later(event.object.metadata.name);
      return;
    }
    const namespace = event.object.metadata.namespace;
    if (event.type !== 'DELETED' || namespace === undefined) return;
    const home = this.registry.store.get('core/namespaces', undefined, namespace);
    if (home === undefined) return;
    if (home.metadata.deletionTimestamp !== undefined) this.#later(namespace);
    // Kubernetes puts both back when somebody deletes them.
    else if (event.resource === 'core/serviceaccounts' || event.resource === 'core/configmaps')
      this.#furnish(namespace);
  }

  #furnish(namespace: string): void {
    const { store } = this.registry;
    if (store.get('core/serviceaccounts', namespace, 'default') === undefined)
      this.registry.create(
        resourceOfKey('core/serviceaccounts'),
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
        { manager: MANAGER },
      );
    if (store.get('core/configmaps', namespace, 'kube-root-ca.crt') === undefined)
      this.registry.create(
        resourceOfKey('core/configmaps'),
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            name: 'kube-root-ca.crt',
            namespace,
            annotations: { 'kubernetes.io/description': CA_DESCRIPTION },
          },
          data: { 'ca.crt': '' },
        },
        { manager: MANAGER },
      );
  }

  #later(namespace: string): void {
    this.#due.add(namespace);
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined;
      const names = [...this.#due];
      this.#due.clear();
      for (const name of names) {
        try {
          this.#empty(name);
        } catch (error) {
          this.onError(error);
        }
      }
    });
  }

  /** Deletes what is left in the namespace; with nothing left, the namespace itself. */
  #empty(namespace: string): void {
    const { store } = this.registry;
    const home = store.get('core/namespaces', undefined, namespace);
    if (home?.metadata.deletionTimestamp === undefined) return;
    let left = 0;
    for (const key of namespacedKeys)
      for (const object of store.list(key, namespace)) {
        if (object.metadata.deletionTimestamp === undefined) this.#delete(key, object);
        if (store.get(key, namespace, object.metadata.name) !== undefined) left += 1;
      }
    if (left > 0) return;
    // Its end can be seen, as it can where emptying takes its time.
    const seenAt = this.#endingSince.get(namespace) ?? Date.now();
    this.#endingSince.set(namespace, seenAt);
    const wait = seenAt + LINGER_MS - Date.now();
    if (wait > 0) {
      this.#lingering.add(setTimeout(() => this.#later(namespace), wait));
      return;
    }
    this.#endingSince.delete(namespace);
    this.registry.finalizeNamespace(namespace);
  }

  #delete(key: string, object: KubeObject): void {
    try {
      this.registry.delete(resourceOfKey(key), object.metadata.namespace, object.metadata.name, {
        propagationPolicy: 'Background',
      });
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }
}
