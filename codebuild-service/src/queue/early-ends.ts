/**
 * Builds that will not come to their end by themselves: one that waited too long, one that waits for a build that did not end
 * well, and all that is left of a batch that ends at its first failure. What waits ends at once, what runs is told to stop.
 */
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { isMoved, type BuildStore } from '../builds/build-store.js';
import type { BuildMetrics } from '../builds/metrics.js';
import type { CodebuildSchema } from '../schema.js';
import type { QueueLease } from './queue-lease.js';
import { dependenciesOf, type OpenBuild, type QueueSnapshot } from './queue-snapshot.js';

export interface EarlyEndsParts {
  readonly database: Database<CodebuildSchema>;
  readonly store: BuildStore;
  readonly clock: Clock;
  readonly metrics: BuildMetrics;
  /** These builds were written. */
  readonly committed: (ids: readonly string[]) => void;
}
interface Ended {
  readonly status: string;
  readonly number: number;
}

export class EarlyEnds {
  constructor(
    private readonly lease: QueueLease,
    private readonly parts: EarlyEndsParts,
  ) {}

  /** Answers whether anything was written: the queue is another then. */
  async settle({ queued, active }: Pick<QueueSnapshot, 'queued' | 'active'>): Promise<boolean> {
    const now = instant(this.parts.clock.now());
    const broken = await this.#brokenBatches([...queued, ...active]);
    const ended = await this.#endedDependencies(queued);
    let any = false;
    for (const row of queued) {
      const failed = broken.get(row.batch_id ?? '');
      const missed = dependenciesOf(row)
        .map(({ id, ignore_failure }) => ({ build: ended.get(id), ignore_failure }))
        .find(
          ({ build, ignore_failure }) => build !== undefined && build.status !== 'succeeded' && !ignore_failure,
        )?.build;
      if (failed !== undefined) await this.#end(row, 'stopped', reasonOf(failed));
      else if (missed !== undefined)
        await this.#end(
          row,
          'stopped',
          `Build ${missed.number} of its batch, on which it depends, ended ${missed.status}.`,
        );
      else if (row.queue_deadline < now)
        await this.#end(row, 'timed_out', 'It waited in the queue longer than its project allows.');
      else continue;
      any = true;
    }
    for (const row of active) {
      const failed = broken.get(row.batch_id ?? '');
      if (failed === undefined || row.stop_requested === 1) continue;
      await this.#askToStop(row, reasonOf(failed));
      any = true;
    }
    return any;
  }

  /** Batches that end at their first failure, with that failure. */
  async #brokenBatches(open: readonly OpenBuild[]): Promise<Map<string, Ended>> {
    const ids = [...new Set(open.flatMap(({ batch_id }) => batch_id ?? []))];
    if (ids.length === 0) return new Map();
    const rows = await this.parts.database.db
      .selectFrom('builds')
      .select(['batch_id', 'status', 'number'])
      .where('batch_id', 'in', ids)
      .where('ends_batch', '=', 1)
      .where('status', 'in', ['failed', 'fault', 'timed_out'])
      .orderBy('ended_at', 'desc') // the first stays in the map
      .execute();
    return new Map(rows.map(({ batch_id, status, number }) => [batch_id ?? '', { status, number: Number(number) }]));
  }

  async #endedDependencies(queued: readonly OpenBuild[]): Promise<Map<string, Ended>> {
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

  async #end({ id }: OpenBuild, to: 'stopped' | 'timed_out', reason: string): Promise<void> {
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
  }

  async #askToStop({ id }: OpenBuild, reason: string): Promise<void> {
    const { store, database, committed } = this.parts;
    try {
      await store.record(database.db, await store.get(id), { stopRequested: true, reason }, this.lease);
      committed([id]);
    } catch (error) {
      if (!isMoved(error)) throw error; // it ended, or took a step: looked at again at once
    }
  }
}

const reasonOf = ({ number, status }: Ended): string =>
  `Build ${number} of its batch ended ${status}, and the batch ends at its first failure.`;
