/** What waits in one queue: marks what starts now, under the lease of the queue. */
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import type { Build } from '../builds/build.js';
import type { WatchParts } from '../builds/watch-parts.js';
import { startNow } from './fair-queue.js';
import type { QueueLease } from './queue-lease.js';
import type { QueueLeaseStore } from './queue-lease-store.js';
import type { QueueSnapshot } from './queue-snapshot.js';

export type WaitingParts = Pick<WatchParts, 'database' | 'store'> & {
  readonly leases: QueueLeaseStore;
};
export interface Dispatched {
  readonly builds: readonly Build[];
  /** false: something was written meanwhile, the queue is to be read again. */
  readonly all: boolean;
}

export class WaitingBuilds {
  constructor(
    private readonly lease: QueueLease,
    private readonly parts: WaitingParts,
  ) {}

  /** One transaction: what starts is marked and the teams' shares are kept, before any engine hears of it. */
  async dispatch(snapshot: QueueSnapshot): Promise<Dispatched> {
    const { store, leases, database } = this.parts;
    const { start, state } = startNow(snapshot.input, snapshot.at);
    if (start.length === 0) return { builds: [], all: true };
    const dispatched = await inTransaction(database, async (trx) => {
      const builds: Build[] = [];
      if (!(await leases.keepFairState(trx, this.lease, state))) return builds;
      for (const { id, seconds } of start) {
        const build = await store.get(id, trx);
        if (build.status !== 'queued' || build.dispatched || build.endedAt !== null) continue; // stopped meanwhile
        builds.push(
          await store.record(
            trx,
            build,
            { dispatched: true, notBefore: null, estimatedSeconds: seconds === null ? null : Math.ceil(seconds) },
            this.lease,
          ),
        );
      }
      return builds;
    });
    return { builds: dispatched, all: dispatched.length === start.length };
  }
}
