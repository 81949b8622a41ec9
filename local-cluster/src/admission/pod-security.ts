import type { PodSpec } from '../resources/types.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { isObject } from '../store/json-tree.js';
import { forbidden } from '../store/status-error.js';
import { podSecurityViolations, type PodSecurityLevel } from './pod-security-checks.js';

/**
 * Pod Security admission: the labels `pod-security.kubernetes.io/enforce` and `…/warn` of a namespace. Enforcement
 * looks at pods; the warning also at the templates of workloads, so that `apply` says at once what will fail later.
 */
const LABEL = 'pod-security.kubernetes.io/';
const WITH_TEMPLATE = new Set([
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'apps/daemonsets',
  'batch/jobs',
  'core/replicationcontrollers',
]);

interface Policy {
  readonly level: PodSecurityLevel;
  readonly version: string;
}

/** Throws 403 where the pod is refused; calls `warn` with what is only warned of. */
export const checkPodSecurity = (
  store: ObjectStore,
  resourceKey: string,
  object: KubeObject,
  warn: (warning: string) => void,
): void => {
  const spec = podSpecOf(resourceKey, object);
  if (spec === undefined) return;
  const labels = store.get('core/namespaces', undefined, object.metadata.namespace ?? '')?.metadata.labels;
  const enforced = policyOf(labels, 'enforce');
  if (resourceKey === 'core/pods' && enforced !== undefined) {
    const why = violation(spec, enforced);
    if (why !== undefined) throw forbidden(resourceKey, object.metadata.name, `violates ${why}`);
  }
  const warned = policyOf(labels, 'warn');
  const why = warned === undefined ? undefined : violation(spec, warned);
  if (why !== undefined) warn(`would violate ${why}`);
};

const violation = (spec: PodSpec, { level, version }: Policy): string | undefined => {
  const found = podSecurityViolations(spec, level);
  return found.length === 0 ? undefined : `PodSecurity "${level}:${version}": ${found.join(', ')}`;
};

const policyOf = (labels: Record<string, string> | undefined, mode: 'enforce' | 'warn'): Policy | undefined => {
  const level = labels?.[`${LABEL}${mode}`];
  return level === 'baseline' || level === 'restricted'
    ? { level, version: labels?.[`${LABEL}${mode}-version`] ?? 'latest' }
    : undefined;
};

const podSpecOf = (resourceKey: string, object: KubeObject): PodSpec | undefined => {
  const inner =
    resourceKey === 'core/pods'
      ? object.spec
      : WITH_TEMPLATE.has(resourceKey)
        ? templateSpec(object.spec)
        : resourceKey === 'batch/cronjobs' && isObject(object.spec?.['jobTemplate'])
          ? templateSpec(object.spec['jobTemplate']['spec'])
          : undefined;
  return isObject(inner) ? (inner as unknown as PodSpec) : undefined;
};

const templateSpec = (spec: unknown): unknown =>
  isObject(spec) && isObject(spec['template']) ? spec['template']['spec'] : undefined;
