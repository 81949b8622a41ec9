/** Which pods of a workload are of its newest template: each kind says so in another way. Pure. */
import type { Manifest } from '../../ports/cluster.js';
import { canonicalJson } from '../manifests/manifest-set.js';
import type { ContainerSpec, Pod, WorkloadObject } from './objects.js';

export const WORKLOAD_KINDS = ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'Pod'] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];
export const isWorkloadKind = (kind: string): kind is WorkloadKind =>
  (WORKLOAD_KINDS as readonly string[]).includes(kind);

export const templateOf = (object: WorkloadObject): string => {
  const template = object.spec?.template;
  const { 'pod-template-hash': _hash, ...labels } = template?.metadata?.labels ?? {};
  return canonicalJson({ ...template, metadata: { ...template?.metadata, labels } });
};
const revisionOf = (object: Manifest): number =>
  Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
export const ownedBy = (object: Manifest, owner: Manifest): boolean =>
  object.metadata.ownerReferences?.some(({ uid, kind, name }) =>
    owner.metadata.uid === undefined ? kind === owner.kind && name === owner.metadata.name : uid === owner.metadata.uid,
  ) === true;

/** As the Deployment controller does: the set with the same template; an old one may be taken up again under a new revision. */
export const newestSet = (workload: WorkloadObject, sets: readonly WorkloadObject[]): WorkloadObject | undefined => {
  const wanted = templateOf(workload);
  return sets.filter((set) => templateOf(set) === wanted).toSorted((a, b) => revisionOf(b) - revisionOf(a))[0];
};

const REVISION = 'controller-revision-hash';

/** What an image, command or setting of the template is, the pod of that template has too; the server may have added to it. */
const within = (wanted: unknown, had: unknown): boolean => {
  if (Array.isArray(wanted)) return Array.isArray(had) && canonicalJson(wanted) === canonicalJson(had);
  if (typeof wanted !== 'object' || wanted === null) return wanted === had;
  if (typeof had !== 'object' || had === null) return false;
  return Object.entries(wanted).every(([key, value]) => within(value, (had as Record<string, unknown>)[key]));
};
const MOUNTS = new Set(['volumeMounts', 'terminationMessagePath', 'terminationMessagePolicy', 'imagePullPolicy']);
const essence = (container: ContainerSpec): object =>
  Object.fromEntries(Object.entries(container).filter(([key]) => !MOUNTS.has(key)));
const isOfTemplate = (pod: Pod, workload: WorkloadObject): boolean =>
  (workload.spec?.template?.spec?.containers ?? []).every((wanted) => {
    const had = pod.spec?.containers?.find(({ name }) => name === wanted.name);
    return had !== undefined && within(essence(wanted), had);
  });

/** A DaemonSet's status does not name its newest revision: the newest ControllerRevision does, else the template is compared. */
const isOfDaemonSet = (pod: Pod, set: WorkloadObject, revisions: readonly Manifest[]): boolean => {
  const newest = revisions
    .filter((revision) => ownedBy(revision, set))
    .toSorted((a, b) => Number(b['revision'] ?? 0) - Number(a['revision'] ?? 0))[0];
  const hash = newest?.metadata.labels?.[REVISION] ?? newest?.metadata.name.slice(set.metadata.name.length + 1);
  const carried = pod.metadata.labels?.[REVISION];
  // The new revision may arrive after the set; pods of the old one are then told by their template.
  if (hash !== undefined && carried !== undefined && hash !== carried) return false;
  return isOfTemplate(pod, set);
};

/** Whether a pod of this owner is of the newest template. */
export const isNewest = (pod: Pod, owner: WorkloadObject, revisions: readonly Manifest[]): boolean => {
  if (owner.kind === 'DaemonSet') return isOfDaemonSet(pod, owner, revisions);
  if (owner.kind !== 'StatefulSet') return true;
  const revision = owner.status?.updateRevision;
  const seen = (owner.status?.observedGeneration ?? 0) >= (owner.metadata.generation ?? 0);
  return seen && revision !== undefined && pod.metadata.labels?.[REVISION] === revision;
};
