/** The releases that a rollback may go to, best first: stable, of the environment, not the one being left. Pure. */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';

export function rollbackTargets(
  releases: readonly ReleaseView[],
  environment: string,
  leaving: string | null,
): ReleaseView[] {
  const left = releases.find((release) => release.id === leaving);
  const others = releases.filter(
    (release) => release.environment === environment && release.status === 'stable' && release.id !== leaving,
  );
  const newestFirst = (a: ReleaseView, b: ReleaseView) => b.number - a.number;
  if (!left) return others.sort(newestFirst);
  const earlier = others.filter((release) => release.number < left.number).sort(newestFirst);
  const later = others.filter((release) => release.number > left.number).sort(newestFirst);
  return [...earlier, ...later];
}
