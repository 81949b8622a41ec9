/**
 * Which pods a ReplicaSet deletes first when it has too many, in Kubernetes' order: unassigned before assigned, pending
 * before running, unready before ready, the cheaper by `controller.kubernetes.io/pod-deletion-cost`, the one ready for
 * a shorter time, the one restarted more often, the younger. One machine is one node, so spreading does not count. Pure.
 */
import type { Pod } from '../resources/types.js';
import { findCondition } from './conditions.js';
import { isPodReady } from './pod-state.js';

const PHASES: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const phase = (pod: Pod): number => PHASES[pod.status?.phase ?? 'Pending'] ?? 0;
const cost = (pod: Pod): number =>
  Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;
const restarts = (pod: Pod): number =>
  Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount));
const readySince = (pod: Pod): number =>
  Date.parse(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '') || 0;
const created = (pod: Pod): number => Date.parse(pod.metadata.creationTimestamp ?? '') || 0;

function firstToGo(a: Pod, b: Pod): number {
  return (
    Number(a.spec?.nodeName !== undefined) - Number(b.spec?.nodeName !== undefined) ||
    phase(a) - phase(b) ||
    Number(isPodReady(a)) - Number(isPodReady(b)) ||
    cost(a) - cost(b) ||
    (isPodReady(a) ? readySince(b) - readySince(a) : 0) ||
    restarts(b) - restarts(a) ||
    created(b) - created(a) ||
    a.metadata.name.localeCompare(b.metadata.name)
  );
}

export const podsToDelete = (pods: readonly Pod[], count: number): Pod[] => [...pods].sort(firstToGo).slice(0, count);
