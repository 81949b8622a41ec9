/** The namespace of a rollout: made if it is missing, and known for gone or going. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster, ClusterRefusal, Manifest } from '../ports/cluster.js';
import { refOf } from './strategies/rolling.js';

/**
 * Makes it if it is missing; one that is there is left as it is, for it may be somebody else's. Throws as `Cluster.apply`, and
 * conflict/`namespace_terminating`.
 */
export const ensureNamespace = async (cluster: Cluster, namespace: Manifest, signal: AbortSignal): Promise<void> => {
  const found = await cluster.get(refOf(namespace), signal);
  if (found === undefined) await cluster.apply(namespace, {}, signal);
  else if (found.metadata.deletionTimestamp !== undefined) {
    const { name } = namespace.metadata;
    const message = `namespace ${name} is being terminated`;
    const causes = [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }];
    const cause: ClusterRefusal = { status: 403, reason: 'Forbidden', message, causes };
    throw new AppError('conflict', 'namespace_terminating', `The namespace ${name} is being deleted.`, { cause });
  }
};

/** False also while it is being deleted. */
export const namespaceStands = async (cluster: Cluster, namespace: Manifest, signal: AbortSignal): Promise<boolean> => {
  const found = await cluster.get(refOf(namespace), signal);
  return found !== undefined && found.metadata.deletionTimestamp === undefined;
};
