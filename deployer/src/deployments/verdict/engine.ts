/**
 * The verdict on one rollout: all rules over one snapshot, the heaviest finding said, and acted upon only when it is a release fault
 * that has stood for its time, on all new pods or on two. Keeps nothing but when each finding was first seen; no I/O.
 */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { crashing } from './crashing.js';
import { creation } from './creation.js';
import { eventLines, lastLines, type Finding } from './finding.js';
import { images } from './images.js';
import { readiness } from './readiness.js';
import { rejected } from './rejected.js';
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
  images,
  starting,
  crashing,
  serving,
  readiness,
];

const viewOf = (finding: Finding, snapshot: RolloutSnapshot): VerdictView => {
  const { pod, container, lastWords } = finding;
  const fetched = pod !== undefined && container !== undefined ? snapshot.linesOf(pod, container) : [];
  return {
    code: finding.code,
    fault: finding.fault,
    object: finding.object,
    container: container ?? null,
    reason: `${finding.reason.trimEnd().replace(/\.+$/, '')}.`,
    evidence: {
      exit_code: finding.exitCode ?? null,
      log_lines: fetched.length > 0 ? [...fetched] : lastLines(lastWords ?? ''),
      events: eventLines(finding.events ?? []),
    },
    suggestion: finding.suggestion,
  };
};

/** How many of the new pods have this trouble: all of them, or two, make it the release's. */
const widespread = (finding: Finding, all: readonly Finding[], { pods }: RolloutSnapshot): boolean => {
  if (finding.pod === undefined) return true;
  const affected = new Set(
    all.filter(({ code, actAfterMs }) => code === finding.code && actAfterMs !== undefined).map(({ pod }) => pod),
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
        weight: 0,
        object: `Deployment ${target.name}`,
        reason: `The Deployment ${target.name} is paused, so nothing is rolled out.`,
        suggestion: `Resume it (kubectl rollout resume deployment/${target.name}).`,
        actAfterMs: undefined,
      }
    : undefined;

export class VerdictEngine {
  private readonly firstSeen = new Map<string, number>();
  private saidSince: number | undefined;

  /** `late`: the caller's own deadline is over. Call it with snapshots of one rollout, in order. */
  judge(snapshot: RolloutSnapshot, late = false): Judgement {
    const { now } = snapshot;
    const pause = paused(snapshot);
    const findings = pause ? [pause] : RULES.flatMap((rule) => rule(snapshot, late));
    const keys = new Set(findings.map(keyOf));
    for (const key of this.firstSeen.keys()) if (!keys.has(key)) this.firstSeen.delete(key);
    for (const key of keys) if (!this.firstSeen.has(key)) this.firstSeen.set(key, now);
    const since = (finding: Finding): number => this.firstSeen.get(keyOf(finding)) ?? now;

    const sayable = findings.filter((finding) => now - since(finding) >= (finding.sayAfterMs ?? 0));
    // Of equal weight the one that may act, then the one seen first.
    const [said] = sayable.toSorted(
      (a, b) => b.weight - a.weight || Number(canAct(b)) - Number(canAct(a)) || since(a) - since(b),
    );
    if (said === undefined) this.saidSince = undefined;
    else this.saidSince ??= now;
    const actAt = (finding: Finding): number =>
      Math.max(since(finding) + (finding.actAfterMs ?? 0), finding.actNotBefore ?? 0);
    const acts = (finding: Finding): boolean =>
      canAct(finding) && now >= actAt(finding) && widespread(finding, findings, snapshot);
    const due = findings
      .flatMap((finding) => [since(finding) + (finding.sayAfterMs ?? 0), ...(canAct(finding) ? [actAt(finding)] : [])])
      .filter((at) => at > now);
    return {
      verdict: said === undefined ? undefined : viewOf(said, snapshot),
      saidAt: this.saidSince,
      // At the end of the own time a release fault is acted upon however few pods it struck.
      act: said !== undefined && (acts(said) || (late && said.fault === 'release')),
      wantsLog: said === undefined ? undefined : wantedLog(said, snapshot),
      nextAt: due.length === 0 ? undefined : Math.min(...due),
    };
  }
}

/** Alike findings of several pods are one trouble; it began with the first. */
const keyOf = (finding: Finding): string => `${finding.code}/${finding.container ?? finding.object}`;
const canAct = (finding: Finding): boolean => finding.fault === 'release' && finding.actAfterMs !== undefined;

const wantedLog = (finding: Finding, snapshot: RolloutSnapshot): Judgement['wantsLog'] => {
  const { pod, container } = finding;
  if (finding.wantsLog !== true || pod === undefined || container === undefined) return undefined;
  if (snapshot.linesOf(pod, container).length > 0) return undefined;
  return { pod, container, ended: finding.exitCode !== undefined };
};
