import type { KubeObject } from '../store/object-store.js';
import { badRequest } from '../store/status-error.js';

/** Which objects a list, a watch or a deletecollection is about. Throws StatusError 400 for a selector that cannot be read. */
export type Selector = (object: KubeObject) => boolean;

const everything: Selector = () => true;

const LABEL_TERM =
  /^\s*(!)?\s*([\w./-]+)\s*(?:(==|=|!=)\s*([\w.-]*)|\s+(in|notin)\s*\(([^)]*)\)|([<>])\s*(-?\d+))?\s*$/;

/** `app=shop,tier in (a, b),!legacy` */
export const labelSelector = (text: string | null): Selector => {
  if (text === null || text.trim() === '') return everything;
  const terms = splitTerms(text).map((term) => {
    const match = LABEL_TERM.exec(term);
    if (match === null) throw badRequest(`unable to parse requirement: ${unreadable(term)}`);
    const [, not, key = '', equality, value, set, members, order, bound] = match;
    const wanted = members?.split(',').map((member) => member.trim()) ?? [];
    return (object: KubeObject): boolean => {
      const label = object.metadata.labels?.[key];
      if (not !== undefined) return label === undefined;
      if (equality === '!=') return label !== value;
      if (equality !== undefined) return label === value;
      if (set === 'in') return label !== undefined && wanted.includes(label);
      if (set === 'notin') return label === undefined || !wanted.includes(label);
      if (order !== undefined)
        return label !== undefined && (order === '>' ? Number(label) > Number(bound) : Number(label) < Number(bound));
      return label !== undefined;
    };
  });
  return (object) => terms.every((holds) => holds(object));
};

/** What stands where something else had to, as Kubernetes' own parser finds it. */
const unreadable = (term: string): string => {
  const [, key, operator, next = ''] = /^\s*(!?[\w./-]*)\s*(notin|in|[=!<>]+|[^\s\w]+|\S*)\s*(\S*)/.exec(term) ?? [];
  if (key === '' || key === undefined) return `found '${operator ?? ''}', expected: !, identifier, or 'end of string'`;
  if (operator === 'in' || operator === 'notin') return `found '${next}' expected: '('`;
  return `found '${operator ?? ''}', expected: in, notin, =, ==, !=, gt, lt`;
};

const splitTerms = (text: string): string[] => {
  const terms: string[] = [];
  let depth = 0;
  let term = '';
  for (const char of text) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char === ',' && depth === 0) {
      terms.push(term);
      term = '';
    } else term += char;
  }
  return [...terms, term];
};

/** What can be selected by field beside name and namespace, by resource. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'core/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  'core/events': [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'core/secrets': ['type'],
  'core/namespaces': ['status.phase'],
  'core/nodes': ['spec.unschedulable'],
  'core/services': ['spec.clusterIP', 'spec.type'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
};

/** `metadata.name=web,status.phase!=Running` */
export const fieldSelector = (text: string | null, resourceKey: string): Selector => {
  if (text === null || text.trim() === '') return everything;
  const terms = text.split(',').map((term) => {
    const match = /^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(term);
    if (match === null) throw badRequest(`invalid field selector: ${term}; can't understand '${term}'`);
    const [, asked = '', operator, value = ''] = match;
    // The newer group of Events calls the object that an Event is about by another name.
    const field = resourceKey === 'core/events' ? asked.replace(/^regarding\./, 'involvedObject.') : asked;
    const known =
      field === 'metadata.name' || field === 'metadata.namespace' || (FIELDS[resourceKey] ?? []).includes(field);
    if (!known)
      throw badRequest(
        FIELDS[resourceKey] === undefined
          ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
          : `field label not supported: ${field}`,
      );
    return (object: KubeObject): boolean => (textAt(object, field) === value) === (operator !== '!=');
  });
  return (object) => terms.every((holds) => holds(object));
};

const textAt = (object: KubeObject, field: string): string => {
  let value: unknown = field === 'source' ? object['source'] : object;
  if (field === 'source') return String((value as { component?: string } | undefined)?.component ?? '');
  for (const part of field.split('.')) value = (value as Record<string, unknown> | undefined)?.[part];
  return value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
};
