/**
 * What AWS asks for a build: on-demand Linux, by the minute begun (us-east-1, also for the builds of other regions). A list of
 * data with its date: prices change seldom and by announcement. What is not on it costs `null`: not known, which is not the
 * same as nothing.
 *
 * Where it comes from: SMALL, MEDIUM and LARGE agree with several price tools of third parties; XLARGE and 2XLARGE were
 * compared with nothing. None was read from AWS itself: its bill is the one that counts.
 */
import type { BuildEngineName } from '@aws-deployer/platform/contracts/build-projects';

/** The day on which the list was written down as above. */
export const PRICE_LIST_DATE = '2026-11-01';

/** Millionths of a dollar a minute. */
const LINUX: Readonly<Record<string, number>> = {
  BUILD_GENERAL1_SMALL: 5_000,
  BUILD_GENERAL1_MEDIUM: 10_000,
  BUILD_GENERAL1_LARGE: 20_000,
  BUILD_GENERAL1_XLARGE: 79_800,
  BUILD_GENERAL1_2XLARGE: 200_000,
};

/** Minutes begun: a build of 61 seconds is two. */
export const billedMinutes = (durationMs: number): number => Math.ceil(durationMs / 60_000);

/** Millionths of a dollar; 0 on this machine; null where the list has no price. */
export function costMicros(
  engine: BuildEngineName,
  { type, compute }: { readonly type: string; readonly compute: string },
  minutes: number,
): number | null {
  if (engine === 'local') return 0;
  const price = type === 'LINUX_CONTAINER' ? LINUX[compute] : undefined;
  return price === undefined ? null : price * minutes;
}
