/**
 * What the log keeps of a body that its schema refused. A masker knows a secret by the name of its field; a field that
 * the schema does not know may be a secret under a wrong name (`value` for `values`), so nothing of it is kept but its name.
 */
import type { z } from 'zod';
import { MASKED } from '../masking/mask.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** A copy of `body` with the value of every unknown field, and of every part that has no known shape, masked. */
export function recordableBody(body: unknown, error: z.ZodError): unknown {
  return unknownPaths(error.issues, []).reduce<unknown>((copy, path) => masked(copy, path), body);
}

/** Of a body, the named fields alone; a body that is no object is no field. */
export function onlyFields(body: unknown, names: readonly string[] | undefined): unknown {
  if (names === undefined) return body;
  if (typeof body !== 'object' || body === null) return null;
  return Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)));
}

const unknownPaths = (issues: readonly Issue[], parent: Path): Path[] =>
  issues.flatMap((issue): Path[] => {
    const path = [...parent, ...issue.path];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => [...path, key]);
      case 'invalid_type':
        return path.length === 0 ? [path] : []; // a bare text where an object was wanted
      case 'invalid_union': {
        const [first, ...others] = issue.errors.map((errors) => unknownPaths(errors, path));
        if (first === undefined) return [path.slice(0, -1)]; // an unknown discriminator: nothing beside it is known either
        return first.filter((one) => others.every((paths) => paths.some((other) => isSame(one, other))));
      }
      default:
        return [];
    }
  });

const isSame = (a: Path, b: Path): boolean => a.length === b.length && a.every((key, index) => key === b[index]);

function masked(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return MASKED;
  if (Array.isArray(value))
    return value.map((item, index) => (index === Number(key) ? masked(item, rest) : (item as unknown)));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === key ? masked(item, rest) : (item as unknown)]),
  );
}
