/**
 * The releases that a rollback may go to, best first: restorable ones of the environment that are not live, the nearest one
 * before the present first, those that are marked bad last. `present` stands in where no release is live. Pure.
 */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';

export function rollbackTargets(
  releases: readonly ReleaseView[],
  environment: string,
  present: string | null,
): ReleaseView[] {
  const here = releases.filter((release) => release.environment === environment);
  const live = here.find((release) => release.live) ?? here.find((release) => release.id === present);
  const targets = here
    .filter(({ id, status, bundle_removed_at: removed }) => status === 'stable' && removed === null && id !== live?.id)
    .sort((a, b) => b.number - a.number);
  const nearestFirst =
    live === undefined
      ? targets
      : [
          ...targets.filter((release) => release.number < live.number),
          ...targets.filter((release) => release.number > live.number),
        ];
  return [...nearestFirst.filter(({ bad }) => bad === null), ...nearestFirst.filter(({ bad }) => bad !== null)];
}
