/** Which releases of one application in one place the retention lets go. Pure. */
import type { ReleaseRetention } from '@aws-deployer/platform/contracts/applications';
import type { Release } from './release.js';

export type KeptRelease = Pick<Release, 'id' | 'number' | 'status' | 'live' | 'bad' | 'createdAt'>;
const DAY_MS = 86_400_000;

/**
 * Ids of the releases whose bundle may be removed: every rule that is set lets them go, and they are neither on their way, nor
 * live, nor what a rollback would go to.
 */
export function releasesToLetGo(
  releases: readonly KeptRelease[],
  { keep, days }: ReleaseRetention,
  now: Date,
): string[] {
  if (keep === null && days === null) return [];
  const newestFirst = [...releases].sort((a, b) => b.number - a.number);
  const live = newestFirst.find((release) => release.live);
  const target = newestFirst.find(
    (release) => release.status === 'stable' && release.bad === null && release.number < (live?.number ?? Infinity),
  );
  return newestFirst
    .filter(
      (release, place) =>
        release.status !== 'pending' &&
        release !== live &&
        release !== target &&
        (keep === null || place >= keep) &&
        (days === null || now.getTime() - Date.parse(release.createdAt) > days * DAY_MS),
    )
    .map(({ id }) => id);
}
