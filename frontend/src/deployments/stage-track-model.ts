/**
 * From a deployment's stages to the track on screen: every forward stage in order, the return branch where it happened.
 *
 * A stage the server has not named yet is `ahead`; after an end, one that never began is `skipped`. Durations are
 * milliseconds; that of a running stage grows with `now`.
 */
import type { DeploymentState, StageName, StageView } from '@aws-deployer/platform/contracts/deployments';
import { FORWARD_STAGES, isEnded, stageLabel } from './states.js';

export type TrackStatus = 'ahead' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped';
export interface TrackStep {
  readonly name: StageName;
  readonly label: string;
  readonly status: TrackStatus;
  readonly durationMs: number | null;
}
export interface Track {
  readonly forward: readonly TrackStep[];
  readonly back: TrackStep | null;
}

export function trackOf(stages: readonly StageView[], state: DeploymentState, now: number): Track {
  // A stage that was resumed after a restart may be listed more than once: its last row is the one that counts.
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const step = (name: StageName): TrackStep => {
    const stage = byName.get(name);
    return { name, label: stageLabel(name), status: statusOf(stage, name, state), durationMs: spanOf(stage, now) };
  };
  const backHappened = byName.has('rolling_back') || state === 'rolling_back';
  return { forward: FORWARD_STAGES.map(step), back: backHappened ? step('rolling_back') : null };
}

function statusOf(stage: StageView | undefined, name: StageName, state: DeploymentState): TrackStatus {
  if (stage?.outcome) return stage.outcome;
  if (isEnded(state)) return 'skipped';
  if (stage?.started_at || state === name) return 'running';
  return 'ahead';
}

function spanOf(stage: StageView | undefined, now: number): number | null {
  if (!stage?.started_at) return null;
  const end = stage.ended_at === null ? now : Date.parse(stage.ended_at);
  return Math.max(0, end - Date.parse(stage.started_at));
}

/** One sentence for a screen reader: `Build running, 2 of 6 stages done`. */
export function trackSentence(track: Track): string {
  const done = track.forward.filter((step) => step.status === 'succeeded').length;
  const steps = track.back ? [...track.forward, track.back] : track.forward;
  const running = steps.find((step) => step.status === 'running');
  const failed = steps.find((step) => step.status === 'failed');
  const head = running ? `${running.label} running` : failed ? `${failed.label} failed` : 'No stage running';
  return `${head}, ${done} of ${track.forward.length} stages done`;
}
