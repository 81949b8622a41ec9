/** Releases that people mark bad: they stay on the books, and are not deployed again without consent. */
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { findApplication } from '../applications/application-read-model.js';
import type { DeployerSchema } from '../schema.js';
import { releaseNotFound } from './refusals.js';
import type { BadMark } from './release.js';
import { badMarkOf } from './release-store.js';

export class BadReleases {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly clock: Clock,
  ) {}

  /** Marking again replaces the reason. Throws not_found/`application_not_found`, not_found/`release_not_found`. */
  async mark(application: string, releaseId: string, reason: string, by: string, origin: Origin): Promise<void> {
    await this.#set(application, releaseId, { reason, by, at: instant(this.clock.now()) }, origin);
  }

  /** Taking away a mark that is not there changes nothing. */
  async unmark(application: string, releaseId: string, origin: Origin): Promise<void> {
    await this.#set(application, releaseId, null, origin);
  }

  async #set(application: string, releaseId: string, mark: BadMark | null, origin: Origin): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      const { id, name } = await findApplication(trx, application);
      const row = await trx
        .selectFrom('releases')
        .select(['number', 'environment', 'bad_reason', 'bad_by', 'bad_at'])
        .where('id', '=', releaseId)
        .where('application_id', '=', id)
        .executeTakeFirst();
      if (row === undefined) throw releaseNotFound(name, releaseId);
      const before = badMarkOf(row);
      if (before === null && mark === null) return;
      await trx
        .updateTable('releases')
        .set({ bad_reason: mark?.reason ?? null, bad_by: mark?.by ?? null, bad_at: mark?.at ?? null })
        .where('id', '=', releaseId)
        .execute();
      await recordAction(trx, origin, {
        type: mark === null ? 'release.unmark_bad' : 'release.mark_bad',
        targetType: 'release',
        target: releaseId,
        before: { bad: before },
        after: { bad: mark, application: name, environment: row.environment, number: row.number },
      });
    });
  }
}
