/**
 * Follows one rollout in the cluster until it is complete and proven, doomed by a verdict, taken over by somebody else, or out of
 * its own time. The clock is our own: the cluster's progress deadline starts again at every flap of a pod.
 */
import type { PodView, VerdictView } from '@aws-deployer/platform/contracts/deployments';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster, ClusterChange } from '../ports/cluster.js';
import { lastLinesOf } from './evidence.js';
import { NamespaceWatch } from './namespace-watch.js';
import { PullRenewal } from './pull-renewal.js';
import { podViews, progressOf, servingProof } from './rollout-progress.js';
import { LABEL } from './manifests/identity.js';
import { VerdictEngine, type Judgement } from './verdict/engine.js';
import { clusterUnreachable, newerRelease, outOfTime, troubleOf } from './verdict/own-verdicts.js';
import type { Pod } from './verdict/objects.js';
import { ALSO_WATCHED, watchedFor } from './watched-kinds.js';
import { RolloutObjects, type EndsBefore, type RolloutTarget } from './verdict/snapshot.js';

export interface RolloutWatchOptions {
  readonly cluster: Cluster;
  readonly target: RolloutTarget;
  readonly application: string;
  readonly environment: string;
  readonly releaseId: string;
  /** Milliseconds from now until the rollout has failed whatever its state. */
  readonly deadlineMs: number;
  /** Complete only when every ready endpoint of the target's Services runs the built digest. */
  readonly proof: boolean;
  /**
   * Milliseconds that it must stay so from now on: the monitoring window. Absent: the first moment is enough. The deadline counts
   * from the end of the window.
   */
  readonly holdMs?: number;
  /** Of the other watches of the same deployment; filled here. */
  readonly endsBefore?: EndsBefore | undefined;
  /** Has a new login for pulls issued and gives it to the cluster; absent where nobody issues one. */
  readonly renewPull?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** All pods of the application in this environment, whenever anything of them changed. */
  readonly onPods: (pods: PodView[]) => void;
  /** Whenever what is said changes; null: nothing is wrong (any more). */
  readonly onVerdict: (verdict: VerdictView | null) => void;
  /** Where it stands, in a sentence. */
  readonly onProgress: (sentence: string) => void;
}

export type RolloutOutcome =
  | { readonly kind: 'complete'; readonly sentence: string }
  /** A release fault that will not mend itself, or an object that the cluster refused: go back. */
  | { readonly kind: 'doomed'; readonly verdict: VerdictView }
  | { readonly kind: 'timed_out'; readonly verdict: VerdictView }
  /** Somebody else changed the workload after us: not ours to undo. */
  | { readonly kind: 'superseded'; readonly verdict: VerdictView };

/** 120 s where the platform brought the cluster along, 600 s elsewhere. */
export const rolloutDeadlineMs = (cluster: Cluster): number => (cluster.embedded ? 120_000 : 600_000);

/** Changes come in bursts; one look at all of them is enough. */
const BURST_MS = 25;
const TIMER_MS = 5; // timers may fire a little before their time; a look that finds nothing due would not come again
/** How much time a rollout gets after the cluster was found again. */
const GRACE_MS = 30_000;
/** A watch that was broken off and is there again has missed nothing. */
const BLINK_MS = 3_000;

/** Rejects with AppError when the cluster forbids watching, and with the signal's reason when it aborts. */
export const watchRollout = async (options: RolloutWatchOptions, signal: AbortSignal): Promise<RolloutOutcome> => {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const watch = new RolloutWatch(options, both);
  try {
    return await watch.run();
  } finally {
    stop.abort();
    await watch.ended();
    signal.throwIfAborted();
  }
};

class RolloutWatch {
  private readonly objects: RolloutObjects;
  private readonly renewal: PullRenewal;
  private engine = new VerdictEngine();
  private readonly began = Date.now();
  private deadline: number;
  private readonly work = new Set<Promise<unknown>>();
  private readonly fetched = new Set<string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly settled = Promise.withResolvers<RolloutOutcome>();
  private trouble: { readonly error: AppError; readonly since: number } | undefined;
  private readonly namespace: NamespaceWatch;
  private deletedAt: number | undefined;
  private lastPods = '';
  private lastVerdict = 'null';
  private lastSentence = '';
  private logPending = false;

  constructor(
    private readonly options: RolloutWatchOptions,
    private readonly signal: AbortSignal,
  ) {
    this.objects = new RolloutObjects(options.target, options.endsBefore);
    this.namespace = new NamespaceWatch(options.cluster, options.target.namespace);
    this.renewal = new PullRenewal({
      ...options,
      namespace: options.target.namespace,
      onRemove: (pod) => this.objects.expectGone(pod),
    });
    this.deadline = this.began + (options.holdMs ?? 0) + options.deadlineMs;
  }

  async run(): Promise<RolloutOutcome> {
    const { cluster, target } = this.options;
    this.signal.throwIfAborted();
    this.signal.addEventListener('abort', () => {
      this.settled.reject(this.signal.reason as Error);
    });
    const onChange = (change: ClusterChange): void => {
      this.objects.observe(change);
      this.soon(BURST_MS);
    };
    for (const kind of ALSO_WATCHED)
      this.track(
        cluster.watch([kind], target.namespace, onChange, this.signal).catch((error: unknown) => {
          if (!(error instanceof AppError)) throw error;
        }),
      );
    this.track(
      cluster.watch(watchedFor(target.kind), target.namespace, onChange, this.signal, (error) => {
        this.noteTrouble(error);
        this.soon(0);
      }),
    );
    this.track(
      this.namespace.follow(this.signal, (change) => {
        if (change) this.objects.observe(change);
        this.soon(0);
      }),
    );
    this.soon(this.deadline - Date.now(), 'deadline');
    if (this.options.holdMs !== undefined) this.soon(this.options.holdMs, 'hold');
    return this.settled.promise;
  }

  /** When everything that was begun has ended; never rejects. */
  async ended(): Promise<void> {
    for (const timer of this.timers.values()) clearTimeout(timer);
    await Promise.allSettled(this.work);
  }

  /** Whatever fails in the background ends the watch. */
  private track(promise: Promise<unknown>): void {
    const tracked = promise
      .catch((error: unknown) => {
        this.settled.reject(error);
      })
      .finally(() => this.work.delete(tracked));
    this.work.add(tracked);
  }

  private soon(ms: number, name = 'burst'): void {
    if (this.signal.aborted || (name === 'burst' && this.timers.has(name))) return;
    clearTimeout(this.timers.get(name));
    const timer = setTimeout(
      () => {
        this.timers.delete(name);
        if (this.signal.aborted) return;
        try {
          this.look();
        } catch (error) {
          this.settled.reject(error); // a listener's failure must not end the process
        }
      },
      Math.max(0, ms) + TIMER_MS,
    );
    this.timers.set(name, timer);
  }

  private look(): void {
    const { options } = this;
    const now = Date.now();
    const snapshot = this.objects.at(now);
    const pods = this.objects
      .all<Pod>('Pod')
      .filter(
        ({ metadata: { labels } }) =>
          labels?.[LABEL.application] === options.application && labels[LABEL.environment] === options.environment,
      );
    this.tellPods(podViews(pods, options.releaseId));

    this.deletedAt = snapshot.deleted ? (this.deletedAt ?? now) : undefined;
    // A workload also goes with its namespace: that is another story, and the namespace is asked about every few seconds.
    const unclear = this.deletedAt !== undefined && this.namespace.knownAt <= this.deletedAt;
    if (snapshot.superseded && !snapshot.namespaceEnding && !unclear) {
      const verdict = newerRelease(snapshot);
      this.settled.resolve({ kind: 'superseded', verdict });
      return;
    }
    this.holdTheClock(now, snapshot.workload?.spec?.paused === true);
    const late = now >= this.deadline;
    const progress = progressOf(snapshot);
    const proof = options.proof && progress.complete ? servingProof(snapshot, pods) : undefined;
    const complete = progress.complete && proof?.proven !== false;
    this.tellSentence(proof?.sentence ?? progress.sentence);
    const judged = this.engine.judge([snapshot], late && !complete);
    if (judged.nextAt !== undefined) this.soon(judged.nextAt - now, 'next');
    this.fetchLog(judged);
    // What is known is old while the cluster cannot be asked: nothing is decided by it.
    this.tellVerdict(this.unreachable() ?? judged.verdict);

    if (this.trouble !== undefined) return;
    if (this.renewal.isCalledFor(judged.verdict)) this.track(this.renewPull(snapshot.pods));
    if (this.renewal.underWay && !late) return;
    if (judged.act && judged.verdict && (judged.wantsLog === undefined || !this.logPending))
      this.settled.resolve({ kind: 'doomed', verdict: judged.verdict });
    else if (complete && !judged.act && now - this.began >= (options.holdMs ?? 0)) {
      this.tellVerdict(undefined); // whatever was said has mended itself
      this.objects.settle();
      this.settled.resolve({ kind: 'complete', sentence: proof?.sentence ?? progress.sentence });
    } else if (late)
      this.settled.resolve({
        kind: 'timed_out',
        verdict:
          troubleOf(judged.verdict) ??
          outOfTime(options.target, options.deadlineMs, proof?.sentence ?? progress.sentence),
      });
  }

  private async renewPull(pods: readonly Pod[]): Promise<void> {
    await this.renewal.run(pods, this.signal);
    this.engine = new VerdictEngine(); // what was refused before says nothing about the new login
    this.soon(0);
  }

  /** What was not seen for a while has not stood for that while: its time begins anew, and nobody's time ran. */
  private noteTrouble(error: AppError | undefined): void {
    const now = Date.now();
    if (error !== undefined) this.trouble = { error, since: this.trouble?.since ?? now };
    else if (this.trouble !== undefined) {
      const lostMs = now - this.trouble.since;
      this.trouble = undefined;
      this.deadline += lostMs;
      this.soon(this.deadline - now, 'deadline');
      if (lostMs > BLINK_MS) this.engine = new VerdictEngine();
    }
  }

  /** Time does not run while somebody holds the Deployment back, and nobody fails for a cluster that cannot be asked. */
  private holdTheClock(now: number, paused: boolean): void {
    const least = paused ? now + this.options.deadlineMs : this.trouble === undefined ? 0 : now + GRACE_MS;
    if (least <= this.deadline) return;
    this.deadline = least;
    this.soon(least - now, 'deadline');
  }

  private unreachable(): VerdictView | undefined {
    return this.trouble && clusterUnreachable(this.trouble.error.message);
  }

  /** Once per container and end: its process may say something else the next time, but a verdict needs one proof only. */
  private fetchLog({ wantsLog, verdict }: Judgement): void {
    if (wantsLog === undefined || verdict === undefined) return;
    const { cluster, target } = this.options;
    const key = `${wantsLog.pod}/${wantsLog.container}/${verdict.code}/${String(wantsLog.ended)}`;
    if (this.fetched.has(key)) return;
    this.fetched.add(key);
    this.logPending = true;
    const fetch = async (): Promise<void> => {
      const lines = await lastLinesOf(cluster, { namespace: target.namespace, ...wantsLog }, this.signal);
      if (lines.length > 0) this.objects.keepLines(wantsLog.pod, wantsLog.container, lines);
      this.logPending = false;
      this.soon(0);
    };
    this.track(fetch());
  }

  private tellPods(pods: PodView[]): void {
    const text = JSON.stringify(pods);
    if (text === this.lastPods) return;
    this.lastPods = text;
    this.options.onPods(pods);
  }

  private tellVerdict(verdict: VerdictView | undefined): void {
    // A count that goes up in the sentence is no news; the outcome carries the last one.
    const { reason: _reason, suggestion: _suggestion, ...news } = verdict ?? {};
    const text = verdict === undefined ? 'null' : JSON.stringify({ ...news, evidence: verdict.evidence.log_lines });
    if (text === this.lastVerdict) return;
    this.lastVerdict = text;
    this.options.onVerdict(verdict ?? null);
  }

  private tellSentence(sentence: string): void {
    if (sentence === this.lastSentence) return;
    this.lastSentence = sentence;
    this.options.onProgress(sentence);
  }
}
