/** Which kinds of objects are followed during a rollout. */
import type { WorkloadKind } from './verdict/workload-pods.js';

interface WatchedKind {
  readonly apiVersion: string;
  readonly kind: string;
}
const WORKLOAD_GROUPS: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  Pod: 'v1',
};
const ALWAYS: readonly WatchedKind[] = [
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
  { apiVersion: 'v1', kind: 'Pod' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
  { apiVersion: 'v1', kind: 'Event' },
];

export const watchedFor = (workload: WorkloadKind): readonly WatchedKind[] =>
  ALWAYS.some(({ kind }) => kind === workload)
    ? ALWAYS
    : [{ apiVersion: WORKLOAD_GROUPS[workload], kind: workload }, ...ALWAYS];

/** What only adds to a verdict: a cluster that lacks them or forbids them is followed without. */
export const ALSO_WATCHED: readonly WatchedKind[] = [
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
  { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
];
