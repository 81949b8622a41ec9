/**
 * Writes what each ResourceQuota's namespace uses into its status. The refusals themselves are the admission's, which
 * counts the store and does not read this status.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { quotaStatus } from '../admission/resource-quota.js';
import { RESOURCES } from '../resources/resource-definition.js';
import type { ResourceQuota } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { WatchEvent } from '../store/object-store.js';
import { createController, keyOf, splitKey, type Controller } from './controller.js';

const QUOTAS = 'core/resourcequotas';
/** Events count for nothing and come by the thousand. */
const COUNTED = RESOURCES.filter(({ namespaced, stored, key }) => namespaced && stored && key !== 'core/events');

export function createQuotaController(client: ClusterClient, log: Logger): Controller {
  const quotasBeside = ({ object, type }: WatchEvent): string[] =>
    type === 'MODIFIED' && object.kind !== 'Pod' && object.kind !== 'Service' && object.kind !== 'PersistentVolumeClaim'
      ? []
      : client.list<ResourceQuota>(QUOTAS, object.metadata.namespace).map(keyOf);
  return createController({
    name: 'resourcequota-controller',
    client,
    log,
    watches: {
      ...Object.fromEntries(COUNTED.map(({ key }) => [key, quotasBeside])),
      [QUOTAS]: (event) => [keyOf(event.object), ...quotasBeside(event)],
    },
    reconcile: (key) => reconcile(client, key),
  });
}

function reconcile(client: ClusterClient, key: string): void {
  const { namespace, name } = splitKey(key);
  const quota = client.get<ResourceQuota>(QUOTAS, namespace, name);
  if (quota === undefined) return;
  const status = quotaStatus(client, COUNTED, quota);
  client.updateStatus<ResourceQuota>(QUOTAS, namespace, name, (fresh) =>
    JSON.stringify(fresh.status) === JSON.stringify(status) ? undefined : { ...fresh, status },
  );
}
