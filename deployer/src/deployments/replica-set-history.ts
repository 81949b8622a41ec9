/**
 * ReplicaSets of earlier releases stay at zero, so that going back starts at once; only the newest few of them are kept.
 * (Those of a Deployment are its own business.)
 */
import type { Cluster, Manifest } from '../ports/cluster.js';
import type { Deployment } from './deployment.js';
import { applicationLabels } from './manifests/identity.js';
import { refOf } from './strategies/rolling.js';

const KEPT = 5;
const REPLICA_SETS = { apiVersion: 'apps/v1', kind: 'ReplicaSet' } as const;

const isIdle = ({ metadata, ...object }: Manifest): boolean =>
  metadata.ownerReferences?.some(({ controller }) => controller === true) !== true &&
  (object['spec'] as { replicas?: number } | undefined)?.replicas === 0;

export async function pruneReplicaSets(
  cluster: Cluster,
  of: Pick<Deployment, 'application' | 'environment' | 'namespace'>,
  signal: AbortSignal,
): Promise<void> {
  const found = await cluster.list(REPLICA_SETS, of.namespace, applicationLabels(of), signal);
  const idle = found
    .filter(isIdle)
    .toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
  for (const old of idle.slice(KEPT)) await cluster.remove(refOf(old), signal);
}
