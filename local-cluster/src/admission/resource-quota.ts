import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import { isPodFinished } from '../controllers/pod-state.js';
import { QuantitySum } from '../resources/quantity-format.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';
import type { PersistentVolumeClaim, Pod, Quantities, ResourceQuota, Service } from '../resources/types.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { forbidden } from '../store/status-error.js';
import { containersOf } from './pod-containers.js';
import { podInScopes } from './quota-scopes.js';

/**
 * ResourceQuota: what each object counts for, what a namespace uses, and the refusal of what would exceed it. The
 * admission counts the store itself, so it never lags; the status is written by controllers/quota-controller.ts.
 */
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'] as const;
const PLAIN_COUNTS = new Set([
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]);

/** `count/deployments.apps`, `count/pods`. */
const countName = ({ group, plural }: Pick<ResourceDefinition, 'group' | 'plural'>): string =>
  `count/${plural}${group === '' ? '' : `.${group}`}`;

type Usage = Map<string, string>;

/** What one object adds to each resource name that a quota may limit. */
export const usageOf = (resource: Pick<ResourceDefinition, 'key' | 'group' | 'plural'>, object: KubeObject): Usage => {
  const usage: Usage = new Map([[countName(resource), '1']]);
  if (resource.group === '' && PLAIN_COUNTS.has(resource.plural)) usage.set(resource.plural, '1');
  switch (resource.key) {
    case 'core/pods':
      return podUsage(object as Pod, usage);
    case 'core/services':
      return serviceUsage(object, usage);
    case 'core/persistentvolumeclaims': {
      const { resources, storageClassName } = (object as PersistentVolumeClaim).spec ?? {};
      const storage = resources?.requests?.['storage'] ?? '0';
      usage.set('requests.storage', storage);
      if (storageClassName !== undefined) {
        usage.set(`${storageClassName}.storageclass.storage.k8s.io/requests.storage`, storage);
        usage.set(`${storageClassName}.storageclass.storage.k8s.io/persistentvolumeclaims`, '1');
      }
      return usage;
    }
    default:
      return usage;
  }
};

const podUsage = (pod: Pod, usage: Usage): Usage => {
  if (isPodFinished(pod)) return new Map([[countName({ group: '', plural: 'pods' }), '1']]);
  for (const name of COMPUTE) {
    const requests = podQuantity(pod, 'requests', name);
    const limits = podQuantity(pod, 'limits', name);
    if (requests !== undefined) usage.set(name, requests).set(`requests.${name}`, requests);
    if (limits !== undefined) usage.set(`limits.${name}`, limits);
  }
  return usage;
};

/** Containers run together and are added up; init containers run alone, so the largest counts where it is larger. */
const podQuantity = (pod: Pod, side: 'requests' | 'limits', name: string): string | undefined => {
  const sum = new QuantitySum();
  let known = false;
  for (const { resources } of pod.spec?.containers ?? []) {
    const quantity = resources?.[side]?.[name];
    if (quantity === undefined) continue;
    known = true;
    sum.add(quantity);
  }
  let largest = { amount: sum.amount, text: sum.toString() };
  for (const { resources } of pod.spec?.initContainers ?? []) {
    const quantity = resources?.[side]?.[name];
    if (quantity === undefined) continue;
    known = true;
    const amount = quantityOf(quantity) ?? 0;
    if (amount > largest.amount) largest = { amount, text: new QuantitySum().add(quantity).toString() };
  }
  return known ? largest.text : undefined;
};

const serviceUsage = ({ spec }: Service, usage: Usage): Usage => {
  const ports = spec?.ports?.length ?? 0;
  if (spec?.type === 'LoadBalancer') usage.set('services.loadbalancers', '1');
  const hasNodePorts =
    spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  if (hasNodePorts) usage.set('services.nodeports', String(ports));
  return usage;
};

/** Whether a quota looks at the object at all. */
const concerns = (quota: ResourceQuota, resource: Pick<ResourceDefinition, 'key'>, object: KubeObject): boolean =>
  resource.key === 'core/pods' ? podInScopes(quota, object as Pod) : (quota.spec?.scopes ?? []).length === 0;

/** `hard` and `used` of a quota, over all objects of its namespace. */
export const quotaStatus = (
  store: Pick<ObjectStore, 'list'>,
  resources: readonly ResourceDefinition[],
  quota: ResourceQuota,
): { hard: Quantities; used: Quantities } => {
  const hard = sorted(quota.spec?.hard ?? {});
  const sums = new Map(Object.keys(hard).map((name) => [name, new QuantitySum()]));
  for (const resource of resources) {
    if (!isCounted(resource, sums)) continue;
    for (const object of store.list(resource.key, quota.metadata.namespace)) {
      if (!concerns(quota, resource, object)) continue;
      for (const [name, quantity] of usageOf(resource, object)) sums.get(name)?.add(quantity);
    }
  }
  return { hard, used: Object.fromEntries([...sums].map(([name, sum]) => [name, sum.toString()])) };
};

const COUNTED_IN_DETAIL = new Set(['core/pods', 'core/services', 'core/persistentvolumeclaims']);
const isCounted = (resource: ResourceDefinition, names: ReadonlyMap<string, unknown>): boolean =>
  COUNTED_IN_DETAIL.has(resource.key) || names.has(countName(resource)) || names.has(resource.plural);

/** Throws 403 where the new object needs more than a quota of its namespace has left. */
export const checkQuota = (store: ObjectStore, resource: ResourceDefinition, object: KubeObject): void => {
  const { namespace, name } = object.metadata;
  if (namespace === undefined) return;
  const adds = usageOf(resource, object);
  for (const quota of store.list('core/resourcequotas', namespace) as readonly ResourceQuota[]) {
    if (!concerns(quota, resource, object)) continue;
    const refuse = (why: string): never => {
      throw forbidden(`${resource.group === '' ? 'core' : resource.group}/${resource.plural}`, name, why);
    };
    const missing = resource.key === 'core/pods' ? unspecified(quota, object as Pod) : [];
    if (missing.length > 0) refuse(`failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
    const wanted = Object.keys(quota.spec?.hard ?? {}).filter((limited) => (quantityOf(adds.get(limited)) ?? 0) > 0);
    if (wanted.length === 0) continue;
    const { hard, used } = quotaStatus(store, [resource], quota);
    const over = wanted
      .sort()
      .filter(
        (limited) =>
          new QuantitySum().add(used[limited]).add(adds.get(limited)).amount > (quantityOf(hard[limited]) ?? 0),
      );
    if (over.length === 0) continue;
    const list = (from: (limited: string) => string | undefined): string =>
      over.map((limited) => `${limited}=${from(limited) ?? '0'}`).join(',');
    refuse(
      `exceeded quota: ${quota.metadata.name}, requested: ${list((limited) => adds.get(limited))}, used: ${list((limited) => used[limited])}, limited: ${list((limited) => hard[limited])}`,
    );
  }
};

/** A quota on cpu or memory asks every container to say what it needs. */
const unspecified = (quota: ResourceQuota, pod: Pod): string[] => {
  const missing: string[] = [];
  for (const limited of Object.keys(quota.spec?.hard ?? {}).sort()) {
    const [, side = 'requests', name] = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(limited) ?? [];
    if (name === undefined) continue;
    const without = containersOf(pod.spec)
      .filter(({ container }) => container.resources?.[side as 'requests' | 'limits']?.[name] === undefined)
      .map(({ container }) => container.name);
    if (without.length > 0) missing.push(`${limited} for: ${without.join(',')}`);
  }
  return missing;
};

const sorted = (quantities: Quantities): Quantities =>
  Object.fromEntries(Object.entries(quantities).sort(([a], [b]) => (a < b ? -1 : 1)));
