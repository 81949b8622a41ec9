/** Server-side apply with the platform's manners, for a rollout and for the dry run before it. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster, Manifest } from '../ports/cluster.js';

export interface ApplyOverOptions {
  readonly dryRun?: boolean;
  /** Takes fields back that others set. */
  readonly force?: boolean;
  /** One try only, where an answer is wanted at once. */
  readonly once?: boolean;
  /** The number of replicas was somebody else's, and is set back. */
  readonly onScaledBack?: () => void;
}

/**
 * Gives way to nobody who only scaled the workload: what was asked for says how many there are. Every other field that somebody
 * else set stays theirs, unless forced. Throws as `Cluster.apply`.
 */
export const applyOver = async (
  cluster: Cluster,
  object: Manifest,
  { dryRun = false, force = false, once = false, onScaledBack }: ApplyOverOptions,
  signal: AbortSignal,
): Promise<Manifest> => {
  try {
    return await cluster.apply(object, { dryRun, force, once }, signal);
  } catch (error) {
    const scaledOnly =
      error instanceof AppError &&
      error.code === 'foreign_owner' &&
      error.fields.length > 0 &&
      error.fields.every(({ field }) => field === '.spec.replicas');
    if (!scaledOnly) throw error;
    onScaledBack?.();
    return cluster.apply(object, { dryRun, force: true, once }, signal);
  }
};
