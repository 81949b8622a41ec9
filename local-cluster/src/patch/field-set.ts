import type { SchemaNode } from '../openapi/schema-catalog.js';
import { equalJson, isObject, type JsonObject } from '../store/json-tree.js';

/**
 * Sets of fields, as `metadata.managedFields[].fieldsV1` writes them: a tree whose members are `f:name` (a field),
 * `k:{"name":"web"}` (an item of a keyed list), `v:"x"` (an item of a set); `.` marks the node itself.
 */
export interface FieldTree {
  [member: string]: FieldTree;
}
/** One path in a tree: its members from the root. */
export type FieldPath = readonly string[];

export const SELF = '.';

/** The member that names an item of a list, undefined when it cannot be told from others (a key is missing). */
export const itemMember = (item: unknown, node: SchemaNode): string | undefined => {
  if (node.listType === 'set') return `v:${JSON.stringify(item)}`;
  if (!isObject(item)) return undefined;
  const keys: JsonObject = {};
  for (const key of [...node.listKeys].sort()) {
    const value = item[key] ?? node.item?.field(key)?.schema.default;
    if (value !== undefined) keys[key] = value;
  }
  return Object.keys(keys).length === 0 ? undefined : `k:${JSON.stringify(keys)}`;
};

const isGranularList = (node: SchemaNode | undefined): node is SchemaNode =>
  node !== undefined && node.listType !== 'atomic';
/** The map's schema, when `value` is a map whose fields are owned one by one. */
const granularMap = (value: unknown, node: SchemaNode | undefined): SchemaNode | undefined =>
  isObject(value) && node !== undefined && node.mapType !== 'atomic' && !node.open ? node : undefined;

/** Fields that are no one's: identity and what the server writes. */
const UNOWNED = new Set(['apiVersion', 'kind']);
const UNOWNED_METADATA = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'selfLink',
  'managedFields',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);
export const withoutUnowned = (object: JsonObject): JsonObject => {
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(object)) if (!UNOWNED.has(key)) rest[key] = value;
  if (isObject(rest['metadata']))
    rest['metadata'] = Object.fromEntries(
      Object.entries(rest['metadata']).filter(([key]) => !UNOWNED_METADATA.has(key)),
    );
  return rest;
};

/** The fields that an applied configuration names: the leaves, and the items themselves. */
export const appliedFields = (config: JsonObject, schema: SchemaNode | undefined): FieldTree =>
  fieldsOf(withoutUnowned(config), schema) ?? {};

/** An Apply marks the items of lists as its own, but not the maps and lists that hold them. */
const fieldsOf = (value: unknown, node: SchemaNode | undefined): FieldTree | undefined => {
  const map = granularMap(value, node);
  if (map !== undefined) {
    const members: FieldTree = {};
    for (const [key, child] of Object.entries(value as JsonObject)) {
      if (child === undefined) continue;
      const next = map.field(key) ?? map.value;
      const inner = fieldsOf(child, next);
      // `metadata: {}` says nothing; `emptyDir: {}` does.
      if (inner !== undefined || granularMap(child, next) === undefined || !isObject(next?.schema.default))
        members[`f:${key}`] = inner ?? {};
    }
    return Object.keys(members).length === 0 ? undefined : members;
  }
  if (Array.isArray(value) && isGranularList(node)) {
    const members: FieldTree = {};
    for (const item of value as unknown[]) {
      const member = itemMember(item, node);
      if (member === undefined) return undefined;
      const inner = node.listType === 'map' ? fieldsOf(item, node.item) : undefined;
      members[member] = inner === undefined ? {} : { [SELF]: {}, ...inner };
    }
    return Object.keys(members).length === 0 ? undefined : members;
  }
  return undefined;
};

/** The fields in which `next` differs from `previous`: what an Update comes to own, and what it takes away from others. */
export const changedFields = (
  previous: JsonObject,
  next: JsonObject,
  schema: SchemaNode | undefined,
): { readonly set: FieldTree; readonly removed: FieldTree } => {
  const set: FieldTree = {};
  const removed: FieldTree = {};
  compare(withoutUnowned(previous), withoutUnowned(next), schema, set, removed);
  return { set, removed };
};

const compare = (
  before: unknown,
  after: unknown,
  node: SchemaNode | undefined,
  set: FieldTree,
  removed: FieldTree,
): void => {
  const old = membersOf(before, node);
  const now = membersOf(after, node);
  for (const [member, { value, node: next, marked }] of now) {
    const known = old.get(member);
    const granular = granularMap(value, next) !== undefined || (Array.isArray(value) && isGranularList(next));
    if (known === undefined) {
      const tree = newMember(value, next, marked, member.startsWith('k:'));
      if (tree !== undefined) set[member] = tree;
    } else if (!equalJson(known.value, value)) {
      const sameShape =
        granular && (isObject(known.value) ? isObject(value) : Array.isArray(known.value) && Array.isArray(value));
      if (!sameShape) {
        set[member] = {};
        continue;
      }
      const [deeper, gone]: [FieldTree, FieldTree] = [{}, {}];
      compare(known.value, value, next, deeper, gone);
      if (Object.keys(deeper).length > 0) set[member] = deeper;
      if (Object.keys(gone).length > 0) removed[member] = gone;
    }
  }
  for (const [member, { value, node: next }] of old)
    if (!now.has(member)) removed[member] = { [SELF]: {}, ...everything(value, next, true) };
};

interface Member {
  readonly value: unknown;
  readonly node: SchemaNode | undefined;
  /** It holds others and is a member itself; what every object has (a struct by value, a required list) is not. */
  readonly marked: boolean;
}

const membersOf = (value: unknown, node: SchemaNode | undefined): Map<string, Member> => {
  const members = new Map<string, Member>();
  const map = granularMap(value, node);
  if (map !== undefined)
    for (const [key, child] of Object.entries(value as JsonObject)) {
      if (child === undefined) continue;
      const next = map.field(key) ?? map.value;
      const holds = granularMap(child, next) !== undefined || (Array.isArray(child) && isGranularList(next));
      const always = isObject(next?.schema.default) || map.required.includes(key);
      members.set(`f:${key}`, { value: child, node: next, marked: holds && !always });
    }
  else if (Array.isArray(value) && isGranularList(node))
    for (const item of value as unknown[]) {
      const member = itemMember(item, node);
      if (member !== undefined)
        members.set(member, {
          value: item,
          node: node.listType === 'map' ? node.item : undefined,
          marked: node.listType === 'map',
        });
    }
  return members;
};

/**
 * A member that was not there before; undefined for an empty struct that every object has. `fresh`: inside a list item that
 * is new itself, where nothing was there before.
 */
const newMember = (
  value: unknown,
  node: SchemaNode | undefined,
  marked: boolean,
  fresh: boolean,
): FieldTree | undefined => {
  const inner = everything(value, node, fresh);
  if (isEmpty(inner))
    return !fresh && granularMap(value, node) !== undefined && isObject(node?.schema.default) ? undefined : {};
  return marked ? { [SELF]: {}, ...inner } : inner;
};

const everything = (value: unknown, node: SchemaNode | undefined, fresh: boolean): FieldTree => {
  const tree: FieldTree = {};
  for (const [member, { value: child, node: next, marked }] of membersOf(value, node)) {
    const inner = newMember(child, next, marked, fresh || member.startsWith('k:'));
    if (inner !== undefined) tree[member] = inner;
  }
  return tree;
};

export const isEmpty = (tree: FieldTree): boolean => Object.keys(tree).length === 0;

export const union = (left: FieldTree, right: FieldTree): FieldTree => {
  const result: FieldTree = { ...left };
  for (const [member, tree] of Object.entries(right)) result[member] = union(result[member] ?? {}, tree);
  return result;
};

/** A node is a member of the set when it is a leaf or carries `.`. */
const isMember = (tree: FieldTree): boolean => isEmpty(tree) || SELF in tree;

/** `left` without the members of `right`; a node that loses all beneath it goes too, unless it is a member itself. */
export const without = (left: FieldTree, right: FieldTree): FieldTree => {
  const result: FieldTree = {};
  for (const [member, tree] of Object.entries(left)) {
    if (member === SELF) {
      if (!(SELF in right)) result[SELF] = {};
      continue;
    }
    const other = right[member];
    if (other === undefined) {
      result[member] = tree;
      continue;
    }
    if (isEmpty(tree)) {
      if (!isMember(other)) result[member] = tree;
      continue;
    }
    const rest = without(tree, isEmpty(other) ? { [SELF]: {} } : other);
    if (!isEmpty(rest)) result[member] = rest;
  }
  return result;
};

/** Everything at or beneath the members of `gone` leaves `owned`: the fields are not there any more. */
export const withoutSubtrees = (owned: FieldTree, gone: FieldTree): FieldTree => {
  const result: FieldTree = {};
  for (const [member, tree] of Object.entries(owned)) {
    const lost = gone[member];
    if (member === SELF) result[SELF] = {};
    else if (lost === undefined) result[member] = tree;
    else if (!isMember(lost)) {
      const rest = withoutSubtrees(tree, lost);
      if (!isEmpty(rest) || isEmpty(tree)) result[member] = rest;
    }
  }
  return result;
};

/** Every member of both, as paths. */
export const commonPaths = (left: FieldTree, right: FieldTree, at: FieldPath = []): FieldPath[] => {
  const paths: FieldPath[] = [];
  for (const [member, tree] of Object.entries(left)) {
    if (member === SELF) continue;
    const other = right[member];
    if (other === undefined) continue;
    const path = [...at, member];
    if (isMember(tree) && isMember(other)) paths.push(path);
    paths.push(...commonPaths(tree, other, path));
  }
  return paths;
};

export const paths = (tree: FieldTree, at: FieldPath = []): FieldPath[] => {
  const found: FieldPath[] = [];
  for (const [member, inner] of Object.entries(tree)) {
    if (member === SELF) continue;
    const path = [...at, member];
    if (isMember(inner)) found.push(path);
    found.push(...paths(inner, path));
  }
  return found;
};

export const contains = (tree: FieldTree, path: FieldPath): boolean => {
  let node: FieldTree | undefined = tree;
  for (const member of path) node = node?.[member];
  return node !== undefined && isMember(node);
};

/** `.spec.template.spec.containers[name="web"].image` */
export const pathText = (path: FieldPath): string =>
  path
    .map((member) => {
      if (member.startsWith('f:')) return `.${member.slice(2)}`;
      if (member.startsWith('v:')) return `[=${member.slice(2)}]`;
      const keys = JSON.parse(member.slice(2)) as JsonObject;
      return `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`;
    })
    .join('');
