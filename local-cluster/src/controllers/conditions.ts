/** Conditions of a status, changed as the controllers of Kubernetes change them. Times are RFC 3339 in whole seconds. */
import type { Condition } from '../resources/types.js';

/** Kubernetes' metav1.Time: seconds. */
export const kubeTime = (at: Date = new Date()): string => `${at.toISOString().slice(0, 19)}Z`;

export const findCondition = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

export const withoutCondition = (conditions: readonly Condition[], type: string): Condition[] =>
  conditions.filter((condition) => condition.type !== type);

/**
 * Sets a condition: unchanged when status and reason are the same; `lastTransitionTime` is kept while the status is the
 * same. A changed condition moves to the end, as in the recorded statuses.
 */
export function withCondition(conditions: readonly Condition[], next: Condition): Condition[] {
  const present = findCondition(conditions, next.type);
  if (present?.status === next.status && present.reason === next.reason) return [...conditions];
  const kept =
    present?.status === next.status && present.lastTransitionTime !== undefined
      ? { ...next, lastTransitionTime: present.lastTransitionTime }
      : next;
  return [...withoutCondition(conditions, next.type), kept];
}
