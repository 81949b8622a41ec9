/** The pods of a StatefulSet and their claims: names by ordinal, what is new in a pod of one. Pure. */
import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../resources/types.js';
import { controllerReference } from './ownership.js';
import { REVISION_LABEL, templateOf } from './controller-revisions.js';
import { podFromTemplate } from './pod-from-template.js';

/** -1 for a pod that is not named as one of the set's. */
export const ordinalOf = (set: StatefulSet, pod: Pod): number => {
  const [, parent, ordinal] = /^(.+)-(\d+)$/.exec(pod.metadata.name) ?? [];
  return parent === set.metadata.name ? Number(ordinal) : -1;
};

export const revisionOfPod = (pod: Pod): string => pod.metadata.labels?.[REVISION_LABEL] ?? '';

const claimName = (template: PersistentVolumeClaim, set: StatefulSet, ordinal: number): string =>
  `${template.metadata.name}-${set.metadata.name}-${String(ordinal)}`;

export function statefulPod(set: StatefulSet, revision: ControllerRevision, ordinal: number): Pod {
  const name = `${set.metadata.name}-${String(ordinal)}`;
  const pod = podFromTemplate(set, templateOf(revision), name);
  const claims = set.spec?.volumeClaimTemplates ?? [];
  const claimed = new Set(claims.map(({ metadata }) => metadata.name));
  const spec = pod.spec ?? { containers: [] };
  const serviceName = set.spec?.serviceName ?? '';
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [REVISION_LABEL]: revision.metadata.name,
        'statefulset.kubernetes.io/pod-name': name,
      },
    },
    spec: {
      ...spec,
      hostname: name,
      ...(serviceName === '' ? {} : { subdomain: serviceName }),
      ...(claims.length === 0
        ? {}
        : {
            volumes: [
              ...claims.map((template) => ({
                name: template.metadata.name,
                persistentVolumeClaim: { claimName: claimName(template, set, ordinal) },
              })),
              ...(spec.volumes ?? []).filter((volume) => !claimed.has(volume.name)),
            ],
          }),
    },
  };
}

export const statefulClaims = (set: StatefulSet, ordinal: number): PersistentVolumeClaim[] =>
  (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimName(template, set, ordinal),
      ...(set.metadata.namespace === undefined ? {} : { namespace: set.metadata.namespace }),
      labels: { ...template.metadata.labels, ...set.spec?.selector.matchLabels },
      ...(template.metadata.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ...(set.spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
        ? { ownerReferences: [controllerReference(set)] }
        : {}),
    },
    ...(template.spec === undefined ? {} : { spec: template.spec }),
  }));
