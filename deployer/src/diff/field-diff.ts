/**
 * What differs between two values, field by field: pure. Lists of named things (containers, variables, ports, volumes) are
 * compared by name, so that an order or an insertion is no change of everything after it.
 */
import type { FieldChange } from '@aws-deployer/platform/contracts/preflight';

/** By which fields the items of a list are told apart, the first that all items have. */
const KEYS: readonly (readonly string[])[] = [
  ['name'],
  ['containerPort', 'protocol'],
  ['port', 'protocol'],
  ['port'],
  ['mountPath'],
  ['host'],
  ['path'],
  ['key', 'effect'],
  ['key'],
  ['type'],
  ['ip'],
];
type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Items by their name; undefined where they have none, or share it. */
const byKey = (items: readonly unknown[], keys: readonly string[]): Map<string, unknown> | undefined => {
  const named = new Map<string, unknown>();
  for (const item of items) {
    if (!isFields(item)) return undefined;
    const parts = keys.map((key) => item[key]);
    if (parts.some((part) => part === undefined || typeof part === 'object')) return undefined;
    const name = parts.map(String).join('/');
    if (named.has(name)) return undefined;
    named.set(name, item);
  }
  return named;
};
const keysFor = (a: readonly unknown[], b: readonly unknown[]): readonly string[] | undefined =>
  KEYS.find((keys) => byKey(a, keys) !== undefined && byKey(b, keys) !== undefined);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isFields(value) && Object.keys(value).length === 0);

const leaf = (path: string, before: unknown, after: unknown): readonly FieldChange[] => {
  if (JSON.stringify(before) === JSON.stringify(after) || (isEmpty(before) && isEmpty(after))) return [];
  if (isEmpty(before)) return [{ path, change: 'added', after }];
  if (isEmpty(after)) return [{ path, change: 'removed', before }];
  return [{ path, change: 'changed', before, after }];
};
const below = (path: string, key: string): string => {
  if (!/^[\w-]+$/.test(key)) return `${path}[${key}]`;
  return path === '' ? key : `${path}.${key}`;
};

export const fieldDiff = (before: unknown, after: unknown, path = ''): readonly FieldChange[] => {
  if (isFields(before) && isFields(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => fieldDiff(before[key], after[key], below(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const keys = keysFor(before, after);
    if (keys === undefined) return leaf(path, before, after);
    const [a, b] = [byKey(before, keys), byKey(after, keys)];
    const names = [...new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])])];
    return names.flatMap((name) => fieldDiff(a?.get(name), b?.get(name), `${path}[${name}]`));
  }
  return leaf(path, before, after);
};

/** Every field of something new, down to its values. */
export const allFields = (value: unknown, path = ''): readonly FieldChange[] => {
  if (isEmpty(value)) return [];
  if (isFields(value)) return Object.entries(value).flatMap(([key, item]) => allFields(item, below(path, key)));
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  const keys = items.length > 0 ? keysFor(items, []) : undefined;
  const named = keys && byKey(items, keys);
  if (named === undefined || items.some((item) => !isFields(item))) return [{ path, change: 'added', after: value }];
  return [...named].flatMap(([name, item]) => allFields(item, `${path}[${name}]`));
};

/** Of `value` only what `shape` speaks of: what a server filled in by itself is left out. */
export const within = (shape: unknown, value: unknown): unknown => {
  if (isFields(shape) && isFields(value))
    return Object.fromEntries(
      Object.keys(shape)
        .filter((key) => key in value)
        .map((key) => [key, within(shape[key], value[key])]),
    );
  if (Array.isArray(shape) && Array.isArray(value)) {
    const keys = keysFor(shape, value);
    const wanted = keys && byKey(shape, keys);
    if (keys === undefined || wanted === undefined) return value;
    return [...(byKey(value, keys) ?? [])].map(([name, item]) => within(wanted.get(name) ?? item, item));
  }
  return value;
};
