/** What a set of objects would change in the cluster as it is now; nothing is changed. */
import type { DiffView } from '@aws-deployer/platform/contracts/preflight';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { instant } from '@aws-deployer/platform/runtime/clock';
import { diffObject, type ObjectPair } from '../diff/object-diff.js';
import type { Cluster, Manifest } from '../ports/cluster.js';
import { applyOver } from './apply-over.js';
import { foreignOwner } from './manifests/identity.js';
import { refOf } from './strategies/rolling.js';

/**
 * Each object with what is there in its place. Throws AppError unavailable when the cluster does not answer, and the signal's
 * reason when it aborts.
 */
export const pairWithLive = (
  cluster: Cluster,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<readonly ObjectPair[]> =>
  Promise.all(
    manifests.map(async (desired) => {
      const live = await cluster.get(refOf(desired), signal);
      // What is somebody else's would be written over as a whole, not merged as a dry run does.
      const ours = live !== undefined && foreignOwner(live, desired) === undefined;
      const options = { dryRun: true, force: true, once: true };
      const result = ours ? await tried(() => applyOver(cluster, desired, options, signal)) : undefined;
      return { desired, live, result };
    }),
  );

/** A namespace that is there is left as it is. */
export const diffOf = (pairs: readonly ObjectPair[], basis: DiffView['basis'], now: Date): DiffView => ({
  at: instant(now),
  basis,
  objects: pairs.filter(({ desired, live }) => desired.kind !== 'Namespace' || live === undefined).map(diffObject),
});

/** Refused: then there is only what was asked for to compare with. */
async function tried(work: () => Promise<Manifest>): Promise<Manifest | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && error.kind !== 'unavailable') return undefined;
    throw error;
  }
}
