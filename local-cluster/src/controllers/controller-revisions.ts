/**
 * The templates of a StatefulSet or DaemonSet as ControllerRevisions: the one of the present template is made or found
 * again (a rollback reuses it under a new number), old ones beyond the limit go.
 */
import type { ControllerRevision, PodTemplateSpec } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { KubeObject } from '../store/object-store.js';
import { controllerOf, controllerReference } from './ownership.js';
import { sameTemplate, templateHash } from './template-hash.js';

const REVISIONS = 'apps/controllerrevisions';
export const REVISION_LABEL = 'controller-revision-hash';
const HASH_LABEL = 'controller.kubernetes.io/hash';

export const hashOf = ({ metadata }: ControllerRevision): string => metadata.labels?.[HASH_LABEL] ?? '';

export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { $patch: _patch, ...template } = revision.data?.spec?.template ?? {};
  return template as unknown as PodTemplateSpec;
}

/** Of one owner, the oldest number first. */
export const revisionsOf = (client: ClusterClient, owner: KubeObject): ControllerRevision[] =>
  client
    .list<ControllerRevision>(REVISIONS, owner.metadata.namespace)
    .filter((revision) => controllerOf(revision)?.uid === owner.metadata.uid)
    .sort((a, b) => (a.revision ?? 0) - (b.revision ?? 0));

/** The revision of the present template, with the highest number. */
export function presentRevision(
  client: ClusterClient,
  owner: KubeObject,
  template: PodTemplateSpec,
): ControllerRevision {
  const known = revisionsOf(client, owner);
  const last = known.at(-1)?.revision ?? 0;
  const found = known.findLast((revision) => sameTemplate(templateOf(revision), template));
  if (found?.revision === last) return found;
  const { namespace, name } = owner.metadata;
  if (found !== undefined) {
    const renumbered = client.update<ControllerRevision>(REVISIONS, namespace, found.metadata.name, (fresh) => ({
      ...fresh,
      revision: last + 1,
    }));
    return renumbered ?? found;
  }
  const hash = templateHash(template, undefined);
  return client.create<ControllerRevision>(REVISIONS, {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata?.labels, [HASH_LABEL]: hash },
      ownerReferences: [controllerReference(owner)],
    },
    data: { spec: { template: { $patch: 'replace', ...template } } },
    revision: last + 1,
  });
}

/** Deletes the oldest beyond `limit`; those in `live` do not count. */
export function pruneRevisions(
  client: ClusterClient,
  owner: KubeObject,
  limit: number,
  live: ReadonlySet<string>,
): void {
  const old = revisionsOf(client, owner).filter(({ metadata }) => !live.has(metadata.name));
  for (const { metadata } of old.slice(0, Math.max(0, old.length - limit)))
    client.delete(REVISIONS, metadata.namespace, metadata.name);
}
