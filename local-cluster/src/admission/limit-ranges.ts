import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import type { LimitRange, PersistentVolumeClaim, Pod, Quantities } from '../resources/types.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { forbidden } from '../store/status-error.js';
import { QuantitySum } from '../resources/quantity-format.js';
import { containersOf } from './pod-containers.js';

/**
 * LimitRange: the requests and limits that it gives to containers without their own, and the refusal of what lies
 * outside its bounds, in the words of Kubernetes' LimitRanger.
 */
type Item = NonNullable<LimitRange['spec']>['limits'][number];

const itemsOf = (store: ObjectStore, namespace: string | undefined): readonly Item[] =>
  (store.list('core/limitranges', namespace) as readonly LimitRange[]).flatMap(({ spec }) => spec?.limits ?? []);

/** Changes a new pod in place and notes in an annotation what was set. */
export const applyLimitRangeDefaults = (store: ObjectStore, pod: Pod): void => {
  const items = itemsOf(store, pod.metadata.namespace).filter(({ type }) => type === 'Container');
  if (items.length === 0) return;
  const said: string[] = [];
  // The plugin speaks of the containers first, then of the init containers.
  const containers = containersOf(pod.spec).sort((a, b) => Number(a.init) - Number(b.init));
  for (const { container, init } of containers) {
    const resources = (container.resources ??= {});
    for (const [side, word, values] of [
      ['requests', 'request', merged(items, 'defaultRequest')],
      ['limits', 'limit', merged(items, 'default')],
    ] as const) {
      const given = Object.keys(values)
        .filter((name) => resources[side]?.[name] === undefined)
        .sort();
      if (given.length === 0) continue;
      resources[side] = { ...resources[side], ...Object.fromEntries(given.map((name) => [name, values[name] ?? '0'])) };
      said.push(`${given.join(', ')} ${word} for ${init ? 'init container' : 'container'} ${container.name}`);
    }
  }
  if (said.length > 0)
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${said.join('; ')}`,
    };
};

/** The first range that names a resource gives it. */
const merged = (items: readonly Item[], key: 'default' | 'defaultRequest'): Quantities =>
  Object.assign({}, ...[...items].reverse().map((item) => item[key] ?? {})) as Quantities;

/** Throws 403 with everything that lies outside the namespace's ranges. */
export const checkLimitRanges = (store: ObjectStore, resourceKey: string, object: KubeObject): void => {
  if (resourceKey !== 'core/pods' && resourceKey !== 'core/persistentvolumeclaims') return;
  const problems = itemsOf(store, object.metadata.namespace).flatMap((item) => violations(item, resourceKey, object));
  if (problems.length === 0) return;
  const why = problems.length === 1 ? String(problems[0]) : `[${problems.join(', ')}]`;
  throw forbidden(resourceKey, object.metadata.name, why);
};

const violations = (item: Item, resourceKey: string, object: KubeObject): string[] => {
  if (resourceKey === 'core/persistentvolumeclaims')
    return item.type === 'PersistentVolumeClaim'
      ? outside(item, (object as PersistentVolumeClaim).spec?.resources ?? {}, { requestsOnly: true })
      : [];
  const { spec } = object as Pod;
  if (item.type === 'Container')
    return containersOf(spec).flatMap(({ container }) => outside(item, container.resources ?? {}));
  if (item.type !== 'Pod') return [];
  return outside(item, { requests: summed(spec, 'requests'), limits: summed(spec, 'limits') });
};

const summed = (spec: Pod['spec'], side: 'requests' | 'limits'): Quantities => {
  const sums = new Map<string, QuantitySum>();
  for (const { container, init } of containersOf(spec)) {
    if (init) continue;
    for (const [name, quantity] of Object.entries(container.resources?.[side] ?? {}))
      sums.set(name, (sums.get(name) ?? new QuantitySum()).add(quantity));
  }
  return Object.fromEntries([...sums].map(([name, sum]) => [name, sum.toString()]));
};

const outside = (
  { type, min, max, maxLimitRequestRatio }: Item,
  { requests = {}, limits = {} }: { requests?: Quantities; limits?: Quantities },
  { requestsOnly = false } = {},
): string[] => {
  const problems: string[] = [];
  const say = (bound: string, name: string, enforced: string, why: string): void =>
    void problems.push(`${bound} ${name} usage per ${type} is ${enforced}${why}`);
  for (const [name, enforced] of Object.entries(min ?? {}).sort()) {
    const least = quantityOf(enforced) ?? 0;
    const [request, limit] = [quantityOf(requests[name]), quantityOf(limits[name])];
    if (request === undefined) say('minimum', name, enforced, '.  No request is specified');
    else if (request < least) say('minimum', name, enforced, `, but request is ${String(requests[name])}`);
    else if (limit !== undefined && limit < least)
      say('minimum', name, enforced, `, but limit is ${String(limits[name])}`);
  }
  for (const [name, enforced] of Object.entries(max ?? {}).sort()) {
    const most = quantityOf(enforced) ?? Infinity;
    const [request, limit] = [quantityOf(requests[name]), quantityOf(limits[name])];
    if (limit === undefined && !requestsOnly) say('maximum', name, enforced, '.  No limit is specified');
    else if (limit !== undefined && limit > most)
      say('maximum', name, enforced, `, but limit is ${String(limits[name])}`);
    else if (request !== undefined && request > most)
      say('maximum', name, enforced, `, but request is ${String(requests[name])}`);
  }
  for (const [name, enforced] of Object.entries(maxLimitRequestRatio ?? {}).sort()) {
    const [request, limit] = [quantityOf(requests[name]) ?? 0, quantityOf(limits[name]) ?? 0];
    if (request === 0 || limit === 0)
      problems.push(
        `${name} max limit to request ratio per ${type} is ${enforced}, but no ${request === 0 ? 'request' : 'limit'} is specified or ${request === 0 ? 'request' : 'limit'} is 0`,
      );
    else if (limit / request > (quantityOf(enforced) ?? Infinity))
      problems.push(
        `${name} max limit to request ratio per ${type} is ${enforced}, but provided ratio is ${(limit / request).toFixed(6)}`,
      );
  }
  return problems;
};
