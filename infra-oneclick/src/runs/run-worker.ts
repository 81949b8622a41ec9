/**
 * Carries runs out: claims what is free, keeps the leases while it works, begins looks for drift when they are due. On stop it
 * tells Terraform to end in order and waits a little; what has not ended by then goes on by itself, and the next start follows it.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { StateLockView } from '@aws-deployer/platform/contracts/infra';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { Masker, maskText } from '@aws-deployer/platform/masking/mask';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { allValues, secretValues } from '../environments/stored-variables.js';
import type { ModuleFolders } from '../environments/module-folders.js';
import type { CloudIdentity, IssuedIdentity } from '../identity/cloud-identity.js';
import type { Infracost } from '../plans/infracost.js';
import type { Sweep } from '../sweep/sweep.js';
import { localLock, lockOfDiagnostics } from '../terraform/state-lock.js';
import type { Terraform } from '../terraform/terraform.js';
import type { WorkFolders } from '../terraform/work-folders.js';
import { StepEnded, StepFailed, StepLeft } from './followed-step.js';
import { endRun, type RunEnd } from './run-end.js';
import type { RunMetrics } from './metrics.js';
import type { RunFeed } from './run-feed.js';
import type { RunFiles } from './run-files.js';
import { removeKeys, RunKeys } from './run-keys.js';
import { findRun, type RunRow } from './run.js';
import { LeaseLost, type RunStore } from './run-store.js';
import { RunWork, type RunResult } from './run-work.js';

export interface RunWorkerParts {
  readonly store: RunStore;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feed: RunFeed;
  readonly terraform: Terraform;
  readonly folders: WorkFolders;
  readonly modules: ModuleFolders;
  readonly identity: CloudIdentity;
  readonly localState: boolean;
  readonly concurrentRuns: number;
  readonly heartbeatMs: number;
  readonly cancelMs: number;
  readonly planMs: number;
  readonly metrics: RunMetrics;
  readonly recorded: () => void;
  /** Queues what is due by itself. */
  readonly due: () => Promise<void>;
  readonly files: RunFiles;
  readonly sweep: Sweep;
  readonly infracost: Infracost;
}

const LOOK_MS = 500;
const DUE_MS = 5_000;
const CLEAN_MS = 600_000;
/** While codebuild-service does not answer, as when it starts anew. */
const IDENTITY_AGAIN_MS = 2_000;
const IDENTITY_TRIES = 30;
const POLL_MS = 100;
/** The platform gives a service five seconds. */
const STOP_MS = 3_000;

export class RunWorker {
  readonly #owner = randomUUID();
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, { readonly cancel: AbortController; readonly done: Promise<void> }>();
  #woken = new AbortController();
  #loop: Promise<void> | undefined;
  #dueAt = 0;
  #cleanAt = 0;

  constructor(private readonly parts: RunWorkerParts) {}

  start(): void {
    this.#loop ??= this.#turn();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#woken.abort();
    await this.#loop;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** There may be something to do. */
  wake(): void {
    this.#woken.abort();
  }

  /** Tells a run of this process at once; those of others see it in their row. */
  cancel(id: string): void {
    this.#running.get(id)?.cancel.abort();
  }

  async #turn(): Promise<void> {
    const { store, log, concurrentRuns, due, files } = this.parts;
    while (!this.#stopping.signal.aborted) {
      this.#woken = new AbortController();
      try {
        if (Date.now() >= this.#dueAt) {
          this.#dueAt = Date.now() + DUE_MS;
          await due();
        }
        if (Date.now() >= this.#cleanAt) {
          this.#cleanAt = Date.now() + CLEAN_MS;
          await files.cleanAll();
        }
        while (this.#running.size < concurrentRuns) {
          const row = await store.claim(this.#owner);
          if (row === undefined) break;
          this.#begin(row);
        }
      } catch (error) {
        log.warn('runs of infrastructure were not looked at', { error: messageOf(error) });
      }
      await wait(LOOK_MS, undefined, { signal: this.#woken.signal }).catch(() => undefined); // woken
    }
  }

  #begin(row: RunRow): void {
    const cancel = new AbortController();
    const done = this.#carryOut(row, cancel)
      .catch((error: unknown) => {
        this.parts.log.error('a run of infrastructure was left', { run: row.id, error: messageOf(error) });
      })
      .finally(() => {
        this.#running.delete(row.id);
        this.parts.feed.notify(row.id);
        this.wake();
      });
    this.#running.set(row.id, { cancel, done });
  }

  async #carryOut(row: RunRow, cancel: AbortController): Promise<void> {
    const { store, clock, metrics, recorded } = this.parts;
    const lost = new AbortController();
    const ended = new AbortController();
    const beating = this.#beat(row.id, cancel, lost, ended.signal);
    try {
      const end = await this.#result(row, cancel.signal, lost.signal);
      const at = clock.now();
      await endRun(store, row, this.#owner, end, at);
      recorded();
      await this.parts.files.clean(row.environment_id);
      const labels = { kind: row.kind, status: end.status };
      metrics.finished.inc(labels);
      metrics.duration.observe(labels, (at.getTime() - Date.parse(row.started_at ?? row.created_at)) / 1_000);
      if ((end.result?.drifted ?? 0) > 0) metrics.drifts.inc();
    } catch (error) {
      if (error instanceof LeaseLost) return; // whoever has it now goes on
      if (!(error instanceof StepLeft)) throw error;
      await store.release(row.id, this.#owner);
    } finally {
      ended.abort();
      await beating;
    }
  }

  async #beat(id: string, cancel: AbortController, lost: AbortController, ended: AbortSignal): Promise<void> {
    const { store, heartbeatMs, log } = this.parts;
    while (!ended.aborted && !lost.signal.aborted) {
      try {
        const seen = await store.beat(id, this.#owner);
        if (seen.lost && !ended.aborted) lost.abort(new LeaseLost(`the run ${id} is another process's now`));
        if (seen.cancel) cancel.abort();
      } catch (error) {
        log.warn('a lease was not kept', { run: id, error: messageOf(error) });
      }
      await wait(heartbeatMs, undefined, { signal: ended }).catch(() => undefined); // the run has ended
    }
  }

  /** Throws LeaseLost and StepLeft; all else is an end of the run. */
  async #result(row: RunRow, cancelled: AbortSignal, lost: AbortSignal): Promise<RunEnd> {
    const masker = new Masker();
    let plan: RunRow | undefined;
    try {
      plan = row.plan_run === null ? undefined : await findRun(this.parts.store.database.db, row.plan_run);
      const result = await this.#work(row, plan, masker, cancelled, lost);
      return { status: 'succeeded', reason: result.reason, result, plan };
    } catch (error) {
      if (error instanceof LeaseLost || error instanceof StepLeft) throw error;
      if (lost.aborted) throw lost.reason;
      const lock = await this.#lock(row, error);
      const locked = lock === undefined ? {} : { lock };
      if (error instanceof StepEnded) return { status: error.how, reason: error.message, plan, ...locked };
      const message = maskText(messageOf(error), masker);
      const code =
        lock !== undefined
          ? 'state_locked'
          : error instanceof AppError
            ? error.code
            : error instanceof StepFailed
              ? 'terraform_failed'
              : 'internal';
      if (!(error instanceof StepFailed) && !(error instanceof AppError))
        this.parts.log.error('a run of infrastructure broke', { run: row.id, error: message });
      const diagnostics = error instanceof StepFailed ? error.diagnostics : [];
      return { status: 'failed', reason: message, failure: { code, message, diagnostics }, plan, ...locked };
    }
  }

  async #work(
    row: RunRow,
    plan: RunRow | undefined,
    masker: Masker,
    cancelled: AbortSignal,
    lost: AbortSignal,
  ): Promise<RunResult> {
    const { store, box, identity, feed } = this.parts;
    for (const value of textsOf(secretValues(box, row.environment_id, row))) masker.add(value);
    const signal = AbortSignal.any([cancelled, lost, this.#stopping.signal]);
    const folder = this.parts.folders.run(row.environment_id, row.id);
    const keys = new RunKeys({
      folder,
      ask: async () => {
        const issued = await identityOf(identity, row, signal);
        for (const secret of identity.secrets(issued.variables)) masker.add(secret);
        return issued;
      },
      warn: (error) =>
        this.parts.log.warn('keys of a cloud account were not renewed', {
          run: row.id,
          error: maskText(messageOf(error), masker),
        }),
    });
    const ended = new AbortController();
    const fresh = keys.keepFresh(ended.signal);
    const done = { done: Number(row.done), failed: Number(row.failed) };
    const work = new RunWork(row, {
      ...this.parts,
      masker,
      values: allValues(box, row.environment_id, row),
      identity: () => keys.current(),
      processIdentity: () => keys.forProcess(),
      lastSweep: () => store.lastSweep(row.environment_id),
      plan,
      pollMs: POLL_MS,
      stopMs: STOP_MS,
      cancelled,
      lost,
      stopping: this.#stopping.signal,
      write: async (change, events) => {
        for (const { type, data } of events)
          if (type === 'resource') {
            const { status } = data as { status: string };
            if (status === 'done') done.done += 1;
            if (status === 'failed') done.failed += 1;
          }
        await store.write(row.id, this.#owner, { ...change, ...done }, events);
        feed.notify(row.id);
      },
    });
    let goesOn = false;
    try {
      return await work.run();
    } catch (error) {
      goesOn = error instanceof StepLeft || error instanceof LeaseLost; // its Terraform may still need them
      throw error;
    } finally {
      ended.abort();
      await fresh;
      if (!goesOn) await removeKeys(folder);
    }
  }

  /** The lock that a command ran into, or that one of ours left behind. */
  async #lock(row: RunRow, error: unknown): Promise<StateLockView | undefined> {
    const { localState, folders } = this.parts;
    const refused = error instanceof StepFailed ? lockOfDiagnostics(error.diagnostics) : undefined;
    if (!localState) return refused;
    if (refused === undefined && !(error instanceof StepEnded)) return undefined;
    return (await localLock(folders.state(row.environment_id))) ?? refused;
  }
}

/** Keys for the run's process; a service that is away for a moment does not end a run whose Terraform goes on. */
async function identityOf(identity: CloudIdentity, row: RunRow, signal: AbortSignal): Promise<IssuedIdentity> {
  const actingUser = row.created_by_id.startsWith('service:') ? undefined : row.created_by_id;
  const asked = { purpose: `${row.kind} of ${row.environment} (run ${row.id})`, actingUser, signal };
  for (let tried = 1; ; tried += 1) {
    try {
      return await identity.issued(row.account, row.region, asked);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'codebuild_unreachable' || tried >= IDENTITY_TRIES)
        throw error;
      await wait(IDENTITY_AGAIN_MS, undefined, { signal });
    }
  }
}

/** Every text within a value: a secret may be an object. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
