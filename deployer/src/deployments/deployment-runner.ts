/**
 * Claims free deployments, works on them, keeps their leases, and gives them back when it stops. Any replica may die at any
 * instant: its lease ends and another takes over. Between deployments it costs one query each `claimSeconds`.
 */
import { hostname } from 'node:os';
import { rm } from 'node:fs/promises';
import { newId } from '@aws-deployer/platform/database/ids';
import { folderOf } from './work-folder.js';
import type { Deployment } from './deployment.js';
import { DeploymentWork, type WorkOptions } from './deployment-work.js';

export interface RunnerOptions extends WorkOptions {
  readonly concurrency: number;
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
  readonly claimSeconds: number;
}

/** A cancel that another replica took is seen within this. */
const CANCEL_MS = 700;

export class DeploymentRunner {
  readonly owner = `${hostname().slice(0, 60)}:${process.pid}:${newId()}`;
  readonly #working = new Map<string, { readonly work: DeploymentWork; readonly ended: Promise<void> }>();
  #timers: NodeJS.Timeout[] = [];
  #claiming: Promise<void> | undefined;
  #again = false;
  #stopped = true;

  constructor(private readonly options: RunnerOptions) {}

  start(): void {
    this.#stopped = false;
    const { claimSeconds, heartbeatSeconds } = this.options;
    this.#timers = [
      setInterval(() => this.wake(), claimSeconds * 1000),
      setInterval(() => void this.#renew(true), heartbeatSeconds * 1000),
      setInterval(() => void this.#renew(false), CANCEL_MS),
    ];
    this.wake();
  }

  /** Something may be there to be claimed. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#claiming) {
      this.#again = true;
      return;
    }
    this.#claiming = this.#claim()
      .catch((error: unknown) => this.options.log.warn('deployments could not be claimed', { error }))
      .finally(() => {
        this.#claiming = undefined;
        if (this.#again) {
          this.#again = false;
          this.wake();
        }
      });
  }

  /** A cancel was asked for through this process. */
  cancel(deploymentId: string): void {
    this.#working.get(deploymentId)?.work.cancel();
  }

  working(): number {
    return this.#working.size;
  }

  /** Ends every step, gives every deployment back; another process (or the next start) resumes them at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#claiming;
    for (const { work } of this.#working.values()) work.leave('stopping');
    await Promise.all([...this.#working.values()].map(({ ended }) => ended));
  }

  async #claim(): Promise<void> {
    const { leases, concurrency, leaseSeconds } = this.options;
    const free = concurrency - this.#working.size;
    const claimed = await leases.claim(this.owner, leaseSeconds * 1000, Math.min(free, 50));
    for (const deployment of claimed) this.#begin(deployment);
    if (claimed.length > 0) this.#again = true; // there may be more
  }

  #begin(deployment: Deployment): void {
    const { log, metrics } = this.options;
    if (deployment.state !== 'initialized') {
      metrics.takeovers.inc();
      log.info('a deployment is resumed', { deployment: deployment.id, state: deployment.state });
    }
    const work = new DeploymentWork(deployment, this.options);
    const ended = work.run().then(async (end) => {
      this.#working.delete(deployment.id);
      if (end === 'ended') await this.#clean(deployment.id);
      this.wake(); // the next in the queue
    });
    this.#working.set(deployment.id, { work, ended });
  }

  async #clean(id: string): Promise<void> {
    const { parts, log } = this.options;
    await rm(folderOf(parts.workDir, id), { recursive: true, force: true }).catch((error: unknown) =>
      log.warn('a work folder could not be removed', { deployment: id, error }),
    );
  }

  /** Renews the leases, or only looks: for deployments that are lost, and for cancels that another replica took. */
  async #renew(beat: boolean): Promise<void> {
    if (this.#working.size === 0 || this.#stopped) return;
    const { leases, leaseSeconds, log } = this.options;
    const before = [...this.#working.values()];
    try {
      const owned = beat ? await leases.heartbeat(this.owner, leaseSeconds * 1000) : await leases.owned(this.owner);
      for (const { work } of before) {
        const mine = owned.get(work.id);
        if (mine === undefined) {
          if (this.#working.has(work.id) && beat) await this.#checkLost(work);
        } else if (mine.cancelRequested) work.cancel();
      }
    } catch (error) {
      log.warn('the leases could not be renewed', { error });
    }
  }

  /** Not among ours: it has just ended, or another process took it. */
  async #checkLost(work: DeploymentWork): Promise<void> {
    const { parts, store } = this.options;
    const row = await store.find(parts.database.db, work.id);
    if (row === undefined || (row.endedAt === null && row.leaseOwner !== this.owner)) work.leave('lost');
  }
}
