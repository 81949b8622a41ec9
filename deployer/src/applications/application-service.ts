/** Applications: a name, a description, and everything that was ever deployed under it. */
import type {
  ApplicationsQuery,
  ApplicationView,
  CreateApplicationBody,
} from '@aws-deployer/platform/contracts/applications';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Transaction } from 'kysely';
import type { z } from 'zod';
import type { DeployerSchema } from '../schema.js';
import { applicationsPage, applicationView, findApplication, type ApplicationRow } from './application-read-model.js';

export class ApplicationService {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly clock: Clock,
  ) {}

  async create(body: z.output<typeof CreateApplicationBody>, by: string, origin: Origin): Promise<ApplicationView> {
    return inTransaction(this.database, async (trx) => {
      const row = this.#rowOf(body.name, body.description, by);
      if (!(await insertedIfAbsent(trx.insertInto('applications').values(row))))
        throw new AppError('conflict', 'application_exists', `There is an application ${body.name} already`);
      await this.#recordCreation(trx, row, origin);
      return applicationView(trx, row);
    });
  }

  /** The application of this name, made if it is missing: the first deployment makes it. Its row stays locked by the caller. */
  async ensure(trx: Transaction<DeployerSchema>, name: string, by: string, origin: Origin): Promise<ApplicationRow> {
    // The UPDATE is the lock: deployments of one application are numbered one after the other.
    const touched = await trx
      .updateTable('applications')
      .set({ updated_at: instant(this.clock.now()) })
      .where('name', '=', name)
      .executeTakeFirst();
    if (touched.numUpdatedRows > 0n) return findApplication(trx, name);
    const row = this.#rowOf(name, '', by);
    if (!(await insertedIfAbsent(trx.insertInto('applications').values(row))))
      return this.ensure(trx, name, by, origin);
    await this.#recordCreation(trx, row, origin);
    return row;
  }

  async describe(idOrName: string, description: string, origin: Origin): Promise<ApplicationView> {
    return inTransaction(this.database, async (trx) => {
      const row = await findApplication(trx, idOrName);
      const next = { ...row, description, updated_at: instant(this.clock.now()) };
      await trx
        .updateTable('applications')
        .set({ description, updated_at: next.updated_at })
        .where('id', '=', row.id)
        .execute();
      await recordAction(trx, origin, {
        type: 'application.update',
        targetType: 'application',
        target: row.name,
        before: { description: row.description },
        after: { description },
      });
      return applicationView(trx, next);
    });
  }

  async get(idOrName: string): Promise<ApplicationView> {
    const { db } = this.database;
    return applicationView(db, await findApplication(db, idOrName));
  }

  list(query: z.output<typeof ApplicationsQuery>): Promise<Page<ApplicationView>> {
    return applicationsPage(this.database.db, query);
  }

  #rowOf(name: string, description: string, by: string): ApplicationRow {
    const now = instant(this.clock.now());
    return { id: newId(), name, description, created_by: by, created_at: now, updated_at: now };
  }

  async #recordCreation(trx: Transaction<DeployerSchema>, row: ApplicationRow, origin: Origin): Promise<void> {
    await recordAction(trx, origin, {
      type: 'application.create',
      targetType: 'application',
      target: row.name,
      after: { name: row.name, description: row.description },
    });
  }
}
