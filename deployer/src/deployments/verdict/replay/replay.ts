/**
 * A recorded rollout lived through again on a virtual clock, by the engine that judges live ones: woken a burst after every change,
 * when a log was fetched and when a finding falls due. Pure.
 */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { refusalOf } from '../../../adapters/kubernetes/kube-errors.js';
import { progressOf } from '../../rollout-progress.js';
import { VerdictEngine } from '../engine.js';
import { lastLines } from '../finding.js';
import { newerRelease } from '../own-verdicts.js';
import { RolloutObjects, type RolloutTarget } from '../snapshot.js';
import { targetsOf } from './recorded-targets.js';
import type { RecordedLog, Recording } from './recording.js';

/** Changes come in bursts; one look at all of them is enough. As live. */
const BURST_MS = 25;
/** A rollout of nothing that is known: only what the API server answered is judged. */
const NOTHING = (namespace: string): RolloutTarget => ({ namespace, kind: 'Deployment', name: '', services: [] });

export interface Said {
  readonly at: number;
  /** Undefined: nothing is wrong (any more). */
  readonly verdict: VerdictView | undefined;
}
export interface Replayed {
  /** Each change of what was said, in order. */
  readonly said: readonly Said[];
  /** The first abort: a release fault that stood for its time. */
  readonly acted: { readonly at: number; readonly verdict: VerdictView } | undefined;
  readonly completedAt: number | undefined;
  /** As it was at the end. */
  readonly complete: boolean;
  readonly superseded: { readonly at: number; readonly verdict: VerdictView } | undefined;
}

export const replay = (recording: Recording): Replayed => {
  const { t0, changes, answers, logs, end, namespace } = recording;
  const targets = targetsOf(recording);
  const rollouts = (targets.length > 0 ? targets : [NOTHING(namespace)]).map((target) => new RolloutObjects(target));
  const engine = new VerdictEngine();
  const said: Said[] = [];
  let acted: Replayed['acted'];
  let completedAt: number | undefined;
  let complete = false;
  let superseded: Replayed['superseded'];
  let due: number | undefined;

  const judge = (at: number): void => {
    if (superseded) return; // it is no longer ours
    const snapshots = rollouts.map((objects) => objects.at(t0 + at));
    const taken = snapshots.find((snapshot) => snapshot.superseded && !snapshot.namespaceEnding);
    if (taken) {
      superseded = { at, verdict: newerRelease(taken) };
      return;
    }
    complete = targets.length > 0 && snapshots.every((snapshot) => progressOf(snapshot).complete);
    if (complete) completedAt ??= at;
    const judged = engine.judge(snapshots);
    due = judged.nextAt === undefined ? undefined : judged.nextAt - t0;
    const { verdict } = judged;
    const before = said.at(-1)?.verdict;
    // The same words with a higher count are the same verdict: the latest is kept.
    if (verdict?.code === before?.code && verdict?.fault === before?.fault) {
      if (said.length > 0) said[said.length - 1] = { at: said.at(-1)?.at ?? at, verdict };
    } else said.push({ at, verdict });
    if (judged.act && verdict) acted ??= { at, verdict };
  };

  const observe = (change: (typeof changes)[number]): void => {
    for (const objects of rollouts) objects.observe(change);
  };
  for (const change of changes.filter(({ at }) => at < 0)) observe(change);
  const wakings = [
    { at: 0, wait: 0, do: () => undefined },
    ...changes
      .filter(({ at }) => at >= 0)
      .map((change) => ({ at: change.at, wait: BURST_MS, do: () => observe(change) })),
    ...answers
      .filter(({ status }) => status >= 400)
      .map(({ at, kind, name, status, body }) => ({
        at,
        wait: 0,
        do: () => {
          const refusal = refusalOf(status, typeof body === 'string' ? body : JSON.stringify(body ?? {}));
          for (const objects of rollouts) objects.reject({ kind, name, refusal });
        },
      })),
    ...logs.map((log) => ({ at: log.at, wait: 0, do: () => rollouts.forEach((objects) => keepLog(objects, log)) })),
    { at: end, wait: 0, do: () => undefined },
  ].toSorted((a, b) => a.at - b.at);

  let burst: number | undefined;
  const until = (at: number): void => {
    for (;;) {
      const next = Math.min(burst ?? Infinity, due ?? Infinity);
      if (next >= at) return;
      if (burst === next) burst = undefined;
      if (due === next) due = undefined;
      judge(next);
    }
  };
  for (const waking of wakings) {
    until(waking.at);
    waking.do();
    if (waking.wait > 0) burst ??= waking.at + waking.wait;
    else judge(waking.at);
  }
  judge(end);
  return { said, acted, completedAt, complete, superseded };
};

/** Of a process that ended the words of that process, once they were fetched; else of the one that runs. */
const keepLog = (objects: RolloutObjects, { pod, container, previous, text }: RecordedLog): void => {
  const lines = lastLines(text);
  if (lines.length > 0 && (previous || objects.linesKept(pod, container) === 0))
    objects.keepLines(pod, container, lines);
};
