/** How long a build takes, from how long the ones before it took. Pure; seconds. */

const NEWEST = 20;
/** Of the longest and of the shortest each: one build that hung for an hour says nothing of the next. */
const LEFT_OUT = 0.1;

/**
 * The mean of the newest, without the extremes: waiting times are sums of build times, and of sums the mean is right where
 * the median is not. null: nothing is known.
 */
export function estimateSeconds(newestFirst: readonly number[]): number | null {
  const recent = newestFirst.slice(0, NEWEST).sort((a, b) => a - b);
  if (recent.length === 0) return null;
  const out = Math.floor(recent.length * LEFT_OUT);
  const kept = recent.slice(out, recent.length - out);
  return kept.reduce((sum, seconds) => sum + seconds, 0) / kept.length;
}

/** What is left of one that has run for `elapsed`; one that is overdue needs a little longer still. */
export function secondsLeft(estimate: number | null, elapsed: number): number | null {
  if (estimate === null) return null;
  return Math.max(estimate - elapsed, estimate * 0.1);
}
