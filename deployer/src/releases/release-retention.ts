/**
 * Removes the bundles that the rules of their environment let go: the manifests and the references to secrets and credentials. The
 * row stays, so the history of releases has no end.
 *
 * Units    milliseconds.
 * Replicas each looks; a bundle is removed and recorded under the lock of its application, so once.
 */
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { platformOrigin, recordAction } from '@aws-deployer/platform/outbox/outbox';
import { delay, instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Transaction } from 'kysely';
import type { DeployerSchema } from '../schema.js';
import { badMarkOf, type Place } from './release-store.js';
import type { Release } from './release.js';
import { releasesToLetGo } from './retention.js';

export interface ReleaseRetentionParts {
  readonly database: Database<DeployerSchema>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something was recorded outside a request. */
  readonly recorded: () => void;
}
const FIRST_AFTER_MS = 120_000;
const EVERY_MS = 3_600_000;

export class ReleaseRetentionJob {
  readonly #stopped = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(private readonly parts: ReleaseRetentionParts) {}

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** One look at every place that has a rule. Returns how many bundles were removed. */
  async look(signal: AbortSignal): Promise<number> {
    const { db } = this.parts.database;
    const places = await db
      .selectFrom('releases')
      .innerJoin('environments', 'environments.name', 'releases.environment')
      .select(['releases.application_id', 'releases.environment', 'releases.namespace'])
      .where('releases.bundle_removed_at', 'is', null)
      .where((where) => where.or([where('keep_releases', 'is not', null), where('keep_release_days', 'is not', null)]))
      .distinct()
      .execute();
    let removed = 0;
    for (const { application_id: applicationId, ...place } of places) {
      signal.throwIfAborted();
      removed += await inTransaction(this.parts.database, (trx) => this.#tidy(trx, { applicationId, ...place }));
    }
    if (removed > 0) this.parts.recorded();
    return removed;
  }

  async #tidy(trx: Transaction<DeployerSchema>, place: Place): Promise<number> {
    const now = this.parts.clock.now();
    // The lock under which releases are made and deployments are asked for.
    await trx
      .updateTable('applications')
      .set((eb) => ({ updated_at: eb.ref('updated_at') }))
      .where('id', '=', place.applicationId)
      .execute();
    const rule = await trx
      .selectFrom('environments')
      .select(['keep_releases', 'keep_release_days'])
      .where('name', '=', place.environment)
      .executeTakeFirst();
    const rows = await trx
      .selectFrom('releases')
      .select(['id', 'number', 'status', 'live', 'bad_reason', 'bad_by', 'bad_at', 'created_at'])
      .where('application_id', '=', place.applicationId)
      .where('environment', '=', place.environment)
      .where('namespace', '=', place.namespace)
      .where('bundle_removed_at', 'is', null)
      .execute();
    const restoring = await trx
      .selectFrom('deployments')
      .select('rollback_of')
      .where('application_id', '=', place.applicationId)
      .where('rollback_of', 'is not', null)
      .where('ended_at', 'is', null)
      .execute();
    const inUse = new Set(restoring.map(({ rollback_of: id }) => id));
    const gone = releasesToLetGo(
      rows.map((row) => ({
        id: row.id,
        number: row.number,
        status: row.status as Release['status'],
        live: row.live === 1,
        bad: badMarkOf(row),
        createdAt: row.created_at,
      })),
      { keep: rule?.keep_releases ?? null, days: rule?.keep_release_days ?? null },
      now,
    ).filter((id) => !inUse.has(id));
    for (const id of gone) {
      await trx
        .updateTable('releases')
        .set({ manifests: '[]', secrets: '[]', pull_account: null, bundle_removed_at: instant(now) })
        .where('id', '=', id)
        .execute();
      await recordAction(trx, platformOrigin('deployer', 'retention of releases'), {
        type: 'release.remove_bundle',
        targetType: 'release',
        target: id,
        after: { environment: place.environment, number: rows.find((row) => row.id === id)?.number },
      });
    }
    return gone.length;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    for (let pause = FIRST_AFTER_MS; ; pause = EVERY_MS) {
      try {
        await delay(pause, signal);
        await this.look(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.parts.log.error('the retention of releases could not be carried out', { error });
      }
    }
  }
}
