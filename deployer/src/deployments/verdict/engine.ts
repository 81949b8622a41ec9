/**
 * The verdict on one rollout: all rules over one snapshot, the heaviest finding said, and acted upon only when it is a release fault
 * that has stood for its time, on all new pods or on two. Keeps nothing but when each finding was first seen; no I/O.
 */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { progressOf } from '../rollout-progress.js';
import { autoscaling } from './autoscaling.js';
import { crashing } from './crashing.js';
import { creation } from './creation.js';
import { departures } from './departures.js';
import { WEIGHT, eventLines, lastLines, sentenceOf, type Finding } from './finding.js';
import { images } from './images.js';
import { jobs } from './jobs.js';
import { mounting } from './mounting.js';
import { patience } from './patience.js';
import { readiness } from './readiness.js';
import { rejected } from './rejected.js';
import { routing } from './routing.js';
import { scheduling } from './scheduling.js';
import { serving } from './serving.js';
import type { RolloutSnapshot } from './snapshot.js';
import { starting } from './starting.js';

export interface Judgement {
  /** Undefined: nothing to say. */
  readonly verdict: VerdictView | undefined;
  /** When this trouble was first said, in the snapshot's clock. */
  readonly saidAt: number | undefined;
  /** Abort: a release fault that will not mend itself. */
  readonly act: boolean;
  /** The container whose log would be evidence, if it was not fetched yet. */
  readonly wantsLog: { readonly pod: string; readonly container: string; readonly ended: boolean } | undefined;
  /** When a finding that stands now is next to be said or acted upon, if nothing else happens. */
  readonly nextAt: number | undefined;
}

const RULES: readonly ((snapshot: RolloutSnapshot, late: boolean) => readonly Finding[])[] = [
  rejected,
  creation,
  scheduling,
  mounting,
  images,
  starting,
  crashing,
  serving,
  readiness,
  jobs,
  autoscaling,
  routing,
  patience,
];

const viewOf = (finding: Found): VerdictView => {
  const { pod, container, lastWords } = finding;
  const fetched = pod !== undefined && container !== undefined ? finding.at.linesOf(pod, container) : [];
  return {
    code: finding.code,
    fault: finding.fault,
    object: finding.object,
    container: container ?? null,
    reason: sentenceOf(finding.reason),
    evidence: {
      exit_code: finding.exitCode ?? null,
      log_lines: fetched.length > 0 ? [...fetched] : lastLines(lastWords ?? ''),
      events: eventLines(finding.events ?? []),
    },
    suggestion: finding.suggestion,
  };
};

interface Found extends Finding {
  /** Of the workload that it was found at. */
  readonly at: RolloutSnapshot;
}

/** How many of the new pods have this trouble: all of them, or two, make it the release's. */
const widespread = (finding: Found, all: readonly Found[]): boolean => {
  if (finding.pod === undefined) return true;
  const { pods } = finding.at;
  const affected = new Set(
    all
      .filter(({ code, actAfterMs, at }) => code === finding.code && actAfterMs !== undefined && at === finding.at)
      .map(({ pod }) => pod),
  );
  // What was evicted stays behind as a failed pod; another has its place.
  const living = pods.filter(({ metadata, status }) => status?.phase !== 'Failed' || affected.has(metadata.name));
  return affected.size >= 2 || affected.size >= living.length;
};

/** Said in place of silence while a Deployment is held back on purpose. */
const paused = ({ workload, target }: RolloutSnapshot): Finding | undefined =>
  workload?.spec?.paused === true
    ? {
        code: 'deployment_paused',
        fault: 'none',
        weight: WEIGHT.note,
        object: `Deployment ${target.name}`,
        reason: `The Deployment ${target.name} is paused, so nothing is rolled out.`,
        suggestion: `Resume it (kubectl rollout resume deployment/${target.name}).`,
        actAfterMs: undefined,
      }
    : undefined;

export class VerdictEngine {
  private readonly firstSeen = new Map<string, number>();
  private saidSince: number | undefined;

  /**
   * `late`: the caller's own deadline is over. Call it with snapshots of one rollout, in order; a rollout of several workloads gives
   * one snapshot of each, always all.
   */
  judge(snapshots: readonly RolloutSnapshot[], late = false): Judgement {
    const now = Math.max(0, ...snapshots.map((snapshot) => snapshot.now));
    const findings = snapshots.flatMap((at) => findingsOf(at, late).map((finding): Found => ({ ...finding, at })));
    const keys = new Set(findings.map(keyOf));
    for (const key of this.firstSeen.keys()) if (!keys.has(key)) this.firstSeen.delete(key);
    for (const key of keys) if (!this.firstSeen.has(key)) this.firstSeen.set(key, now);
    const since = (finding: Found): number => this.firstSeen.get(keyOf(finding)) ?? now;
    // All times are our own: the cluster's clock may be another.
    const sayAt = (finding: Found): number => since(finding) + (finding.sayAfterMs ?? 0);
    const actAt = (finding: Found): number => since(finding) + (finding.actAfterMs ?? 0);

    // Of equal weight the one that may act, then the one seen first.
    const [said] = findings
      .filter((finding) => now >= sayAt(finding))
      .toSorted((a, b) => b.weight - a.weight || Number(canAct(b)) - Number(canAct(a)) || since(a) - since(b));
    if (said === undefined) this.saidSince = undefined;
    else this.saidSince ??= now;
    const acts = (finding: Found): boolean => canAct(finding) && now >= actAt(finding) && widespread(finding, findings);
    const due = findings
      .flatMap((finding) => [sayAt(finding), ...(canAct(finding) ? [actAt(finding)] : [])])
      .filter((at) => at > now);
    return {
      verdict: said === undefined ? undefined : viewOf(said),
      saidAt: this.saidSince,
      // At the end of the own time a release fault is acted upon however few pods it struck.
      act: said !== undefined && (acts(said) || (late && said.fault === 'release')),
      wantsLog: said === undefined ? undefined : wantedLog(said),
      nextAt: due.length === 0 ? undefined : Math.min(...due),
    };
  }
}

const findingsOf = (snapshot: RolloutSnapshot, late: boolean): readonly Finding[] => {
  const pause = paused(snapshot);
  if (pause) return [pause];
  return [...RULES.flatMap((rule) => rule(snapshot, late)), ...departures(snapshot, progressOf(snapshot).complete)];
};

/** Alike findings of several pods are one trouble; it began with the first. */
const keyOf = ({ code, container, object, phase = '', at }: Found): string =>
  `${at.target.kind}/${at.target.name}/${code}/${container ?? object}/${phase}`;
const canAct = (finding: Finding): boolean => finding.fault === 'release' && finding.actAfterMs !== undefined;

const wantedLog = ({ wantsLog, pod, container, exitCode, at }: Found): Judgement['wantsLog'] => {
  if (wantsLog !== true || pod === undefined || container === undefined) return undefined;
  if (at.linesOf(pod, container).length > 0) return undefined;
  return { pod, container, ended: exitCode !== undefined };
};
