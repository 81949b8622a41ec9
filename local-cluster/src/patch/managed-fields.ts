import { schemaOfKind } from '../openapi/schema-catalog.js';
import { equalJson } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import { changedFields, isEmpty, SELF, union, without, withoutSubtrees, type FieldTree } from './field-set.js';

/** Who owns which field: `metadata.managedFields`, kept on every write. Times are whole seconds, UTC. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldTree;
  readonly subresource?: string;
}

export const managedFieldsOf = (object: KubeObject): readonly ManagedFieldsEntry[] =>
  (object.metadata.managedFields ?? []) as readonly ManagedFieldsEntry[];

export const sameManager = (
  entry: ManagedFieldsEntry,
  manager: string,
  operation: 'Apply' | 'Update',
  subresource: string | undefined,
): boolean =>
  entry.manager === manager && entry.operation === operation && (entry.subresource ?? '') === (subresource ?? '');

/**
 * Records an ordinary write: what it changed becomes its manager's, and nobody else's. `object.metadata.managedFields` is
 * written in place, whatever the caller sent there.
 */
export const trackUpdate = (
  object: KubeObject,
  existing: KubeObject | undefined,
  manager: string,
  subresource: string | undefined,
  now: string,
): void => {
  // What had no owner of fields when it was made gets none by mere updates, as in Kubernetes.
  if (existing !== undefined && (existing.metadata.managedFields ?? []).length === 0) {
    delete object.metadata.managedFields;
    return;
  }
  const schema = schemaOfKind(object.apiVersion, object.kind);
  const before = existing === undefined ? {} : managedFieldsOf(existing);
  const { set, removed } = changedFields(existing ?? EMPTY[object.kind] ?? {}, object, schema);
  const entries = Array.isArray(before) ? [...(before as ManagedFieldsEntry[])] : [];
  if (isEmpty(set) && isEmpty(removed)) {
    put(object, entries);
    return;
  }
  const kept: ManagedFieldsEntry[] = [];
  let own: ManagedFieldsEntry | undefined;
  for (const entry of entries) {
    const mine = sameManager(entry, manager, 'Update', subresource);
    const alive = withoutSubtrees(entry.fieldsV1, removed);
    const fieldsV1 = mine ? union(alive, set) : without(alive, set);
    if (mine)
      own = { ...entry, fieldsV1, ...(equalJson(fieldsV1, entry.fieldsV1) && isEmpty(set) ? {} : { time: now }) };
    else if (!isEmpty(fieldsV1)) kept.push(equalJson(fieldsV1, entry.fieldsV1) ? entry : { ...entry, fieldsV1 });
  }
  if (own === undefined && !isEmpty(set)) own = entryFor(object, manager, 'Update', subresource, set, now);
  if (own !== undefined && !isEmpty(own.fieldsV1)) kept.push(own);
  put(object, sorted(kept));
};

/** What every new object of a kind carries without anybody having set it. */
const EMPTY: Readonly<Record<string, KubeObject>> = {
  Event: {
    eventTime: null,
    firstTimestamp: null,
    lastTimestamp: null,
    reportingComponent: '',
    reportingInstance: '',
  } as unknown as KubeObject,
};

export const entryFor = (
  object: KubeObject,
  manager: string,
  operation: 'Apply' | 'Update',
  subresource: string | undefined,
  fieldsV1: FieldTree,
  time: string,
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: object.apiVersion,
  time,
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...(subresource === undefined ? {} : { subresource }),
});

/** Takes fields from whoever has them. */
export const disown = (object: KubeObject, fields: FieldTree): void => {
  const left = managedFieldsOf(object).map((entry) => ({ ...entry, fieldsV1: without(entry.fieldsV1, fields) }));
  put(
    object,
    left.filter((entry) => !isEmpty(entry.fieldsV1)),
  );
};

export const put = (object: KubeObject, entries: readonly ManagedFieldsEntry[]): void => {
  if (entries.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries.map((entry) => ({ ...entry, fieldsV1: plain(entry.fieldsV1) }));
};

/** A member that holds nothing more is written without its mark. */
const plain = (tree: FieldTree): FieldTree =>
  Object.fromEntries(Object.entries(tree).map(([member, inner]) => [member, onlyItself(inner) ? {} : plain(inner)]));
const onlyItself = (tree: FieldTree): boolean => SELF in tree && Object.keys(tree).length === 1;

/** Applies first, then by time, then by name: as Kubernetes lists them. */
export const sorted = (entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] =>
  [...entries].sort(
    (a, b) =>
      compare(a.operation, b.operation) ||
      compare(a.time ?? '', b.time ?? '') ||
      compare(a.manager, b.manager) ||
      compare(a.subresource ?? '', b.subresource ?? ''),
  );
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
