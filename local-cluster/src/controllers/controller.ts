/**
 * What every controller of this folder is: it watches resources, turns each change into keys, and reconciles keys one
 * at a time. Reads are never stale (the client answers from the store itself), so no controller keeps expectations
 * about its own earlier writes.
 */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { ClusterClient } from '../store/cluster-client.js';
import type { KubeObject, ResourceKey, WatchEvent } from '../store/object-store.js';
import { WorkQueue, type Reconcile } from './work-queue.js';

export interface Controller {
  start(): void;
  stop(): Promise<void>;
}

export interface ControllerParts {
  readonly name: string;
  readonly client: ClusterClient;
  readonly log: Logger;
  /** What it watches, and which keys a change of it concerns. */
  readonly watches: Readonly<Record<ResourceKey, (event: WatchEvent) => Iterable<string>>>;
  readonly reconcile: Reconcile;
}

export const keyOf = (object: Pick<KubeObject, 'metadata'>): string =>
  object.metadata.namespace === undefined
    ? object.metadata.name
    : `${object.metadata.namespace}/${object.metadata.name}`;

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

export function createController({ name, client, log, watches, reconcile }: ControllerParts): Controller {
  const queue = new WorkQueue(name, reconcile, log);
  let unsubscribe: (() => void) | undefined;
  return {
    start() {
      unsubscribe = client.watch(Object.keys(watches), (event) => {
        for (const key of watches[event.resource]?.(event) ?? []) queue.add(key);
      });
      // What was there before: the same path as a change.
      for (const [resource, keys] of Object.entries(watches))
        for (const object of client.list(resource))
          for (const key of keys({ type: 'ADDED', resource, object, resourceVersion: 0 })) queue.add(key);
    },
    async stop() {
      unsubscribe?.();
      await queue.stop();
    },
  };
}
