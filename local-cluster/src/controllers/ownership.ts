/**
 * Who manages an object: the owner reference marked `controller`, the selector that claims orphans, and letting go of
 * what no longer matches. Selectors are Kubernetes' (`matchLabels` and `matchExpressions`); an empty one selects all.
 */
import type { LabelSelector } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { KubeObject, OwnerReference, ResourceKey } from '../store/object-store.js';
import { isStatusError } from '../store/status-error.js';

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true);

export const controllerReference = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

export function selectorMatches(selector: LabelSelector | undefined, labels: Record<string, string> = {}): boolean {
  if (selector === undefined) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
    }
  });
}

/**
 * The objects of `resource` that `owner` manages: its own that still match, and orphans that match, which it adopts
 * (unless it is being deleted). Its own that no longer match are released.
 */
export function claim<T extends KubeObject>(
  client: ClusterClient,
  resource: ResourceKey,
  owner: KubeObject,
  selector: LabelSelector | undefined,
): T[] {
  const claimed: T[] = [];
  for (const object of client.list<T>(resource, owner.metadata.namespace)) {
    const controller = controllerOf(object);
    const matches = selectorMatches(selector, object.metadata.labels);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) continue;
    if (controller !== undefined) {
      if (matches) claimed.push(object);
      else release(client, resource, owner, object);
    } else if (matches && owner.metadata.deletionTimestamp === undefined) {
      const adopted = adopt<T>(client, resource, owner, object);
      if (adopted !== undefined) claimed.push(adopted);
    }
  }
  return claimed;
}

function adopt<T extends KubeObject>(
  client: ClusterClient,
  resource: ResourceKey,
  owner: KubeObject,
  object: T,
): T | undefined {
  if (object.metadata.deletionTimestamp !== undefined) return undefined;
  return changeOwners<T>(client, resource, object, (owners) => [...owners, controllerReference(owner)]);
}

function release(client: ClusterClient, resource: ResourceKey, owner: KubeObject, object: KubeObject): void {
  if (owner.metadata.deletionTimestamp !== undefined) return;
  changeOwners(client, resource, object, (owners) => owners.filter(({ uid }) => uid !== owner.metadata.uid));
}

function changeOwners<T extends KubeObject>(
  client: ClusterClient,
  resource: ResourceKey,
  object: KubeObject,
  change: (owners: OwnerReference[]) => OwnerReference[],
): T | undefined {
  try {
    return client.update<T>(resource, object.metadata.namespace, object.metadata.name, (fresh) => {
      const owners = change(fresh.metadata.ownerReferences ?? []);
      if (owners.length > 0) fresh.metadata.ownerReferences = owners;
      else delete fresh.metadata.ownerReferences;
      return fresh;
    });
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined; // it went meanwhile: nothing to own
    throw error;
  }
}
