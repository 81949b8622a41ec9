import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import type { SchemaNode } from '../openapi/schema-catalog.js';
import { isObject, type JsonObject } from '../store/json-tree.js';
import { badRequest } from '../store/status-error.js';

/**
 * Strict decoding: fields that the schema does not know are named (and dropped, as every Kubernetes decoder does), values
 * of a wrong JSON type are refused. Paths are as Kubernetes writes them: `spec.template.spec.containers[0].imge`.
 */
export interface FieldCheck {
  /** `unknown field "spec.replicsa"`, in the order in which Kubernetes finds them. */
  readonly unknown: readonly string[];
  readonly object: JsonObject;
}

/** Throws StatusError 400 for a value that cannot be decoded. */
export const checkFields = (
  object: JsonObject,
  schema: SchemaNode | undefined,
  what: { readonly kind: string; readonly version: string },
): FieldCheck => {
  if (schema === undefined) return { unknown: [], object };
  const unknown: string[] = [];
  const checked = check(object, schema, what.kind, '', unknown, (message) => {
    throw badRequest(`${what.kind} in version "${what.version}" cannot be handled as a ${what.kind}: ${message}`);
  });
  return { unknown, object: checked as JsonObject };
};

const check = (
  value: unknown,
  node: SchemaNode,
  holder: string,
  at: string,
  unknown: string[],
  refuse: (message: string) => never,
): unknown => {
  if (value === null || value === undefined || node.open) return refuseWrongScalar(value, node, holder, at, refuse);
  if (node.fields.length > 0 || node.value !== undefined) {
    if (!isObject(value)) return refuse(wrongType(value, holder, at, node.fields.length > 0 ? goType(node) : 'map'));
    const known: JsonObject = {};
    const strange: string[] = [];
    for (const [key, child] of Object.entries(value)) {
      const next = node.field(key) ?? node.value;
      const path = at === '' ? key : `${at}.${key}`;
      if (next === undefined) strange.push(`unknown field "${path}"`);
      else known[key] = check(child, next, nameOf(node), path, unknown, refuse);
    }
    unknown.push(...strange); // deeper ones first
    return known;
  }
  if (node.item !== undefined) {
    if (!Array.isArray(value)) return refuse(wrongType(value, holder, at, `[]${goType(node.item)}`));
    const { item } = node;
    return (value as unknown[]).map((child, index) => check(child, item, holder, `${at}[${index}]`, unknown, refuse));
  }
  return refuseWrongScalar(value, node, holder, at, refuse);
};

const NO_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const GO_TYPE: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  integer: 'int32',
  int64: 'int64',
  number: 'float64',
};

const refuseWrongScalar = (
  value: unknown,
  node: SchemaNode,
  holder: string,
  at: string,
  refuse: (message: string) => never,
): unknown => {
  if (value === null || value === undefined) return value;
  if (node.quantity && quantityOf(value as string) === undefined) return refuse(NO_QUANTITY);
  if (node.format === 'byte' && typeof value === 'string') {
    const wrong = /[^A-Za-z0-9+/=\r\n]/.exec(value);
    if (wrong !== null) return refuse(`illegal base64 data at input byte ${String(wrong.index)}`);
  }
  const wanted = node.type;
  const fits =
    wanted === undefined || wanted === 'object' || wanted === 'array' || wanted === 'int-or-string'
      ? true
      : wanted === 'integer'
        ? Number.isInteger(value)
        : typeof value === wanted;
  return fits ? value : refuse(wrongType(value, holder, at, goType(node)));
};

/** `DeploymentSpec` of `io.k8s.api.apps.v1.DeploymentSpec`. */
const nameOf = ({ reference }: SchemaNode): string => reference?.split('.').at(-1) ?? '';

const goType = (node: SchemaNode): string =>
  node.reference === undefined
    ? (GO_TYPE[node.format === 'int64' ? 'int64' : (node.type ?? '')] ?? String(node.type))
    : node.reference.split('.').slice(-2).join('.');

/** In the words of Go's decoder: the struct that the field stands in, and the path without places in lists. */
const wrongType = (value: unknown, holder: string, at: string, wanted: string): string => {
  const seen = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return `json: cannot unmarshal ${seen} into Go struct field ${holder}.${at.replace(/\[\d+\]/g, '')} of type ${wanted}`;
};
