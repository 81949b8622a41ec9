/**
 * One deployment in the hands of this process, from its claim to its end: runs the step of each working state, and is the
 * only one here that writes it. Writes follow each other in order and carry the lease in their guard; when one finds that
 * the deployment is somebody else’s now, the work stops and leaves everything to them. It is in one file: claim, abort and
 * settle are one decision.
 *
 * Abort reasons: `cancelled` (a person), `timed_out` (the stage's own limit), `stopping` (this process), `lost` (the lease).
 */
import { STAGES, type LogLine, type PodView, type StageName } from '@aws-deployer/platform/contracts/deployments';
import { inTransaction, isDatabaseGone } from '@aws-deployer/platform/database/open-database';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { Masker, maskText } from '@aws-deployer/platform/masking/mask';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { inTrace } from '@aws-deployer/platform/observability/trace-context';
import type { Tracing } from '@aws-deployer/platform/observability/tracing';
import { platformOrigin, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { markFailed, markStable, releaseById } from '../releases/release-store.js';
import { Aborted } from './aborted.js';
import { BuildLog } from './build-log.js';
import { cancelTarget, failureOf, isEnd, isFailure, nextOnSuccess, type Deployment } from './deployment.js';
import type { Facts } from './deployment-rows.js';
import type { DeploymentStore, StageOutcome } from './deployment-store.js';
import { fenced, LeaseFence } from './lease-fence.js';
import type { LeaseStore } from './lease-store.js';
import { verdictOfError } from './failure-verdict.js';
import { deploymentSpan, stageSpan, stageTrace } from './deployment-trace.js';
import type { DeploymentMetrics } from './metrics.js';
import { deadlineMsOf } from './release-rollout.js';
import { stageLimitMs } from './stage-limits.js';
import { sentenceOf } from './stage-sentences.js';
import type { Step, StepContext, StepParts, StepResult } from './step.js';
import { rollbackSentence } from './steps/roll-back.js';
import { TrafficProbe } from './traffic-probe.js';

export type Steps = Readonly<Record<StageName, Step>>;
export interface WorkOptions {
  readonly store: DeploymentStore;
  readonly leases: LeaseStore;
  readonly parts: StepParts;
  readonly steps: Steps;
  readonly metrics: DeploymentMetrics;
  readonly tracing: Tracing;
  readonly log: Logger;
  readonly leaseSeconds: number;
  /** Something was committed: wakes the live feed and the relay. */
  readonly committed: (deploymentId: string) => void;
}
export type WorkEnd = 'ended' | 'lost' | 'stopped' | 'broken';

/** A step that does not heed its signal is not waited for longer than this. */
const GRACE_MS = 5_000;
/** The whole process must be gone within five seconds. */
const STOP_GRACE_MS = 1_000;
const PODS_EVERY_MS = 250;
const COUNTS_EVERY_MS = 2_000;
const EVIDENCE_LINES = 10;
const isStage = (state: string): state is StageName => STAGES.some((stage) => stage === state);

export class DeploymentWork {
  readonly #masker = new Masker();
  readonly #buildLog: BuildLog;
  readonly #context: StepContext;
  readonly #origin: Origin;
  readonly #fence: LeaseFence;
  #deployment: Deployment;
  #cancelled: boolean;
  #said = '';
  #gone: 'stopping' | 'lost' | undefined;
  #step: AbortController | undefined;
  /** The stage that this process began last. */
  #begun: StageName | undefined;
  #writes: Promise<unknown> = Promise.resolve();
  #probe: TrafficProbe | undefined;
  #pods: { latest: PodView[] | undefined; timer: NodeJS.Timeout | undefined } = { latest: undefined, timer: undefined };

  /** `leasedSince`: when the claim was made, by `performance.now()`. */
  constructor(
    deployment: Deployment,
    private readonly options: WorkOptions,
    leasedSince: number,
  ) {
    this.#deployment = deployment;
    this.#fence = new LeaseFence(options.leases, deployment, options.leaseSeconds * 1000, leasedSince);
    this.#cancelled = deployment.cancelRequested;
    this.#origin = platformOrigin('deployer', 'deployment runner', deployment.traceId);
    const { parts, committed, log } = options;
    this.#buildLog = new BuildLog({
      database: parts.database,
      deployment,
      masker: this.#masker,
      clock: parts.clock,
      onFlushed: () => committed(deployment.id),
      onTrouble: (error) => log.warn('lines of a log could not be written yet', { deployment: deployment.id, error }),
    });
    this.#context = this.#makeContext();
  }

  get id(): string {
    return this.#deployment.id;
  }

  /** Its lease was renewed; asked for at `since`, by `performance.now()`. */
  renewed(since: number): void {
    this.#fence.renewed(since);
  }

  /** A person wants it to end. Harmless when it is too late. */
  cancel(): void {
    this.#cancelled = true;
    if (cancelTarget(this.#deployment.state) !== undefined) this.#step?.abort(new Aborted('cancelled'));
  }

  /** `stopping`: gives it back to be resumed. `lost`: it is another process's already. */
  leave(why: 'stopping' | 'lost'): void {
    this.#gone ??= why;
    if (why === 'lost') this.#fence.close();
    this.#step?.abort(new Aborted(why));
  }

  /** Never rejects. */
  async run(): Promise<WorkEnd> {
    const counting = setInterval(() => this.#keepCounts(), COUNTS_EVERY_MS);
    let end: WorkEnd;
    try {
      end = await this.#toTheEnd();
    } catch (error) {
      end = this.#gone === 'lost' || isMoved(error) ? 'lost' : this.#gone === 'stopping' ? 'stopped' : 'broken';
      if (end === 'broken')
        this.options.log.error('a deployment could not go on and is given back', { deployment: this.id, error });
    } finally {
      clearInterval(counting);
      clearTimeout(this.#pods.timer);
      this.#fence.close();
    }
    await this.#close(end);
    return end;
  }

  async #toTheEnd(): Promise<WorkEnd> {
    for (;;) {
      const { state, leaseOwner } = this.#deployment;
      if (isEnd(state)) return 'ended';
      if (this.#gone !== undefined) return this.#gone === 'lost' ? 'lost' : 'stopped';
      if (leaseOwner === null) return 'lost';
      const target = this.#cancelled ? cancelTarget(state) : undefined;
      if (target !== undefined) await this.#cancelNow(target);
      else if (isStage(state)) await this.#settle(state, await this.#runStep(state));
      else if (isFailure(state)) await this.#move('rolling_back', await rollbackSentence(this.#context));
      else await this.#move('validating', sentenceOf('validating', this.#deployment.spec));
    }
  }

  /** Runs one step under its time limit. What it throws becomes its result; an abort of ours is thrown on as `null`. */
  async #runStep(stage: StageName): Promise<StepResult | null> {
    const { options } = this;
    const controller = new AbortController();
    this.#step = controller;
    this.#begun = stage;
    const limitMs = stageLimitMs(stage, this.#deployment.spec, deadlineMsOf(this.#context));
    const began = await options.store.stageStartedAt(this.#deployment);
    const left = Math.max(began.getTime() + limitMs - options.parts.clock.now().getTime(), GRACE_MS);
    const limit = setTimeout(() => controller.abort(new Aborted('timed_out')), left);
    if (this.#gone !== undefined) controller.abort(new Aborted(this.#gone));
    const { signal } = controller;
    try {
      const step = inTrace(stageTrace(this.#deployment), () => options.steps[stage](this.#context, signal));
      return await heeded(step, signal);
    } catch (error) {
      if (signal.reason instanceof Aborted)
        return signal.reason.why === 'timed_out' ? this.#timedOut(stage, limitMs) : null;
      // Not the release’s fault, and nothing could be written anyway: the step is repeated when the database is back.
      if (isMoved(error) || isDatabaseGone(error)) throw error;
      return this.#failed(stage, error);
    } finally {
      clearTimeout(limit);
      this.#step = undefined;
    }
  }

  #failed(stage: StageName, error: unknown): StepResult {
    const known = error instanceof AppError;
    if (!known || error.kind === 'internal')
      this.options.log.error('a step of a deployment broke', { deployment: this.id, stage, error });
    const told = known
      ? error
      : new AppError('internal', 'step_broke', `Something broke on our side in ${stage}: ${messageOf(error)}`);
    const verdict = verdictOfError(told, stage === 'building' ? this.#buildLog.recent(stage, EVIDENCE_LINES) : []);
    // A build has printed the rest of its error already, line by line.
    const says = stage !== 'building' && told.message.includes('\n') ? told.message : verdict.reason;
    this.#say('system', says);
    return { kind: 'failed', reason: verdict.reason, verdict };
  }

  #timedOut(stage: StageName, limitMs: number): StepResult {
    const error = new AppError(
      'unavailable',
      `${stage}_timed_out`,
      `The stage ${stage} was not finished within ${Math.round(limitMs / 1000)} s`,
    );
    return this.#failed(stage, error);
  }

  async #settle(stage: StageName, result: StepResult | null): Promise<void> {
    if (result === null) return; // aborted by us: the loop decides what comes next
    const mask = (text: string) => maskText(text, this.#masker);
    switch (result.kind) {
      case 'done': {
        const { failedState } = this.#deployment;
        const next = nextOnSuccess(stage, { failedState, cancelRequested: this.#cancelled });
        if (next === undefined) throw new AppError('internal', 'no_such_move', `There is nothing after ${stage}`);
        this.#say('system', result.reason);
        const reason = isStage(next) ? sentenceOf(next, this.#deployment.spec) : mask(result.reason);
        // What was said on the way and did not come true is withdrawn.
        const facts = stage !== 'rolling_back' && this.#deployment.verdict !== null ? { verdict: null } : {};
        await this.#move(next, reason, result.skipped === true ? 'skipped' : 'succeeded', facts);
        return;
      }
      case 'superseded':
        await this.#move('superseded', mask(result.reason), 'cancelled', { verdict: result.verdict });
        return;
      case 'failed': {
        // The verdict on the release stays beside a way back that failed.
        const facts = stage === 'rolling_back' ? {} : { verdict: masked(result.verdict, this.#masker) };
        await this.#move(failureOf(stage), mask(result.reason), 'failed', facts);
      }
    }
  }

  async #cancelNow(target: 'cancelled' | 'rolling_back'): Promise<void> {
    if (this.#deployment.state === 'building' && this.#begun !== 'building') await this.#endBuildOfAnother();
    const reason =
      target === 'cancelled'
        ? 'Cancelled before anything was changed.'
        : `Cancelled. ${await rollbackSentence(this.#context)}`;
    await this.#move(target, reason, 'cancelled');
  }

  /** The process that began the build is gone; where the build goes on without it, it is ended here. */
  async #endBuildOfAnother(): Promise<void> {
    const { builders } = this.options.parts;
    const builder = Object.values(builders).find(({ name }) => name === this.#deployment.builder);
    await builder?.end?.(this.id).catch((error: unknown) => {
      this.options.log.warn('a build could not be ended', { deployment: this.id, error });
      this.#say('system', `The build could not be ended: ${messageOf(error)}`);
    });
  }

  /** One transition: the deployment, its release, its events and its action together or not at all. */
  async #move(to: Deployment['state'], reason: string, stageOutcome: StageOutcome = 'succeeded', facts: Facts = {}) {
    const { store, parts, metrics, tracing, committed } = this.options;
    if (isEnd(to)) this.#say('system', reason);
    await this.#buildLog.flush();
    const counts = isEnd(to) ? await this.#probe?.stop() : this.#probe?.counts();
    if (isEnd(to)) this.#probe = undefined;
    if (isEnd(to)) await this.#flushPods();
    const from = this.#deployment;
    const left = isStage(from.state) ? await store.stageStartedAt(from) : undefined;
    await this.#write(async (current) =>
      inTransaction(parts.database, async (trx) => {
        const next = await store.transition(trx, current, {
          to,
          reason,
          stageOutcome,
          origin: this.#origin,
          facts: { ...facts, ...(counts === undefined ? {} : { rollout: counts }) },
        });
        if (next.releaseId !== null && to === 'stable') {
          const release = await releaseById(trx, next.releaseId);
          if (release) await markStable(trx, release);
        } else if (next.releaseId !== null && (isFailure(to) || isEnd(to))) await markFailed(trx, next.releaseId);
        return next;
      }),
    );
    if (!isEnd(to)) this.#say('system', reason);
    const endedAt = parts.clock.now();
    if (left !== undefined) {
      metrics.stageSeconds.observe(
        { stage: from.state, outcome: stageOutcome },
        Math.max(0, endedAt.getTime() - left.getTime()) / 1000,
      );
      tracing.record(stageSpan(from, { outcome: stageOutcome, reason, startedAt: left, endedAt }));
    }
    if (isEnd(to)) {
      tracing.record(deploymentSpan(this.#deployment, reason, endedAt));
      const cause = this.#deployment.verdict?.code ?? 'none';
      metrics.finished.inc({ environment: from.environment, outcome: to, cause });
    }
    committed(this.id);
  }

  /** Writes one after the other, each on what the one before left. */
  #write(work: (current: Deployment) => Promise<Deployment>): Promise<void> {
    const mine = this.#writes.then(async () => {
      this.#deployment = await work(this.#deployment);
    });
    this.#writes = mine.catch(() => undefined); // told to its caller; the next write has its own guard
    return mine;
  }

  /** A write that nobody waits for: one that comes too late ends the work, one that fails is tried with the next. */
  #writeSoon(facts: () => Facts): void {
    this.#write(async (current) => {
      if (isEnd(current.state)) return current;
      return this.options.store.record(current, facts());
    })
      .then(() => this.options.committed(this.id))
      .catch((error: unknown) => {
        if (isMoved(error)) this.leave('lost');
        else this.options.log.warn('a fact could not be written', { deployment: this.id, error });
      });
  }

  #keepCounts(): void {
    const counts = this.#probe?.counts();
    if (counts === undefined || counts.requests === this.#deployment.rollout.requests) return;
    this.#writeSoon(() => ({ rollout: counts }));
  }

  #keepPods(pods: PodView[]): void {
    this.#pods.latest = pods;
    this.#pods.timer ??= setTimeout(() => {
      this.#pods.timer = undefined;
      this.#flushPods().catch((error: unknown) =>
        this.options.log.warn('pods could not be written', { deployment: this.id, error }),
      );
    }, PODS_EVERY_MS);
  }

  async #flushPods(): Promise<void> {
    const pods = this.#pods.latest;
    if (pods === undefined) return;
    this.#pods.latest = undefined;
    await this.options.store.keepPods(this.#deployment, pods);
    this.options.committed(this.id);
  }

  #say(stream: LogLine['stream'], text: string): void {
    if (stream === 'system' && text === this.#said) return; // a step's outcome is often what it said last
    this.#said = text;
    const { state } = this.#deployment;
    this.#buildLog.write(isStage(state) ? state : null, stream, text);
  }

  async #close(end: WorkEnd): Promise<void> {
    const { log, leases } = this.options;
    const quietly = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      await work().catch((error: unknown) => log.warn(`${what} failed`, { deployment: this.id, error }));
    };
    await quietly('stopping the prober', async () => this.#probe?.stop());
    await this.#writes;
    await quietly('closing the log', () => this.#buildLog.close({ discard: end === 'lost' }));
    if (end === 'stopped') await quietly('giving back', () => leases.release(this.#deployment));
    if (end === 'broken') await quietly('giving back', () => leases.release(this.#deployment, GRACE_MS));
  }

  #makeContext(): StepContext {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the getter below must see this object, not the context
    const work = this;
    return {
      get deployment() {
        return work.#deployment;
      },
      parts: { ...this.options.parts, cluster: fenced(this.options.parts.cluster, this.#fence) },
      masker: this.#masker,
      origin: this.#origin,
      endsBefore: new Map(),
      log: (stream, text) => this.#say(stream, text),
      record: async (facts) => {
        await this.#write((current) => this.options.store.record(current, facts));
        if (facts.url !== undefined) this.#probe?.follow(facts.url);
        this.options.committed(this.id);
      },
      tellPods: (pods) => this.#keepPods(pods),
      tellVerdict: (verdict) => {
        const said = masked(verdict, this.#masker);
        if (said !== null) this.#say('system', said.reason);
        this.#writeSoon(() => ({ verdict: said }));
      },
      probe: () => {
        this.#probe ??= new TrafficProbe(
          this.options.parts,
          this.#deployment,
          (url) => {
            if (url !== this.#deployment.url) this.#writeSoon(() => ({ url }));
          },
          (error) => this.options.log.error('the prober broke', { deployment: this.id, error }),
        );
      },
      probed: () => this.#probe?.counts(),
      probeFailure: () => this.#probe?.lastFailure(),
    };
  }
}

const isMoved = (error: unknown): boolean => error instanceof AppError && error.code === 'deployment_moved';

/** The last lines of a container may hold what it should not have printed. */
function masked<T>(value: T, masker: Masker): T {
  return value === null ? value : (JSON.parse(maskText(JSON.stringify(value), masker)) as T);
}

/** The step, or its abort when the step does not come back from it in time. */
async function heeded<T>(step: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    const stopping = signal.reason instanceof Aborted && signal.reason.why === 'stopping';
    timer = setTimeout(() => reject(signal.reason as Error), stopping ? STOP_GRACE_MS : GRACE_MS);
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([step, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    step.catch(() => undefined); // when it was not waited for, its late end is nobody's business
  }
}
