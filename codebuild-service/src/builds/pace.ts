/** How often an engine is asked. Pure; milliseconds. */
import type { BuildEngineName } from '@aws-deployer/platform/contracts/build-projects';

export interface Pace {
  /** Between two looks at one build that has run for so long. */
  observeMs(elapsedMs: number): number;
  /** Between two looks at one log, while so many builds run. */
  logMs(running: number): number;
  /** The log of an ended build is read until nothing new came for so many looks in a row, so far apart. */
  readonly drain: { readonly looks: number; readonly apartMs: number };
  /** A build that was started less than so long ago may be unknown still: AWS tells its readers a little later. */
  readonly settleMs: number;
  /** Between two looks for builds that others started, in the projects of one account and region. */
  readonly elsewhereMs: number;
  /** First pause after a refusal; doubled with each, up to `mostBackOffMs`. */
  readonly backOffMs: number;
  readonly mostBackOffMs: number;
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

export const PACES: Readonly<Record<BuildEngineName, Pace>> = {
  local: {
    observeMs: () => 200,
    logMs: () => 200,
    drain: { looks: 1, apartMs: 0 },
    settleMs: 0,
    elsewhereMs: 60_000,
    backOffMs: 200,
    mostBackOffMs: 5_000,
  },
  codebuild: {
    // A short build is looked at each 2 s; one of five minutes each 15 s.
    observeMs: (elapsedMs) => clamp(elapsedMs / 20, 2_000, 15_000),
    // Five looks a second over all logs: half of what an account may read.
    logMs: (running) => Math.max(2_000, running * 200),
    drain: { looks: 2, apartMs: 2_000 },
    settleMs: 30_000,
    elsewhereMs: 60_000,
    backOffMs: 2_000,
    mostBackOffMs: 60_000,
  },
};

/** Pause before the next try after `failures` in a row; jittered, so that replicas and builds do not come back as one. */
export function backOff(
  { backOffMs, mostBackOffMs }: Pace,
  failures: number,
  random: () => number = Math.random,
): number {
  return Math.min(mostBackOffMs, backOffMs * 2 ** Math.min(failures - 1, 20)) * (0.5 + random() / 2);
}
