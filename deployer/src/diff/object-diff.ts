/**
 * What a rollout changes of one object: live against what the server would make of it, so that defaults are on both sides and
 * do not show. Left out: what the server writes (status, managed fields, versions), and what every release changes by its
 * nature (its own id). Secrets are masked. Pure.
 */
import type { FieldChange, ObjectDiff } from '@aws-deployer/platform/contracts/preflight';
import { mask, MASKED } from '@aws-deployer/platform/masking/mask';
import { DEPLOYMENT_ANNOTATION, FIELD_MANAGER, LABEL, shortRelease } from '../deployments/manifests/identity.js';
import type { Manifest } from '../ports/cluster.js';
import { allFields, fieldDiff, within } from './field-diff.js';

/** Stands for an image that is not built yet. */
export const DIGEST_TO_COME = `sha256:${'0'.repeat(64)}`;
const TO_COME = ' (to be built)';
const SERVERS_ANNOTATIONS: readonly string[] = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  DEPLOYMENT_ANNOTATION,
];

export interface ObjectPair {
  readonly desired: Manifest;
  readonly live: Manifest | undefined;
  /** The answer of a dry run, with the server's defaults; undefined: there is none. */
  readonly result?: Manifest | undefined;
  /** It is deleted and made anew. */
  readonly recreated?: boolean;
}

export const diffObject = ({ desired, live, result, recreated = false }: ObjectPair): ObjectDiff => {
  const { kind, metadata } = desired;
  const about = { kind, name: withoutRelease(desired, metadata.name), namespace: metadata.namespace ?? null };
  const masked = (fields: readonly FieldChange[]) =>
    withNotes(
      fields.map((field) => maskChange(kind, variableOf(field))),
      desired,
    );
  if (live === undefined) {
    const fields = allFields(comparable(desired)).filter(({ path }) => !isMark(path));
    return { ...about, change: 'created', fields: masked(fields) };
  }
  const wanted = comparable(desired);
  const before = comparable(live);
  const fields =
    result === undefined ? fieldDiff(within(wanted, before), wanted) : fieldDiff(before, comparable(result));
  const change = recreated ? 'recreated' : fields.length === 0 ? 'unchanged' : 'changed';
  return { ...about, change, fields: masked(fields) };
};

/** The marks by which the platform knows its objects: on all of them, and no news. */
const isMark = (path: string): boolean =>
  MARKS.some((mark) => path === `metadata.labels[${mark}]` || path === `spec.template.metadata.labels[${mark}]`);
const MARKS: readonly string[] = Object.values(LABEL);

const RIGHTS = /\.securityContext(\.runAsNonRoot|\.capabilities(\.drop)?)?$/;

/** What nobody asked for by name is explained: that a pod has fewer rights, or more, follows from its image. */
function withNotes(fields: readonly FieldChange[], { metadata }: Manifest): FieldChange[] {
  const isOurs = metadata.labels?.[LABEL.managedBy] === FIELD_MANAGER;
  const first = fields.findIndex(({ path }) => isOurs && RIGHTS.test(path));
  return fields.map((field, index) => {
    if (index !== first) return field;
    const note =
      field.change === 'removed'
        ? 'The image no longer names its user by a number, so that it may need these rights to start'
        : 'The image names its user by a number, so that it starts without these rights; nothing else changes for it';
    return { ...field, note };
  });
}

/** A variable that comes or goes is told by its value, as one that changes is. */
function variableOf(field: FieldChange): FieldChange {
  const { name, ...rest } = (field.after ?? field.before ?? {}) as { name?: unknown };
  const [[key, value] = [], another] = Object.entries(rest);
  if (field.change === 'changed' || !/\.env\[[^\]]+\]$/.test(field.path)) return field;
  if (typeof name !== 'string' || key === undefined || another !== undefined) return field;
  const path = `${field.path}.${key}`;
  return field.change === 'added'
    ? { path, change: 'added', after: value }
    : { path, change: 'removed', before: value };
}

/** What there is to compare of an object, in words that do not change with each release. */
function comparable(object: Manifest): unknown {
  const { apiVersion: _version, kind: _kind, metadata, status: _status, ...rest } = object;
  return walk({ metadata: { labels: metadata.labels, annotations: metadata.annotations }, ...rest }, (text) =>
    withoutRelease(object, text),
  );
}

function walk(value: unknown, words: (text: string) => string): unknown {
  if (typeof value === 'string') return words(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, words));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => {
      if (SERVERS_ANNOTATIONS.includes(key) || item === undefined || key === 'creationTimestamp') return [];
      return [[key, walk(item, words)]];
    }),
  );
}

function withoutRelease(object: Manifest, text: string): string {
  const release = object.metadata.labels?.[LABEL.release];
  const named =
    release === undefined || release === ''
      ? text
      : text.replaceAll(release, '<release>').replaceAll(shortRelease(release), '<release>');
  return named.replace(`@${DIGEST_TO_COME}`, TO_COME);
}

/** Values of Secrets, of variables that are named like secrets, and whatever looks like one. */
function maskChange(kind: string, { path, change, before, after }: FieldChange): FieldChange {
  const hide = (value: unknown): unknown => {
    if (value === undefined) return undefined;
    if (kind === 'Secret' && /^(data|stringData)\b/.test(path)) return MASKED;
    const variable = /env\[([^\]]+)\]\.value$/.exec(path)?.[1];
    if (variable !== undefined) return (mask({ name: variable, value }) as { value: unknown }).value;
    const key = /^data\.([^.]+)$|annotations(?:\.|\[)([^\]]+)\]?$/.exec(path);
    const named = key?.[1] ?? key?.[2];
    if (named !== undefined) return (mask({ [named]: value }) as Record<string, unknown>)[named];
    return typeof value === 'object' ? maskVariables(value) : mask(value);
  };
  return {
    path,
    change,
    ...(before === undefined ? {} : { before: hide(before) }),
    ...(after === undefined ? {} : { after: hide(after) }),
  };
}

/** References to secrets by name are no secrets: only values of variables and shapes of secrets are masked. */
function maskVariables(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskVariables);
  if (typeof value !== 'object' || value === null) return mask(value);
  const { name, value: text } = value as { name?: unknown; value?: unknown };
  const entries = Object.entries(value).map(([key, item]) => [key, maskVariables(item)] as const);
  if (typeof name !== 'string' || text === undefined) return Object.fromEntries(entries);
  return { ...Object.fromEntries(entries), value: (mask({ name, value: text }) as { value: unknown }).value };
}
