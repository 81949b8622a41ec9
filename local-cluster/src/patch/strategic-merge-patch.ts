import type { SchemaNode } from '../openapi/schema-catalog.js';
import { cloneJson, equalJson, isObject, type JsonObject } from '../store/json-tree.js';
import { StatusError } from '../store/status-error.js';

/**
 * Kubernetes' strategic merge patch: lists of objects merge by their merge key, lists of scalars may be sets, and the
 * directives `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…` are honoured. Merge keys and
 * strategies come from the schema.
 */
export const applyStrategicMergePatch = (target: unknown, patch: unknown, schema: SchemaNode | undefined): unknown => {
  if (!isObject(patch)) return cloneJson(patch);
  return mergeObject(isObject(target) ? target : {}, patch, schema);
};

const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';

const mergeObject = (target: JsonObject, patch: JsonObject, schema: SchemaNode | undefined): JsonObject => {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const result: JsonObject = { ...target };
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained)) for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key];
  for (const [key, value] of Object.entries(patch)) {
    if (key === '$patch' || key === '$retainKeys' || key.startsWith(ORDER)) continue;
    if (key.startsWith(DELETE_FROM)) {
      const field = key.slice(DELETE_FROM.length);
      const list = result[field];
      if (Array.isArray(list) && Array.isArray(value))
        result[field] = list.filter((item: unknown) => !value.some((gone: unknown) => equalJson(gone, item)));
      continue;
    }
    const node = schema?.field(key) ?? schema?.value;
    if (value === null) delete result[key];
    else if (Array.isArray(value)) result[key] = mergeList(result[key], value, node, patch[`${ORDER}${key}`]);
    else if (isObject(value)) result[key] = mergeObject(isObject(result[key]) ? result[key] : {}, value, node);
    else result[key] = value;
  }
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(ORDER)) continue;
    const field = key.slice(ORDER.length);
    if (field in patch || !Array.isArray(result[field])) continue;
    result[field] = ordered(result[field], order, result[field], schema?.field(field)?.mergeKey);
  }
  return result;
};

const mergeList = (
  target: unknown,
  patch: readonly unknown[],
  node: SchemaNode | undefined,
  order: unknown,
): unknown[] => {
  const present: readonly unknown[] = Array.isArray(target) ? target : [];
  const merges = node?.patchStrategy.includes('merge') === true;
  if (!merges) return cloneJson(patch.filter((item) => !isDirectiveOnly(item)));
  const key = node.mergeKey;
  if (key === undefined) {
    const added = patch.filter((item) => !present.some((known) => equalJson(known, item)));
    return ordered([...present, ...cloneJson(added)], order ?? patch, present, undefined);
  }
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace' && !(key in item)))
    return patch
      .filter((item) => !isDirectiveOnly(item))
      .map((item) => (isObject(item) ? withoutDirectives(item) : item));
  let result = [...present];
  const added: unknown[] = [];
  for (const item of patch) {
    if (!isObject(item)) throw noMergeKey(item, key);
    if (item[key] === undefined) throw noMergeKey(item, key);
    const at = result.findIndex((known) => isObject(known) && equalJson(known[key], item[key]));
    if (item['$patch'] === 'delete')
      result = result.filter((known) => !(isObject(known) && equalJson(known[key], item[key])));
    else if (at < 0) added.push(mergeObject({}, item, node.item));
    else
      result[at] =
        item['$patch'] === 'replace' ? withoutDirectives(item) : mergeObject(result[at] as JsonObject, item, node.item);
  }
  return ordered([...result, ...added], order ?? patch, present, key);
};

const isDirectiveOnly = (item: unknown): boolean =>
  isObject(item) && '$patch' in item && Object.keys(item).length === 1;

const withoutDirectives = (patch: JsonObject): JsonObject =>
  cloneJson(Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$'))));

/**
 * The items that the patch names (or its `$setElementOrder`) in its order, and the others in the order they had; an item
 * of the one goes before one of the other where both were there before in that order, else what is named comes first.
 */
const ordered = (list: unknown[], order: unknown, before: readonly unknown[], key: string | undefined): unknown[] => {
  if (!Array.isArray(order)) return list;
  const indexIn = (items: readonly unknown[], item: unknown): number =>
    items.findIndex((other) =>
      key !== undefined && isObject(item) && isObject(other)
        ? equalJson(item[key], other[key])
        : equalJson(item, other),
    );
  const named = list.filter((item) => indexIn(order, item) >= 0).sort((a, b) => indexIn(order, a) - indexIn(order, b));
  const others = list.filter((item) => indexIn(order, item) < 0);
  const result: unknown[] = [];
  while (named.length > 0 && others.length > 0) {
    const [other, next] = [indexIn(before, others[0]), indexIn(before, named[0])];
    result.push(other >= 0 && next >= 0 && other < next ? others.shift() : named.shift());
  }
  return [...result, ...named, ...others];
};

const noMergeKey = (item: unknown, key: string): StatusError =>
  new StatusError(500, '', `map: ${goMap(item)} does not contain declared merge key: ${key}`);

/** As Go prints a map: `map[image:x]`. */
const goMap = (value: unknown): string =>
  isObject(value)
    ? `map[${Object.keys(value)
        .sort()
        .map((key) => `${key}:${goMap(value[key])}`)
        .join(' ')}]`
    : Array.isArray(value)
      ? `[${value.map(goMap).join(' ')}]`
      : String(value);
