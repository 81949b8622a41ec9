/**
 * What one live event changes in what the page already knows. Pure: state in, state out; events may arrive twice
 * (a stream resumes a little before where it broke), so each is idempotent.
 */
import type {
  DeploymentEvents,
  DeploymentView,
  PodView,
  StageView,
} from '@aws-deployer/platform/contracts/deployments';
import { parseObject } from '../live/parse-object.js';
import { isEnded } from './states.js';

export type LiveChange =
  | { readonly event: 'state'; readonly data: DeploymentEvents['state'] }
  | { readonly event: 'stage'; readonly data: StageView }
  | { readonly event: 'verdict'; readonly data: DeploymentEvents['verdict'] };

export function applyChange(view: DeploymentView, change: LiveChange): DeploymentView {
  switch (change.event) {
    case 'state':
      return applyState(view, change.data);
    case 'stage':
      return { ...view, stages: mergeStage(view.stages, change.data) };
    case 'verdict':
      return { ...view, verdict: change.data };
  }
}

function applyState(view: DeploymentView, data: DeploymentEvents['state']): DeploymentView {
  // A resumed stream replays: a state older than what was read is history, and an end is never left.
  if (Date.parse(data.at) < Date.parse(view.updated_at) && data.state !== view.state) return view;
  if (isEnded(view.state)) return view;
  return {
    ...view,
    state: data.state,
    state_reason: data.reason,
    updated_at: data.at,
    ended_at: isEnded(data.state) ? data.at : view.ended_at,
  };
}

export function mergeStage(stages: readonly StageView[], next: StageView): StageView[] {
  const index = stages.findIndex((stage) => stage.name === next.name);
  if (index < 0) return [...stages, next];
  const before = stages[index];
  // A replayed start must not reopen a stage that has ended since.
  if (before?.outcome && !next.outcome && sameStart(before, next)) return [...stages];
  return stages.map((stage, at) => (at === index ? next : stage));
}
const sameStart = (a: StageView, b: StageView): boolean => a.started_at === b.started_at;

/** Reads an event's JSON; null for a name or a body this console does not know (a newer server may send more). */
export function readChange(event: string, text: string): LiveChange | { event: 'pods'; data: PodView[] } | null {
  const data = parseObject(text);
  if (!data) return null;
  if (event === 'state' && 'state' in data) return { event, data: data as unknown as DeploymentEvents['state'] };
  if (event === 'stage' && 'name' in data) return { event, data: data as unknown as StageView };
  if (event === 'verdict' && 'code' in data) return { event, data: data as unknown as DeploymentEvents['verdict'] };
  if (event === 'pods' && Array.isArray(data['pods'])) return { event, data: data['pods'] as PodView[] };
  return null;
}
