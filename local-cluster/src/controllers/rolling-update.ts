/**
 * The arithmetic of a Deployment's rollout, as the deployment controller of Kubernetes does it. Pure: counts and
 * settings in, counts out. Replicas count pods; `desired` is what a ReplicaSet's spec asks for, `available` what its
 * status says is there.
 */
import type { DeploymentSpec, IntOrString } from '../resources/types.js';

export interface ReplicaCounts {
  readonly name: string;
  readonly desired: number;
  readonly available: number;
  /** Orders ReplicaSets of the same age and size. */
  readonly createdAtMs: number;
}
export interface Fenceposts {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

const resolve = (value: IntOrString | undefined, total: number, round: (value: number) => number): number => {
  if (typeof value === 'number') return value;
  const text = value ?? '25%';
  const amount = Number.parseInt(text, 10);
  if (Number.isNaN(amount)) return 0;
  // Hundredths first: 0.07 * 100 is 7.000000000000001, and rounding up would make 8 of it.
  return text.endsWith('%') ? round((amount * total) / 100) : amount;
};

/** Percentages of `replicas`: the surge rounds up, the unavailable down; both 0 would never move, so one may be missing. */
export function fenceposts(spec: DeploymentSpec): Fenceposts {
  const replicas = spec.replicas ?? 1;
  if (spec.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: 0 };
  const rolling = spec.strategy?.rollingUpdate;
  const maxSurge = resolve(rolling?.maxSurge, replicas, Math.ceil);
  const maxUnavailable = resolve(rolling?.maxUnavailable, replicas, Math.floor);
  if (maxSurge === 0 && maxUnavailable === 0) return { maxSurge: 0, maxUnavailable: Math.min(1, replicas) };
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

const total = (sets: readonly ReplicaCounts[]): number => sets.reduce((sum, set) => sum + set.desired, 0);
const oldestFirst = (a: ReplicaCounts, b: ReplicaCounts): number =>
  a.createdAtMs - b.createdAtMs || a.name.localeCompare(b.name);

/** How many pods the new ReplicaSet should have now; `others` are all ReplicaSets but it. */
export function newReplicaSetSize(spec: DeploymentSpec, current: number, others: readonly ReplicaCounts[]): number {
  const replicas = spec.replicas ?? 1;
  if (spec.strategy?.type === 'Recreate') return replicas;
  const room = replicas + fenceposts(spec).maxSurge - total(others) - current;
  return room <= 0 ? current : current + Math.min(room, Math.max(0, replicas - current));
}

/**
 * How many pods the old ReplicaSets should have now: first those that are not available go (they serve nobody), then
 * available ones as far as the minimum allows. Answers only the sets that change.
 */
export function oldReplicaSetSizes(
  spec: DeploymentSpec,
  newSet: ReplicaCounts | undefined,
  olds: readonly ReplicaCounts[],
): Map<string, number> {
  const changed = new Map<string, number>();
  if (total(olds) === 0) return changed;
  const minAvailable = (spec.replicas ?? 1) - fenceposts(spec).maxUnavailable;
  const newUnavailable = newSet === undefined ? 0 : newSet.desired - newSet.available;
  const maxScaledDown = total(olds) + (newSet?.desired ?? 0) - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return changed;

  const sorted = [...olds].sort(oldestFirst);
  const size = (set: ReplicaCounts): number => changed.get(set.name) ?? set.desired;
  let cleaned = 0;
  for (const set of sorted) {
    if (cleaned >= maxScaledDown) break;
    const unhealthy = Math.max(0, set.desired - set.available);
    const count = Math.min(maxScaledDown - cleaned, unhealthy);
    if (count === 0) continue;
    cleaned += count;
    changed.set(set.name, set.desired - count);
  }
  const available = sorted.reduce((sum, set) => sum + set.available, newSet?.available ?? 0);
  let spare = available - minAvailable;
  for (const set of sorted) {
    if (spare <= 0) break;
    const count = Math.min(size(set), spare);
    if (count <= 0) continue;
    spare -= count;
    changed.set(set.name, size(set) - count);
  }
  return changed;
}

export interface ScalableSet extends ReplicaCounts {
  /** The annotation `deployment.kubernetes.io/max-replicas` of its last scaling: what its share is measured against. */
  readonly maxReplicas: number | undefined;
}

/**
 * A change of `spec.replicas` in the middle of a rollout: every ReplicaSet with pods gets its share, the largest first
 * (the newer of equals when growing, the older when shrinking); what rounding leaves over goes to the first.
 */
export function proportionalSizes(
  spec: DeploymentSpec,
  statusReplicas: number,
  sets: readonly ScalableSet[],
): Map<string, number> {
  const replicas = spec.replicas ?? 1;
  const allowed = replicas > 0 ? replicas + fenceposts(spec).maxSurge : 0;
  const toAdd = allowed - total(sets);
  const sorted = [...sets].sort(
    (a, b) => b.desired - a.desired || (toAdd > 0 ? -oldestFirst(a, b) : oldestFirst(a, b)),
  );
  const sizes = new Map<string, number>();
  let added = 0;
  for (const set of sorted) {
    const share = toAdd === added ? 0 : proportion(set, replicas, allowed, statusReplicas, toAdd, added);
    added += share;
    sizes.set(set.name, set.desired + share);
  }
  const first = sorted[0];
  if (first !== undefined && toAdd !== 0)
    sizes.set(first.name, Math.max(0, (sizes.get(first.name) ?? 0) + toAdd - added));
  return sizes;
}

function proportion(
  set: ScalableSet,
  replicas: number,
  allowed: number,
  statusReplicas: number,
  toAdd: number,
  added: number,
): number {
  if (set.desired === 0 || toAdd === 0) return 0;
  if (replicas === 0) return -set.desired;
  const before = set.maxReplicas ?? statusReplicas;
  const fraction = before === 0 ? 0 : Math.round((set.desired * allowed) / before) - set.desired;
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}
