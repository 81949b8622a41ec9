import { schemaOfKind, type SchemaNode } from '../openapi/schema-catalog.js';
import { cloneJson, equalJson, isObject, type JsonObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import { StatusError } from '../store/status-error.js';
import {
  appliedFields,
  commonPaths,
  contains,
  isEmpty,
  itemMember,
  pathText,
  SELF,
  union,
  without,
  type FieldPath,
  type FieldTree,
} from './field-set.js';
import { entryFor, managedFieldsOf, put, sameManager, sorted, type ManagedFieldsEntry } from './managed-fields.js';

/**
 * Server-side apply: the configuration is merged into the live object, what its manager applied before and leaves out now
 * is removed unless somebody else owns it, and a value that another manager owns is a conflict unless forced.
 *
 * Throws StatusError 409 Conflict naming managers and fields; 500 for a field that the schema does not declare (as
 * Kubernetes does). Returns a new object with its managedFields; the caller defaults, validates and stores it.
 */
export interface ApplyRequest {
  readonly live: KubeObject | undefined;
  readonly config: KubeObject;
  readonly manager: string;
  readonly force: boolean;
  readonly subresource?: string | undefined;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  /** The namespace that the configuration itself names: errors repeat it. */
  readonly sentNamespace: string | undefined;
}

export const applyConfiguration = ({
  live,
  config,
  manager,
  force,
  subresource,
  now,
  sentNamespace,
}: ApplyRequest): KubeObject => {
  const schema = schemaOfKind(config.apiVersion, config.kind);
  const undeclared = schema === undefined ? undefined : firstUndeclared(config, schema, '');
  const named = sentNamespace ?? '';
  if (undeclared !== undefined)
    throw new StatusError(
      500,
      '',
      `failed to create typed patch object (${named}/${config.metadata.name}; ${config.apiVersion}, Kind=${config.kind}): ${undeclared}`,
    );
  const { managedFields: _sent, ...metadata } = config.metadata;
  const wanted = cloneJson({ ...config, metadata }) as KubeObject;
  const applied = appliedFields(wanted, schema);
  const entryOf = (object: KubeObject, fields: FieldTree, time: string | undefined): ManagedFieldsEntry => {
    const { time: _at, ...entry } = entryFor(object, manager, 'Apply', subresource, fields, now);
    return time === undefined ? entry : { ...entry, time };
  };
  if (live === undefined) {
    put(wanted, [entryOf(wanted, applied, now)]);
    return wanted;
  }
  const entries = managedFieldsOf(live);
  const mine = entries.find((entry) => sameManager(entry, manager, 'Apply', subresource));
  const others = entries.filter((entry) => entry !== mine);
  const conflicts = findConflicts(others, applied, live, wanted, schema);
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);
  const merged = merge(live, wanted, schema) as KubeObject;
  const dropped = mine === undefined ? {} : without(mine.fieldsV1, applied);
  const held = others.reduce<FieldTree>((all, entry) => union(all, entry.fieldsV1), {});
  removeFields(merged, dropped, schema, held, applied, []);
  const lost = conflicts.reduce<FieldTree>((all, { path }) => union(all, treeOf(path)), {});
  const kept = others
    .map((entry) => (isEmpty(lost) ? entry : { ...entry, fieldsV1: without(entry.fieldsV1, lost) }))
    .filter((entry) => !isEmpty(entry.fieldsV1));
  const same = mine !== undefined && equalJson(mine.fieldsV1, applied) && mine.apiVersion === wanted.apiVersion;
  merged.metadata = { ...merged.metadata };
  const changed = changes(live, merged);
  const own = same && !changed ? mine : entryOf(wanted, applied, changed ? now : mine?.time);

  put(merged, same && !changed && isEmpty(lost) ? entries : sorted(isEmpty(applied) ? kept : [...kept, own]));
  return merged;
};

/** Whether an apply changes more than who owns what: only then it counts as the manager's doing of now. */
const changes = (live: KubeObject, merged: KubeObject): boolean => {
  const bare = ({ metadata: { managedFields: _owners, ...metadata }, ...rest }: KubeObject): unknown => ({
    ...rest,
    metadata,
  });
  return !equalJson(bare(live), bare(merged));
};

interface FieldConflict {
  readonly entry: ManagedFieldsEntry;
  readonly path: FieldPath;
}

const findConflicts = (
  others: readonly ManagedFieldsEntry[],
  applied: FieldTree,
  live: KubeObject,
  wanted: KubeObject,
  schema: SchemaNode | undefined,
): FieldConflict[] =>
  others.flatMap((entry) =>
    commonPaths(applied, entry.fieldsV1)
      // An item of a list is no conflict by being there; only values are.
      .filter((path) => !isContainer(applied, path))
      .filter(
        (path) => !equalJson(valueAt(live as JsonObject, path, schema), valueAt(wanted as JsonObject, path, schema)),
      )
      .map((path) => ({ entry, path })),
  );

const isContainer = (tree: FieldTree, path: FieldPath): boolean => {
  let node: FieldTree | undefined = tree;
  for (const member of path) node = node?.[member];
  return node !== undefined && !isEmpty(node);
};

const nameOf = ({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string =>
  `"${manager}"${subresource === undefined ? '' : ` with subresource "${subresource}"`}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;

const conflictError = (conflicts: readonly FieldConflict[]): StatusError => {
  const byManager = new Map<string, string[]>();
  for (const { entry, path } of conflicts)
    byManager.set(nameOf(entry), [...(byManager.get(nameOf(entry)) ?? []), pathText(path)]);
  const words = [...byManager].map(([name, fields]) =>
    fields.length === 1
      ? `conflict with ${name}: ${fields[0] ?? ''}`
      : `conflicts with ${name}:\n${fields.map((field) => `- ${field}`).join('\n')}`,
  );
  return new StatusError(
    409,
    'Conflict',
    `Apply failed with ${conflicts.length} conflict${conflicts.length === 1 ? '' : 's'}: ${words.join('\n')}`,
    {
      causes: conflicts.map(({ entry, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${nameOf(entry)}`,
        field: pathText(path),
      })),
    },
  );
};

const treeOf = (path: FieldPath): FieldTree => path.reduceRight<FieldTree>((tree, member) => ({ [member]: tree }), {});

/** Steps one member down, in the value and in its schema. */
const step = (
  value: unknown,
  node: SchemaNode | undefined,
  member: string,
): { value: unknown; node: SchemaNode | undefined } => {
  if (member.startsWith('f:')) {
    const key = member.slice(2);
    return { value: isObject(value) ? value[key] : undefined, node: node?.field(key) ?? node?.value };
  }
  const item =
    Array.isArray(value) && node !== undefined
      ? (value as unknown[]).find((one) => itemMember(one, node) === member)
      : undefined;
  return { value: item, node: node?.item };
};

const valueAt = (root: JsonObject, path: FieldPath, schema: SchemaNode | undefined): unknown => {
  let at: { value: unknown; node: SchemaNode | undefined } = { value: root, node: schema };
  for (const member of path) at = step(at.value, at.node, member);
  return at.value;
};

const merge = (live: unknown, wanted: unknown, node: SchemaNode | undefined): unknown => {
  if (isObject(live) && isObject(wanted) && node !== undefined && node.mapType !== 'atomic') {
    const result: JsonObject = { ...live };
    for (const [key, value] of Object.entries(wanted))
      result[key] = merge(live[key], value, node.field(key) ?? node.value);
    return result;
  }
  if (Array.isArray(live) && Array.isArray(wanted) && node !== undefined && node.listType !== 'atomic')
    return mergeList(live, wanted, node);
  return wanted;
};

/** The applied order rules; live items that the configuration does not name stay behind their predecessors. */
const mergeList = (live: readonly unknown[], wanted: readonly unknown[], node: SchemaNode): unknown[] => {
  const names = wanted.map((item) => itemMember(item, node));
  const known = new Map(live.map((item) => [itemMember(item, node), item]));
  const merged = wanted.map((item, index) => {
    const present = known.get(names[index]);
    return present === undefined || node.listType === 'set' ? item : merge(present, item, node.item);
  });
  const result: unknown[] = [];
  let next = 0;
  for (const item of live) {
    const at = names.indexOf(itemMember(item, node));
    if (at < 0) result.push(item);
    else while (next <= at) result.push(merged[next++]);
  }
  while (next < merged.length) result.push(merged[next++]);
  return result;
};

/** Takes what was dropped out of `value`, in place of its own copies, unless another manager holds it. */
const removeFields = (
  value: JsonObject,
  dropped: FieldTree,
  schema: SchemaNode | undefined,
  held: FieldTree,
  applied: FieldTree,
  at: FieldPath,
): void => {
  for (const [member, tree] of Object.entries(dropped)) {
    if (member === SELF || !member.startsWith('f:')) continue;
    const key = member.slice(2);
    const path = [...at, member];
    const node = schema?.field(key) ?? schema?.value;
    const child = value[key];
    if (isEmpty(tree)) {
      if (!contains(held, path) && !hasBeneath(held, path) && !hasBeneath(applied, path)) delete value[key];
    } else if (Array.isArray(child) && node !== undefined) {
      value[key] = prunedList(child, tree, node, held, applied, path);
      if ((value[key] as unknown[]).length === 0) delete value[key];
    } else if (isObject(child)) {
      const copy = { ...child };
      value[key] = copy;
      removeFields(copy, tree, node, held, applied, path);
      // A map that was only there for what is gone now goes too.
      if (Object.keys(copy).length === 0 && !hasBeneath(held, path) && !hasBeneath(applied, path)) delete value[key];
    }
  }
};

const prunedList = (
  list: readonly unknown[],
  dropped: FieldTree,
  node: SchemaNode,
  held: FieldTree,
  applied: FieldTree,
  at: FieldPath,
): unknown[] =>
  list.flatMap((item) => {
    const member = itemMember(item, node);
    const tree = member === undefined ? undefined : dropped[member];
    if (member === undefined || tree === undefined) return [item];
    const path = [...at, member];
    if ((isEmpty(tree) || SELF in tree) && !hasBeneath(held, path) && !hasBeneath(applied, path)) return [];
    if (!isObject(item)) return [item];
    const copy = { ...item };
    removeFields(copy, tree, node.item, held, applied, path);
    return [copy];
  });

const hasBeneath = (tree: FieldTree, path: FieldPath): boolean => {
  let node: FieldTree | undefined = tree;
  for (const member of path) node = node?.[member];
  return node !== undefined;
};

const firstUndeclared = (value: unknown, node: SchemaNode, at: string): string | undefined => {
  if (node.open) return undefined;
  if (isObject(value)) {
    for (const [key, child] of Object.entries(value)) {
      const next = node.field(key) ?? node.value;
      if (next === undefined && node.fields.length > 0) return `${at}.${key}: field not declared in schema`;
      const found = next === undefined ? undefined : firstUndeclared(child, next, `${at}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!Array.isArray(value) || node.item === undefined) return undefined;
  const { item } = node;
  for (const [index, child] of (value as unknown[]).entries()) {
    const member = itemMember(child, node);
    const name = member?.startsWith('k:') === true ? pathText([member]) : `[${index}]`;
    const found = firstUndeclared(child, item, `${at}${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
};
