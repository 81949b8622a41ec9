/**
 * The ReplicaSets of a Deployment as revisions: which one runs the present template, what its annotations must say,
 * which old ones are beyond the history limit. Pure.
 */
import type { Deployment, DeploymentSpec, ReplicaSet } from '../resources/types.js';
import { controllerReference } from './ownership.js';
import { fenceposts } from './rolling-update.js';
import { HASH_LABEL, sameTemplate, templateHash } from './template-hash.js';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';
/** Annotations of a Deployment that are its own and not copied to its ReplicaSets. */
const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

export const createdAt = (set: ReplicaSet): number => Date.parse(set.metadata.creationTimestamp ?? '') || 0;
export const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  createdAt(a) - createdAt(b) || a.metadata.name.localeCompare(b.metadata.name);
export const revisionOf = (set: ReplicaSet): number => Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;

/** The ReplicaSet of the present template: the oldest of several, as Kubernetes settles a race. */
export const currentReplicaSet = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  [...sets].sort(byAge).find((set) => {
    const template = set.spec?.template;
    return deployment.spec !== undefined && template !== undefined && sameTemplate(template, deployment.spec.template);
  });

export const scaleAnnotations = (deployment: Deployment): Record<string, string> => {
  const replicas = deployment.spec?.replicas ?? 1;
  const surge = deployment.spec === undefined ? 0 : fenceposts(deployment.spec).maxSurge;
  return { [DESIRED_REPLICAS]: String(replicas), [MAX_REPLICAS]: String(replicas + surge) };
};

/** The annotations a ReplicaSet of the present template must have when the old ones go up to `maxOldRevision`. */
export function revisionAnnotations(
  deployment: Deployment,
  present: Readonly<Record<string, string>> | undefined,
  maxOldRevision: number,
): Record<string, string> {
  const annotations: Record<string, string> = { ...present };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {}))
    if (!NOT_COPIED.has(key)) annotations[key] = value;
  const revision = annotations[REVISION];
  if (Number(revision ?? 0) >= maxOldRevision + 1) return annotations;
  annotations[REVISION] = String(maxOldRevision + 1);
  // An older revision rolled out again: what it was called before stays readable.
  if (revision !== undefined)
    annotations[REVISION_HISTORY] =
      annotations[REVISION_HISTORY] === undefined ? revision : `${annotations[REVISION_HISTORY]},${revision}`;
  return annotations;
}

/** The old ReplicaSets to delete: beyond the history limit, oldest revision first, and only those that hold nothing. */
export function beyondHistory(deployment: Deployment, olds: readonly ReplicaSet[]): ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit ?? 10;
  const alive = olds.filter((set) => set.metadata.deletionTimestamp === undefined);
  const excess = alive.length - limit;
  if (excess <= 0) return [];
  return alive
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, excess)
    .filter(
      (set) =>
        (set.status?.replicas ?? 0) === 0 &&
        (set.spec?.replicas ?? 0) === 0 &&
        (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    );
}

/** The ReplicaSet of the present template, to be created: named and selected by the template's hash. */
export function replicaSetOf(
  deployment: Deployment,
  spec: DeploymentSpec,
  replicas: number,
  maxOldRevision: number,
): ReplicaSet {
  const { name, namespace } = deployment.metadata;
  const hash = templateHash(spec.template, deployment.status?.collisionCount);
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash };
  const minReadySeconds = spec.minReadySeconds ?? 0;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: { ...revisionAnnotations(deployment, undefined, maxOldRevision), ...scaleAnnotations(deployment) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}
