/**
 * The rolling strategy as a pure plan: what is applied before the new pods are ready, and what after.
 *
 * A Deployment rolls by itself behind a Service that selects all its pods. A ReplicaSet does not: each release is its own
 * ReplicaSet, the Service moves to it when it is ready, and the others go to zero after the drain. So a Service whose selector
 * changes is applied last, and one whose selector stays is applied first. The plan is read from the manifest set alone: a
 * rollback of a stored set follows the same plan as its first rollout.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Manifest, ObjectRef } from '../../ports/cluster.js';
import { LABEL } from '../manifests/identity.js';

export interface RollingPlan {
  readonly namespace: Manifest;
  readonly workload: Manifest;
  readonly service: Manifest;
  readonly ingress: Manifest | undefined;
  readonly application: string;
  readonly environment: string;
  readonly releaseId: string;
  readonly replicas: number;
  /** Seconds from leaving the endpoints to being stopped. */
  readonly drainSeconds: number;
}

export const refOf = (manifest: Manifest): ObjectRef => ({
  apiVersion: manifest.apiVersion,
  kind: manifest.kind,
  namespace: manifest.metadata.namespace,
  name: manifest.metadata.name,
});

interface WorkloadSpec {
  readonly replicas?: number;
  readonly template?: {
    readonly spec?: {
      readonly containers?: readonly {
        readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds?: number } } };
      }[];
    };
  };
}

export const planRolling = (manifests: readonly Manifest[]): RollingPlan => {
  const only = (...kinds: string[]): Manifest => {
    const found = manifests.find((manifest) => kinds.includes(manifest.kind));
    if (found === undefined)
      throw new AppError('internal', 'manifest_set_damaged', `The manifest set has no ${kinds.join(' or ')}.`);
    return found;
  };
  const workload = only('Deployment', 'ReplicaSet');
  const spec = workload['spec'] as WorkloadSpec;
  const labels = workload.metadata.labels ?? {};
  return {
    namespace: only('Namespace'),
    workload,
    service: only('Service'),
    ingress: manifests.find((manifest) => manifest.kind === 'Ingress'),
    application: labels[LABEL.application] ?? '',
    environment: labels[LABEL.environment] ?? '',
    releaseId: labels[LABEL.release] ?? '',
    replicas: spec.replicas ?? 1,
    drainSeconds: spec.template?.spec?.containers?.[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0,
  };
};
