/**
 * Claims the queues that have builds and nobody who keeps them, renews the leases, gives them back at the stop. While no build
 * is open anywhere it costs two queries a second.
 */
import { hostname } from 'node:os';
import { newId } from '@aws-deployer/platform/database/ids';
import type { QueuePlace } from './queue-lease-store.js';
import { QueueKeeper, type KeeperParts } from './queue-keeper.js';

export interface QueueWorkersOptions {
  readonly leaseSeconds: number;
  readonly heartbeatSeconds: number;
}
const CLAIM_MS = 1_000;

export class QueueWorkers {
  readonly owner = `${hostname().slice(0, 60)}:${process.pid}:${newId()}`;
  readonly #kept = new Map<string, { readonly keeper: QueueKeeper; readonly ended: Promise<void> }>();
  #timers: NodeJS.Timeout[] = [];
  #claiming: Promise<void> | undefined;
  #again = false;
  #stopped = true;

  constructor(
    private readonly parts: KeeperParts,
    private readonly options: QueueWorkersOptions,
  ) {}

  start(): void {
    this.#stopped = false;
    this.#timers = [
      setInterval(() => this.#claimSoon(), CLAIM_MS),
      setInterval(() => void this.#renew(), this.options.heartbeatSeconds * 1000),
    ];
    this.#claimSoon();
  }

  /** A build was written by this process. */
  wake(): void {
    for (const { keeper } of this.#kept.values()) keeper.wake();
    this.#claimSoon();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.#claiming;
    for (const { keeper } of this.#kept.values()) keeper.stop();
    await Promise.all([...this.#kept.values()].map(({ ended }) => ended));
  }

  #claimSoon(): void {
    if (this.#stopped) return;
    if (this.#claiming) {
      this.#again = true;
      return;
    }
    this.#claiming = this.#claim()
      .catch((error: unknown) => this.parts.log.warn('build queues could not be claimed', { error }))
      .finally(() => {
        this.#claiming = undefined;
        if (this.#again) {
          this.#again = false;
          this.#claimSoon();
        }
      });
  }

  async #claim(): Promise<void> {
    const { leases, metrics } = this.parts;
    const leaseMs = this.options.leaseSeconds * 1000;
    for (const place of [...(await leases.open()), ...(await this.#toLookElsewhere())]) {
      const key = `${place.account} ${place.region}`;
      if (this.#stopped || this.#kept.has(key)) continue;
      const claimed = await leases.claim(place, this.owner, leaseMs);
      if (claimed === undefined) continue;
      if (claimed.takenOver) metrics.takeovers.inc();
      const keeper = new QueueKeeper(claimed, leaseMs, this.parts);
      this.#kept.set(key, { keeper, ended: this.#keep(key, keeper) });
    }
  }

  async #toLookElsewhere(): Promise<QueuePlace[]> {
    return this.parts.engines.codebuild?.recent === undefined ? [] : this.parts.leases.toLookElsewhere();
  }

  async #keep(key: string, keeper: QueueKeeper): Promise<void> {
    const { leases, log } = this.parts;
    const end = await keeper.run();
    if (end === 'lost') log.warn('another process keeps a build queue now', { ...keeper.lease });
    else
      await leases
        .release(keeper.lease)
        .catch((error: unknown) => log.warn('a build queue could not be given back: its lease runs out', { error }));
    this.#kept.delete(key);
    if (end === 'empty') this.#claimSoon(); // a build may have come in the last moment
  }

  async #renew(): Promise<void> {
    const leaseMs = this.options.leaseSeconds * 1000;
    for (const { keeper } of [...this.#kept.values()]) {
      try {
        if (await this.parts.leases.renew(keeper.lease, leaseMs)) keeper.renewed(leaseMs);
        else if ([...this.#kept.values()].some((kept) => kept.keeper === keeper)) keeper.lose();
      } catch (error) {
        this.parts.log.warn('the lease of a build queue could not be renewed', { error });
      }
    }
  }
}
