import { isObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import type { FieldProblem } from '../store/status-error.js';

/** Names, labels, annotations and finalizers: the rules that every kind shares, in Kubernetes' words. Pure. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

export const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
export const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

export const bad = (field: string, value: unknown, message: string): FieldProblem => ({
  field,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
});
export const required = (field: string, why = ''): FieldProblem => ({
  field,
  reason: 'FieldValueRequired',
  message: `Required value${why === '' ? '' : `: ${why}`}`,
});

/** Kinds whose name becomes a host name, and so is a label. */
const LABEL_NAMED = new Set(['core/services', 'core/namespaces']);
/** Kinds whose names may hold anything that fits into a URL path. */
const FREELY_NAMED = /^rbac\.|^core\/events$|^discovery/;

export const isLabel = (text: string): boolean => text.length <= 63 && LABEL.test(text);

export const validateMetadata = (resourceKey: string, object: KubeObject): FieldProblem[] => {
  const { name, labels, finalizers } = object.metadata;
  const problems: FieldProblem[] = [];
  if (name === '') problems.push(required('metadata.name', 'name or generateName is required'));
  else if (LABEL_NAMED.has(resourceKey)) {
    if (!LABEL.test(name)) problems.push(bad('metadata.name', name, LABEL_RULE));
    else if (name.length > 63) problems.push(bad('metadata.name', name, 'must be no more than 63 characters'));
  } else if (!FREELY_NAMED.test(resourceKey)) {
    if (!SUBDOMAIN.test(name)) problems.push(bad('metadata.name', name, SUBDOMAIN_RULE));
    else if (name.length > 253) problems.push(bad('metadata.name', name, 'must be no more than 253 characters'));
  }
  problems.push(...validateLabels(labels, 'metadata.labels'));
  for (const [index, finalizer] of (finalizers ?? []).entries()) {
    if (!QUALIFIED.test(finalizer.split('/').at(-1) ?? ''))
      problems.push(bad(`metadata.finalizers[${index}]`, finalizer, QUALIFIED_RULE));
    else if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer))
      problems.push(
        bad(
          `metadata.finalizers[${index}]`,
          finalizer,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      );
  }
  return problems;
};
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

export const validateLabels = (labels: unknown, field: string): FieldProblem[] => {
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => {
    const problems: FieldProblem[] = [];
    const local = key.split('/').at(-1) ?? '';
    if (!QUALIFIED.test(local) || local.length > 63) problems.push(bad(field, key, QUALIFIED_RULE));
    if (typeof value === 'string' && value !== '' && (!QUALIFIED.test(value) || value.length > 63))
      problems.push(bad(field, value, VALUE_RULE));
    return problems;
  });
};
