/** What waits in one queue: ends what can never start, and marks what starts now. Written under the lease of the queue. */
import { inTransaction } from '@aws-deployer/platform/database/open-database';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { instant } from '@aws-deployer/platform/runtime/clock';
import type { Build } from '../builds/build.js';
import { isMoved } from '../builds/build-store.js';
import type { WatchParts } from '../builds/watched-build.js';
import { startNow } from './fair-queue.js';
import type { QueueLease } from './queue-lease.js';
import type { QueueLeaseStore } from './queue-lease-store.js';
import { dependenciesOf, type OpenBuild, type QueueSnapshot } from './queue-snapshot.js';

export type WaitingParts = Pick<WatchParts, 'database' | 'store' | 'metrics' | 'clock' | 'committed'> & {
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

  /** Waited too long, or for a build that did not end well. */
  async endThoseThatCannotStart({ queued }: QueueSnapshot): Promise<boolean> {
    const now = instant(this.parts.clock.now());
    const ended = await this.#endedDependencies(queued);
    let any = false;
    for (const row of queued) {
      const broken = dependenciesOf(row)
        .map(({ id, ignore_failure }) => ({ build: ended.get(id), ignore_failure }))
        .find(
          ({ build, ignore_failure }) => build !== undefined && build.status !== 'succeeded' && !ignore_failure,
        )?.build;
      if (broken !== undefined)
        any = await this.#endWaiting(
          row,
          'stopped',
          `Build ${broken.number} of its batch, on which it depends, ended ${broken.status}.`,
        );
      else if (row.queue_deadline < now)
        any = await this.#endWaiting(row, 'timed_out', 'It waited in the queue longer than its project allows.');
    }
    return any;
  }

  async #endedDependencies(queued: readonly OpenBuild[]): Promise<Map<string, { status: string; number: number }>> {
    const ids = [...new Set(queued.flatMap((row) => dependenciesOf(row).map(({ id }) => id)))];
    if (ids.length === 0) return new Map();
    const rows = await this.parts.database.db
      .selectFrom('builds')
      .select(['id', 'status', 'number'])
      .where('id', 'in', ids)
      .where('ended_at', 'is not', null)
      .execute();
    return new Map(rows.map(({ id, status, number }) => [id, { status, number: Number(number) }]));
  }

  async #endWaiting({ id }: OpenBuild, to: 'stopped' | 'timed_out', reason: string): Promise<boolean> {
    const { store, database, metrics, committed } = this.parts;
    try {
      const build = await store.get(id);
      await inTransaction(database, (trx) =>
        store.transition(trx, build, {
          to,
          reason,
          facts: build.secretVariables === null ? {} : { secretVariables: '' },
          origin: platformOrigin('codebuild', 'build queue', build.traceId),
          lease: this.lease,
        }),
      );
      metrics.finished.inc({ status: to, engine: build.engine });
      committed([id]);
    } catch (error) {
      if (!isMoved(error)) throw error; // stopped or started meanwhile
    }
    return true;
  }

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
