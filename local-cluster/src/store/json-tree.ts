/** Copying, comparing and freezing of plain JSON trees: what every Kubernetes object is. */
export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A deep copy that may be changed; members that are undefined are left out, as on the wire. */
export const cloneJson = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map((item: unknown) => cloneJson(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy: JsonObject = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) copy[key] = cloneJson<unknown>(member);
  return copy as T;
};

export const equalJson = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => equalJson(item, right[index]));
  }
  const a = left as JsonObject;
  const b = right as JsonObject;
  let members = 0;
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue;
    members += 1;
    if (!equalJson(a[key], b[key])) return false;
  }
  let others = 0;
  for (const key of Object.keys(b)) if (b[key] !== undefined) others += 1;
  return members === others;
};

export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
};
