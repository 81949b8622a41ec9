import type { KubeObject } from '../store/object-store.js';
import type { Pod } from '../resources/types.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';

/**
 * How an object goes: at once, after a grace period that the kubelet ends (pods), or when its finalizers are gone.
 * Pure; the registry carries it out and the garbage collector takes the finalizers away again.
 */
export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: PropagationPolicy | undefined;
  readonly preconditions?:
    { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
}

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
const DEFAULT_GRACE_SECONDS = 30;

/** Whole seconds, UTC: the only precision that `metav1.Time` has. */
export const timestamp = (at = Date.now()): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** Only pods end gracefully; one that no node has, or that has ended already, goes at once. */
const graceOf = (resource: ResourceDefinition, object: KubeObject, asked: number | undefined): number => {
  if (resource.key !== 'core/pods') return 0;
  const pod = object as Pod;
  if ((pod.spec?.nodeName ?? '') === '' || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed')
    return 0;
  if (asked === undefined) return pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  return asked < 0 ? 1 : asked;
};

const finalizersFor = (object: KubeObject, policy: PropagationPolicy | undefined): string[] => {
  const kept = (object.metadata.finalizers ?? []).filter((name) =>
    policy === undefined ? true : name !== FOREGROUND && name !== ORPHAN,
  );
  if (policy === 'Foreground') kept.push(FOREGROUND);
  if (policy === 'Orphan') kept.push(ORPHAN);
  return kept;
};

/** The object as the DELETE leaves it, and whether it is gone with that. */
export const markDeleted = (
  resource: ResourceDefinition,
  stored: KubeObject,
  options: DeleteOptions,
): { readonly object: KubeObject; readonly gone: boolean } => {
  const grace = graceOf(resource, stored, options.gracePeriodSeconds);
  const finalizers = finalizersFor(stored, options.propagationPolicy);
  const marked = stored.metadata.deletionTimestamp !== undefined;
  const before = stored.metadata.deletionGracePeriodSeconds;
  // A second delete can only shorten the grace period.
  const shortened = marked && before !== undefined && grace < before;
  const object: KubeObject = { ...stored, metadata: { ...stored.metadata } };
  const { metadata } = object;
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  if (!marked || shortened) {
    metadata.deletionTimestamp = timestamp(Date.now() + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
    if (!marked && metadata.generation !== undefined) metadata.generation += 1;
  }
  const gone = endsNow(resource, object);
  // What goes at once is answered as it was; a namespace ends by itself, without a grace period.
  if (gone && resource.key !== 'core/pods') return { object: stored, gone };
  if (resource.key === 'core/namespaces') {
    delete metadata.deletionGracePeriodSeconds;
    object.status = { ...object.status, phase: 'Terminating' };
  }
  return { object, gone };
};

/** True when nothing keeps a marked object any longer. */
export const endsNow = (resource: ResourceDefinition, object: KubeObject): boolean => {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  if (resource.key === 'core/namespaces') {
    const kept = (object.spec as { finalizers?: string[] } | undefined)?.finalizers;
    return (kept?.length ?? 0) === 0;
  }
  return (deletionGracePeriodSeconds ?? 0) === 0;
};
