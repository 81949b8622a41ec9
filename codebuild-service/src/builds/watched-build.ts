/**
 * One build from the moment that the engine is told of it to its end, as the process that keeps its queue looks after it:
 * start, log, changes, stop, and the end with reports, artifacts and gates.
 *
 * Every step may be cut off anywhere (a killed process) and done again by another: the engine starts once per id and attempt,
 * the log moves by compare and set, the end is one transaction. Steps of one build never overlap; the keeper sees to that.
 * In one file, for the steps share what is known of the build and are read as its life.
 */
import { isBuildEnd, type BuildReportView, type BuildStatus } from '@aws-deployer/platform/contracts/builds';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { mask, Masker, MASKED } from '@aws-deployer/platform/masking/mask';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { platformOrigin, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { delay, instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { AccountAccess } from '../ports/account-access.js';
import type { AwsSession } from '../ports/aws-session.js';
import type { BuildEngine, BuildHandle, BuildObservation, EngineArtifact } from '../ports/build-engine.js';
import type { RegistryLogin } from '../ports/image-inspection.js';
import type { GateKeeper } from '../quality-gates/gate-keeper.js';
import type { BuildHistory } from '../queue/build-history.js';
import type { QueueLease } from '../queue/queue-lease.js';
import { summaryOf } from '../reports/read-report.js';
import type { CodebuildSchema } from '../schema.js';
import { wasStartedElsewhere, type Build } from './build.js';
import { endOf } from './build-end.js';
import type { BuildLogStore } from './build-log.js';
import { isMoved, type BuildFacts, type BuildStore } from './build-store.js';
import type { BuildMetrics } from './metrics.js';
import { secretVariablesPlace } from './new-build-row.js';
import { backOff, type Pace } from './pace.js';

export type BuildEngines = Readonly<Partial<Record<BuildEngine['name'], BuildEngine>>>;
export interface WatchParts {
  readonly database: Database<CodebuildSchema>;
  readonly store: BuildStore;
  readonly logs: BuildLogStore;
  readonly history: BuildHistory;
  readonly accounts: AccountAccess;
  readonly engines: BuildEngines;
  readonly paces: Readonly<Record<BuildEngine['name'], Pace>>;
  readonly gates: Pick<GateKeeper, 'judge'>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly metrics: BuildMetrics;
  readonly log: Logger;
  /** These builds were written. */
  readonly committed: (ids: readonly string[]) => void;
}
/** What a build says to the queue that it came from. */
export interface QueueSide {
  readonly lease: QueueLease;
  /** The account refused a start because it is full. */
  full(): Promise<void>;
  /** How many builds of the queue run. */
  running(): number;
}
type Step = (signal: AbortSignal) => Promise<void>;
type EndStatus = Exclude<BuildStatus, 'queued' | 'starting' | 'in_progress'>;
const isEndStatus = (status: BuildStatus): status is EndStatus => isBuildEnd(status);

const PAGES_A_STEP = 50;
const FETCH_TRIES = 3;
const STOP_AGAIN_MS = 10_000;
const NOTHING_SEEN = { phase: null, failure: null, startedAt: null, endedAt: null };

export class WatchedBuild {
  busy = false;
  /** The row was written by somebody else: read it again before anything is done. */
  stale = false;
  observeAt = 0;
  #seen: BuildObservation | undefined;
  #lost = false;
  #logAt = 0;
  #stopAt = 0;
  #tryAt = 0;
  #failures = 0;
  #startedHereAt = 0;
  #masker: Masker | undefined;

  constructor(
    private current: Build,
    private readonly queue: QueueSide,
    private readonly parts: WatchParts,
  ) {}

  get build(): Build {
    return this.current;
  }
  get ended(): boolean {
    return this.current.endedAt !== null;
  }
  /** Whether the engine is to be asked about it now. */
  observable(now: number): boolean {
    return this.current.engineRef !== null && !this.ended && this.#seen === undefined && now >= this.observeAt;
  }
  refreshed(build: Build): void {
    this.current = build;
    this.stale = false;
  }

  async handle(): Promise<BuildHandle> {
    return { ref: this.current.engineRef ?? '', session: await this.#session() };
  }

  /** What the engine said of it; undefined: it does not know it. */
  observed(seen: BuildObservation | undefined, now: number): void {
    this.observeAt = now + this.#pace.observeMs(now - (Date.parse(this.current.startedAt ?? '') || now));
    if (this.current.stopRequested) this.observeAt = Math.min(this.observeAt, now + 2_000);
    if (seen !== undefined) this.#seen = seen;
    else if (now - this.#startedHereAt >= this.#pace.settleMs) this.#lost = true;
  }

  /** The next step; undefined: there is none yet. */
  due(now: number): Step | undefined {
    if (this.busy || this.ended || this.stale || now < this.#tryAt) return undefined;
    if (this.current.engineRef === null) return (signal) => this.#start(signal);
    if (this.#lost) return () => this.#beginAgain();
    const over = this.#seen !== undefined && isBuildEnd(this.#seen.status);
    if (this.current.stopRequested && !over && now >= this.#stopAt) return (signal) => this.#stop(signal);
    if (this.#seen !== undefined) return (signal) => this.#settle(signal);
    if (now >= this.#logAt) return (signal) => this.#followLog(signal);
    return undefined;
  }

  /** When something may be due again. */
  nextDue(): number {
    const next =
      this.current.engineRef === null ? this.#tryAt : Math.max(this.#tryAt, Math.min(this.observeAt, this.#logAt));
    return this.busy ? Infinity : next;
  }

  /** A step went well. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** A step failed: it is tried again, later each time. */
  async failed(error: unknown): Promise<void> {
    if (isMoved(error)) {
      this.stale = true;
      return;
    }
    if (error instanceof AppError && (error.code === 'account_unknown' || error.code === 'region_unknown')) {
      await this.#end('fault', NOTHING_SEEN, `The cloud account of the build is gone: ${error.message}`);
      return;
    }
    this.#pause();
    this.parts.log.warn('a step of a build failed and is tried again', {
      build: this.current.id,
      failures: this.#failures,
      error,
    });
  }

  get #pace(): Pace {
    return this.parts.paces[this.current.engine];
  }
  #pause(): void {
    this.#failures += 1;
    this.#tryAt = this.#now() + backOff(this.#pace, this.#failures);
  }
  #now(): number {
    return this.parts.clock.now().getTime();
  }
  get #origin(): Origin {
    return platformOrigin('codebuild', 'build queue', this.current.traceId);
  }
  #engine(): BuildEngine {
    const engine = this.parts.engines[this.current.engine];
    if (engine !== undefined) return engine;
    throw new AppError('invalid', 'engine_missing', `This platform has no ${this.current.engine} engine for builds`);
  }
  async #session(): Promise<AwsSession | null> {
    if (this.current.engine === 'local') return null;
    return this.parts.accounts.session(this.current.account, this.current.region);
  }

  #secrets(): Record<string, string> {
    const { secretVariables, id } = this.current;
    if (secretVariables === null || secretVariables === '') return {};
    return JSON.parse(this.parts.box.open(secretVariables, secretVariablesPlace(id))) as Record<string, string>;
  }

  /** How an image build signs in to the registry that it pushes to: its gates read the image there. */
  #registryLogin(): RegistryLogin | undefined {
    const { REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } = this.#secrets();
    return username === undefined || password === undefined ? undefined : { username, password };
  }

  /** Knows the values of secret variables, and of plain ones whose name says that they are secret. */
  #mask(): Masker {
    this.#masker ??= new Masker([
      ...Object.values(this.#secrets()),
      ...this.current.plan.environment.variables
        .filter(
          ({ name, type }) =>
            type === 'PLAINTEXT' && (mask({ [name]: 'x' }) as Record<string, string>)[name] === MASKED,
        )
        .map(({ value }) => value),
    ]);
    return this.#masker;
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { store, database, metrics, committed } = this.parts;
    const { id, attempt, number, plan } = this.current;
    let ref: string;
    try {
      ref = await this.#engine().start(
        { id, attempt, number, plan, secretVariables: this.#secrets(), session: await this.#session() },
        signal,
      );
    } catch (error) {
      if (signal.aborted) throw error;
      await this.#notStarted(error);
      return;
    }
    const from = this.current;
    const facts: BuildFacts = { engineRef: ref, dispatched: true };
    this.current = await inTransaction(database, async (trx) =>
      from.status === 'queued'
        ? store.transition(trx, from, {
            to: 'starting',
            reason: from.stopRequested ? from.reason : 'Is being started.',
            facts,
            origin: this.#origin,
            lease: this.queue.lease,
          })
        : store.record(trx, from, facts, this.queue.lease),
    );
    this.#startedHereAt = this.#now();
    if (attempt === 1)
      metrics.queueWait.observe({ engine: from.engine }, (this.#startedHereAt - Date.parse(from.createdAt)) / 1000);
    committed([id]);
  }

  async #notStarted(error: unknown): Promise<void> {
    const { store, database, metrics, clock } = this.parts;
    const { status, stopRequested, queueDeadline } = this.current;
    const kind = error instanceof AppError ? error.kind : 'internal';
    const full = error instanceof AppError && error.code === 'account_limit';
    if (full) metrics.accountLimitHits.inc();
    if (full && status === 'queued' && !stopRequested) {
      await this.queue.full();
      const notBefore = instant(new Date(clock.now().getTime() + backOff(this.#pace, 3)));
      this.current = await store.record(database.db, this.current, { dispatched: false, notBefore }, this.queue.lease);
      return;
    }
    if (kind === 'unavailable' || kind === 'rate_limited') {
      if (stopRequested) return this.#end('stopped', NOTHING_SEEN);
      if (instant(clock.now()) > queueDeadline)
        return this.#end('fault', NOTHING_SEEN, `It could not be started in time: ${messageOf(error)}`);
      this.#pause();
      const reason = full ? 'Waits for a place in the account.' : `It could not be started yet: ${messageOf(error)}`;
      if (reason !== this.current.reason)
        this.current = await store.record(database.db, this.current, { reason }, this.queue.lease);
      return;
    }
    if (kind === 'internal') this.parts.log.error('a build could not be started', { build: this.current.id, error });
    const message = kind === 'internal' ? 'The platform broke when it started the build.' : messageOf(error);
    await this.#end(kind === 'internal' ? 'fault' : 'failed', NOTHING_SEEN, message);
  }

  async #stop(signal: AbortSignal): Promise<void> {
    await this.#engine().stop(await this.handle(), signal);
    this.#stopAt = this.#now() + STOP_AGAIN_MS;
    this.observeAt = 0;
  }

  /** The process that ran it has died: once more from the beginning, but only once. */
  async #beginAgain(): Promise<void> {
    const { store, database, logs, metrics, committed } = this.parts;
    const from = this.current;
    this.#lost = false;
    if (from.stopRequested) return this.#end('stopped', NOTHING_SEEN);
    if (wasStartedElsewhere(from)) return this.#end('fault', NOTHING_SEEN, 'AWS no longer knows this build.');
    if (from.attempt > 1)
      return this.#end(
        'fault',
        NOTHING_SEEN,
        'Its engine lost it twice: the process that ran it died, or it was deleted.',
      );
    const text = 'The process that ran this build died: it is begun again from the beginning.';
    const facts: BuildFacts = {
      attempt: from.attempt + 1,
      engineRef: null,
      phase: null,
      phases: [],
      logCursor: null,
      startedAt: null,
      exportedVariables: {},
    };
    this.current = await inTransaction(database, async (trx) => {
      const next =
        from.status === 'in_progress'
          ? await store.transition(trx, from, {
              to: 'starting',
              reason: text,
              facts,
              origin: this.#origin,
              lease: this.queue.lease,
            })
          : await store.record(trx, from, { ...facts, reason: text }, this.queue.lease);
      await logs.say(trx, from.id, text);
      return next;
    });
    metrics.begunAgain.inc();
    committed([from.id]);
  }

  /** What the engine has said becomes the row. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { store, database, committed } = this.parts;
    const seen = this.#seen;
    if (seen === undefined) return;
    if (isEndStatus(seen.status)) {
      await this.#finish(seen, seen.status, signal);
      return;
    }
    const from = this.current;
    const facts = this.#news(seen);
    if (seen.status === 'in_progress' && from.status !== 'in_progress')
      this.current = await inTransaction(database, (trx) =>
        store.transition(trx, from, {
          to: 'in_progress',
          reason: from.stopRequested ? from.reason : 'Runs.',
          facts: { ...facts, startedAt: facts.startedAt ?? instant(this.parts.clock.now()) },
          origin: this.#origin,
          lease: this.queue.lease,
        }),
      );
    else if (Object.keys(facts).length > 0)
      this.current = await store.record(database.db, from, facts, this.queue.lease);
    this.#seen = undefined;
    if (this.current.version !== from.version) committed([from.id]);
  }

  /** Of what the engine says only what is not in the row. */
  #news(seen: BuildObservation): BuildFacts {
    const masker = this.#mask();
    const told: BuildFacts = {
      phase: seen.phase,
      phases: mask(seen.phases, masker) as Build['phases'],
      commit: seen.resolvedCommit ?? this.current.commit,
      runtime: seen.runtime ?? this.current.runtime,
      imageSubstituted: seen.imageSubstituted ?? this.current.imageSubstituted,
      exportedVariables: mask(seen.exportedVariables, masker) as Build['exportedVariables'],
      startedAt: seen.startedAt === null ? this.current.startedAt : instant(new Date(seen.startedAt)),
    };
    return Object.fromEntries(
      Object.entries(told).filter(
        ([fact, value]) => JSON.stringify(value) !== JSON.stringify(this.current[fact as keyof Build]),
      ),
    );
  }

  async #followLog(signal: AbortSignal): Promise<void> {
    await this.#readLog(signal);
    this.#logAt = this.#now() + this.#pace.logMs(this.queue.running());
  }

  /** Reads what is new; answers whether there was anything. */
  async #readLog(signal: AbortSignal): Promise<boolean> {
    const { logs, committed } = this.parts;
    const handle = await this.handle();
    for (let page = 0; page < PAGES_A_STEP; page += 1) {
      const { id, attempt, logCursor: cursor } = this.current;
      const next = await this.#engine().readLog(handle, cursor, signal);
      if (next.cursor === cursor) return page > 0;
      if (!(await logs.append({ id, attempt, cursor }, next, this.#mask(), this.queue.lease)))
        throw new AppError('conflict', 'build_moved', `The log of build ${id} stands elsewhere by now`);
      this.current = { ...this.current, logCursor: next.cursor };
      if (next.lines.length > 0) committed([id]);
    }
    return true;
  }

  /** All that is left to be read is read, then the end is written: once, with all that belongs to it. */
  async #finish(seen: BuildObservation, status: EndStatus, signal: AbortSignal): Promise<void> {
    const { looks, apartMs } = this.#pace.drain;
    for (let quiet = 0; quiet < looks;) {
      if (await this.#readLog(signal)) quiet = 0;
      else quiet += 1;
      if (quiet < looks) await delay(apartMs, signal);
    }
    const engine = this.#engine();
    const problems: string[] = [];
    const reports = await this.#fetch('reports', problems, signal, async () =>
      engine.reports(await this.handle(), signal),
    );
    const artifacts = await this.#fetch('artifacts', problems, signal, async () =>
      engine.artifacts(await this.handle(), signal),
    );
    await this.#end(status, seen, undefined, { reports, artifacts, problems }, signal);
  }

  /** What cannot be had after some tries is left out, and the log says so: a build must end. */
  async #fetch<Item>(
    what: string,
    problems: string[],
    signal: AbortSignal,
    read: () => Promise<readonly Item[]>,
  ): Promise<readonly Item[]> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await read();
      } catch (error) {
        if (signal.aborted) throw error;
        if (failures < FETCH_TRIES) await delay(backOff(this.#pace, failures), signal);
        else {
          problems.push(`The ${what} of the build could not be read: ${messageOf(error)}`);
          this.parts.log.warn('an ended build could not be read whole', { build: this.current.id, what, error });
          return [];
        }
      }
    }
  }

  async #end(
    status: EndStatus,
    seen: Pick<BuildObservation, 'phase' | 'failure' | 'startedAt' | 'endedAt'> & Partial<BuildObservation>,
    message?: string,
    made: {
      readonly reports: readonly BuildReportView[];
      readonly artifacts: readonly EngineArtifact[];
      readonly problems: readonly string[];
    } = { reports: [], artifacts: [], problems: [] },
    signal?: AbortSignal,
  ): Promise<void> {
    const { store, database, logs, history, metrics, committed, clock } = this.parts;
    const masker = this.#mask();
    const from = this.current;
    const reports = mask(made.reports, masker) as BuildReportView[];
    const failure =
      message === undefined
        ? seen.failure
        : { phase: from.phase ?? ('SUBMITTED' as const), command: null, exit_code: null, message, last_lines: [] };
    const end = endOf(
      from,
      status,
      { ...seen, failure: mask(failure, masker) as typeof failure },
      await logs.last(from.id, 20),
      instant(clock.now()),
    );
    const news = 'status' in seen ? this.#news(seen as BuildObservation) : {};
    const gates =
      status === 'succeeded' && signal !== undefined
        ? await this.parts.gates.judge(
            {
              gates: from.qualityGates,
              reports,
              exportedVariables: seen.exportedVariables ?? {},
              session: await this.#session(),
              login: this.#registryLogin(),
            },
            signal,
          )
        : [];
    this.current = await inTransaction(database, async (trx) => {
      const ended = await store.transition(trx, from, {
        to: status,
        reason: end.reason,
        facts: {
          ...news,
          failure: end.failure,
          durationMs: end.durationMs,
          billedMinutes: end.billedMinutes,
          costMicros: end.costMicros,
          reports: summaryOf(reports),
          artifactCount: made.artifacts.length,
          gates,
          ...(from.secretVariables === null ? {} : { secretVariables: '' }),
        },
        origin: this.#origin,
        lease: this.queue.lease,
      });
      for (const [position, report] of reports.entries())
        await trx
          .insertInto('build_reports')
          .values({ build_id: from.id, position, report: JSON.stringify(report) })
          .execute();
      for (let at = 0; at < made.artifacts.length; at += 500)
        await trx
          .insertInto('build_artifacts')
          .values(
            made.artifacts.slice(at, at + 500).map(({ artifact, path, sizeBytes }) => ({
              seq: undefined,
              build_id: from.id,
              artifact,
              path,
              size_bytes: sizeBytes,
            })),
          )
          .execute();
      for (const problem of made.problems) await logs.say(trx, from.id, problem);
      return ended;
    });
    history.forget(from.projectId);
    metrics.finished.inc({ status, engine: from.engine });
    if (end.durationMs !== null) metrics.duration.observe({ status, engine: from.engine }, end.durationMs / 1000);
    committed([from.id]);
  }
}
