/**
 * Claims free deployments, works on them, keeps their leases, and gives them back when it stops. Any replica may die at any
 * instant: its lease ends and another takes over. Between deployments it costs one query each `claimSeconds`.
 */
import type { Deployment } from './deployment.js';
import { DeploymentWork, type WorkOptions } from './deployment-work.js';
import { hasDied, newLeaseOwner } from './lease-owner.js';
import { WorkFolderSweep } from './work-folder-sweep.js';

export interface RunnerOptions extends WorkOptions {
  readonly concurrency: number;
  readonly heartbeatSeconds: number;
  readonly claimSeconds: number;
}

/** A cancel that another replica took is seen within this. */
const CANCEL_MS = 700;

export class DeploymentRunner {
  readonly owner = newLeaseOwner();
  readonly #sweep: WorkFolderSweep;
  readonly #working = new Map<string, { readonly work: DeploymentWork; readonly ended: Promise<void> }>();
  #timers: NodeJS.Timeout[] = [];
  #claiming: Promise<void> | undefined;
  #again = false;
  #stopped = true;

  constructor(private readonly options: RunnerOptions) {
    this.#sweep = new WorkFolderSweep(options.parts, options.log);
  }

  /** What a process of this machine left behind when it died is taken up at once, not when its lease has run out. */
  async start(): Promise<void> {
    const { claimSeconds, heartbeatSeconds, leases, log } = this.options;
    const freed = await leases.freeOf(hasDied);
    if (freed > 0) log.info('a process of this machine had died over its deployments', { deployments: freed });
    this.#stopped = false;
    this.#sweep.start();
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
    await Promise.all([this.#claiming, this.#sweep.stop()]);
    for (const { work } of this.#working.values()) work.leave('stopping');
    await Promise.all([...this.#working.values()].map(({ ended }) => ended));
  }

  async #claim(): Promise<void> {
    const { leases, concurrency, leaseSeconds } = this.options;
    const free = concurrency - this.#working.size;
    const asked = performance.now();
    const mine = [...this.#working.keys()];
    const claimed = await leases.claim(this.owner, leaseSeconds * 1000, Math.min(free, 50), mine);
    for (const deployment of claimed) this.#begin(deployment, asked);
    if (claimed.length > 0) this.#again = true; // there may be more
  }

  #begin(deployment: Deployment, leasedSince: number): void {
    const { log, metrics } = this.options;
    if (deployment.state !== 'initialized') {
      metrics.takeovers.inc();
      log.info('a deployment is resumed', { deployment: deployment.id, state: deployment.state });
    }
    const work = new DeploymentWork(deployment, this.options, leasedSince);
    const ended = work.run().then(async (end) => {
      this.#working.delete(deployment.id);
      if (end === 'ended') await this.#sweep.remove(deployment.id);
      this.wake(); // the next in the queue
    });
    this.#working.set(deployment.id, { work, ended });
  }

  /** Renews the leases, or only looks: for deployments that are lost, and for cancels that another replica took. */
  async #renew(beat: boolean): Promise<void> {
    if (this.#working.size === 0 || this.#stopped) return;
    const { leases, leaseSeconds, log } = this.options;
    const before = [...this.#working.values()];
    const asked = performance.now();
    try {
      const owned = beat
        ? await leases.heartbeat(
            this.owner,
            leaseSeconds * 1000,
            before.map(({ work }) => work.id),
          )
        : await leases.owned(this.owner);
      for (const { work } of before) {
        const mine = owned.get(work.id);
        if (mine === undefined) {
          if (this.#working.has(work.id)) await this.#checkLost(work);
          continue;
        }
        if (beat) work.renewed(asked);
        if (mine.cancelRequested) work.cancel();
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
