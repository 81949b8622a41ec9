/**
 * The releases that a rollback may go to, best first: stable ones of the environment that are not live, the nearest one
 * before the present first. `present` stands in where no release is live. Pure.
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
    .filter((release) => release.status === 'stable' && release.id !== live?.id)
    .sort((a, b) => b.number - a.number);
  if (!live) return targets;
  return [
    ...targets.filter((release) => release.number < live.number),
    ...targets.filter((release) => release.number > live.number),
  ];
}
