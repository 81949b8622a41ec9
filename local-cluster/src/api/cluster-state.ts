import { join } from 'node:path';
import { makeFirstRoles } from '../access/first-roles.js';
import { RoleBasedAccess } from '../access/rbac.js';
import { RequestAccess } from '../access/request-access.js';
import { ServiceAccountTokens } from '../access/service-account-tokens.js';
import { KubernetesPolicy } from '../admission/kubernetes-policy.js';
import { InProcessClient } from '../store/in-process-client.js';
import { SqliteObjectStore } from '../store/sqlite-object-store.js';
import { GarbageCollector } from './garbage-collector.js';
import { NamespaceLifecycle } from './namespace-lifecycle.js';
import { ObjectRegistry } from './object-registry.js';

/**
 * Store, registry, garbage collector and namespaces of one cluster, wired together: what the HTTP server and the
 * in-process clients share. `stop` closes the file.
 */
export interface ClusterStateOptions {
  /** The folder of `local-cluster.sqlite`; undefined keeps everything in memory (tests). */
  readonly dataDir?: string;
  /** Where failures of background work are told; none of them ends the process. */
  readonly onError: (what: string, error: unknown) => void;
}

export interface ClusterState {
  readonly store: SqliteObjectStore;
  readonly registry: ObjectRegistry;
  readonly access: RequestAccess;
  /** A client whose writes are owned by `manager` (`kube-controller-manager`, `kubelet`). */
  clientFor(manager: string): InProcessClient;
  stop(): void;
}

export const openClusterState = ({ dataDir, onError }: ClusterStateOptions): ClusterState => {
  const store = new SqliteObjectStore({
    file: dataDir === undefined ? ':memory:' : join(dataDir, 'local-cluster.sqlite'),
    onListenerError: (error) => onError('a listener of the object store failed', error),
  });
  const policy = new KubernetesPolicy(store);
  const registry = new ObjectRegistry(store, policy);
  const namespaces = new NamespaceLifecycle(registry, (error) => onError('ending a namespace failed', error));
  const garbage = new GarbageCollector(registry, (error) => onError('garbage collection failed', error));
  namespaces.start();
  garbage.start();
  makeFirstRoles(registry);
  return {
    store,
    registry,
    access: new RequestAccess(new ServiceAccountTokens(store, dataDir), new RoleBasedAccess(store)),
    clientFor: (manager) => new InProcessClient(registry, { manager }),
    stop: () => {
      garbage.stop();
      namespaces.stop();
      policy.stop();
      store.close();
    },
  };
};
