import type { ResourceDefinition } from '../resources/resource-definition.js';
import type { KubeObject } from '../store/object-store.js';
import { columnsOf } from './table-columns.js';

/** The server's tables: what `kubectl get` prints. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: object;
  readonly columnDefinitions: readonly object[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: object | null }[];
}

export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** One table of objects; `metadata` is the list's (or the object's own resourceVersion). */
export const tableOf = (
  resource: ResourceDefinition,
  objects: readonly KubeObject[],
  metadata: object,
  include: IncludeObject,
): Table => {
  const columns = columnsOf(resource);
  const now = Date.now();
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type = 'string', wide }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: wide === true ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now) ?? ''),
      object: include === 'None' ? null : include === 'Object' ? object : partialMetadata(object),
    })),
  };
};

export const partialMetadata = (object: KubeObject): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
});
