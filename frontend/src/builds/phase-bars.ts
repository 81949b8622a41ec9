/** Where each phase's bar begins and how wide it is, in percent of the whole build. Pure; `now` in milliseconds. */
import type { BuildPhaseView } from '@aws-deployer/platform/contracts/builds';

export interface PhaseBar {
  readonly phase: BuildPhaseView;
  readonly from: number;
  readonly width: number;
  /** null: it has no times yet. */
  readonly ms: number | null;
}
/** A bar narrower than this is not seen. */
const LEAST_WIDTH = 0.6;

export function barsOf(phases: readonly BuildPhaseView[], now: number): PhaseBar[] {
  const spans = phases.map((phase) => spanOf(phase, now));
  const begin = Math.min(...spans.flatMap((span) => (span ? [span.from] : [])));
  const end = Math.max(...spans.flatMap((span) => (span ? [span.to] : [])));
  const whole = Math.max(1, end - begin);
  return phases.map((phase, index) => {
    const span = spans[index];
    if (!span) return { phase, from: 0, width: 0, ms: null };
    const width = Math.max(LEAST_WIDTH, ((span.to - span.from) / whole) * 100);
    const from = Math.min(100 - width, ((span.from - begin) / whole) * 100);
    return { phase, from: Math.max(0, from), width: Math.min(100, width), ms: span.ms };
  });
}

function spanOf(phase: BuildPhaseView, now: number): { from: number; to: number; ms: number } | null {
  if (phase.started_at === null) return null;
  const from = Date.parse(phase.started_at);
  const said = phase.duration_seconds === null ? null : phase.duration_seconds * 1000;
  const to = phase.ended_at !== null ? Date.parse(phase.ended_at) : said !== null ? from + said : Math.max(from, now);
  // An instant has milliseconds, AWS's duration whole seconds: the finer one is shown.
  return { from, to: Math.max(from, to), ms: phase.ended_at === null && said !== null ? said : Math.max(0, to - from) };
}
