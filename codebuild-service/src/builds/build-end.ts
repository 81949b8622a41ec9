/** How a build ended, in what is kept of it: its sentence, why it failed, how long it took, what it cost. Pure. */
import type { BuildFailure, BuildStatus } from '@aws-deployer/platform/contracts/builds';
import type { BuildObservation } from '../ports/build-engine.js';
import type { Build } from './build.js';
import { billedMinutes, costMicros } from './price-list.js';

export interface BuildEnd {
  readonly reason: string;
  readonly failure: BuildFailure | null;
  readonly durationMs: number | null;
  readonly billedMinutes: number | null;
  readonly costMicros: number | null;
}
type EndStatus = Exclude<BuildStatus, 'queued' | 'starting' | 'in_progress'>;

export const durationText = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
};

/** `lastLines`: what the log said last; `now`: RFC 3339, where the engine does not say when it ended. */
export function endOf(
  build: Build,
  status: EndStatus,
  seen: Pick<BuildObservation, 'phase' | 'failure' | 'startedAt' | 'endedAt'>,
  lastLines: readonly string[],
  now: string,
): BuildEnd {
  const startedAt = seen.startedAt ?? build.startedAt;
  const durationMs = startedAt === null ? null : Math.max(0, Date.parse(seen.endedAt ?? now) - Date.parse(startedAt));
  const minutes = durationMs === null ? null : billedMinutes(durationMs);
  const failure = failureOf(build, status, seen, lastLines);
  return {
    reason: reasonOf(build, status, failure, durationMs),
    failure,
    durationMs,
    billedMinutes: minutes,
    costMicros: minutes === null ? null : costMicros(build.engine, build.plan.environment, minutes),
  };
}

function failureOf(
  build: Build,
  status: EndStatus,
  { failure, phase }: Pick<BuildObservation, 'phase' | 'failure'>,
  lastLines: readonly string[],
): BuildFailure | null {
  if (status === 'succeeded' || status === 'stopped') return null;
  const last_lines = (lastLines.length > 0 ? lastLines : (failure?.last_lines ?? [])).slice(-20);
  if (failure !== null) return { ...failure, last_lines: [...last_lines] };
  const message = {
    failed: 'The build failed, and its engine does not say why.',
    fault: 'The engine of the build broke.',
    timed_out: `It ran longer than the ${build.plan.timeoutMinutes} minutes that it may.`,
  }[status];
  return { phase: phase ?? build.phase, command: null, exit_code: null, message, last_lines: [...last_lines] };
}

function reasonOf(build: Build, status: EndStatus, failure: BuildFailure | null, durationMs: number | null): string {
  const after = durationMs === null ? '' : ` after ${durationText(durationMs)}`;
  if (status === 'succeeded') return `Succeeded${after}.`;
  if (status === 'stopped') return build.stopRequested ? `Stopped${after}: ${build.reason}` : `Stopped${after}.`;
  return failure?.message ?? `Ended ${status}${after}.`;
}
