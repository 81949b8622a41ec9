/** Environments: where applications are deployed to, and how long a release is watched there. */
import type {
  CreateEnvironmentBody,
  EnvironmentView,
  ReleaseRetention,
  UpdateEnvironmentBody,
} from '@aws-deployer/platform/contracts/applications';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { z } from 'zod';
import type { DeployerSchema, EnvironmentsTable } from '../schema.js';

type UpdateEnvironment = z.output<typeof UpdateEnvironmentBody>;
export type EnvironmentRow = Selectable<EnvironmentsTable>;
const DEFAULT_MONITOR_SECONDS = 10;

export class EnvironmentService {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly clock: Clock,
  ) {}

  async create(body: z.output<typeof CreateEnvironmentBody>, origin: Origin): Promise<EnvironmentView> {
    return inTransaction(this.database, async (trx) => {
      const row = this.#rowOf(body.name, body);
      if (!(await insertedIfAbsent(trx.insertInto('environments').values(row))))
        throw new AppError('conflict', 'environment_exists', `There is an environment ${body.name} already`);
      await this.#recordCreation(trx, row, origin);
      return viewOf(row);
    });
  }

  /** The environment of this name, made with the usual settings if it is missing. Runs in the caller's transaction. */
  async ensure(trx: Transaction<DeployerSchema>, name: string, origin: Origin): Promise<EnvironmentRow> {
    const found = await byName(trx, name);
    if (found) return found;
    const row = this.#rowOf(name);
    if (!(await insertedIfAbsent(trx.insertInto('environments').values(row)))) return (await byName(trx, name)) ?? row; // another request made it meanwhile
    await this.#recordCreation(trx, row, origin);
    return row;
  }

  /** What is left out stays. Throws not_found/`environment_not_found`. */
  async update(idOrName: string, change: UpdateEnvironment, origin: Origin): Promise<EnvironmentView> {
    return inTransaction(this.database, async (trx) => {
      const row = await found(trx, idOrName);
      const changed: EnvironmentRow = {
        ...row,
        monitor_seconds: change.monitor_seconds ?? row.monitor_seconds,
        ...(change.release_retention && retentionColumns(change.release_retention)),
      };
      const { monitor_seconds, keep_releases, keep_release_days } = changed;
      await trx
        .updateTable('environments')
        .set({ monitor_seconds, keep_releases, keep_release_days })
        .where('id', '=', row.id)
        .execute();
      await recordAction(trx, origin, {
        type: 'environment.update',
        targetType: 'environment',
        target: row.name,
        before: settingsOf(row),
        after: settingsOf(changed),
      });
      return viewOf(changed);
    });
  }

  /** Where the environment's applications go; its own name before it is made. */
  async namespaceOf(name: string): Promise<string> {
    return (await byName(this.database.db, name))?.namespace ?? name;
  }

  async get(idOrName: string): Promise<EnvironmentView> {
    return viewOf(await found(this.database.db, idOrName));
  }

  async list({ limit, cursor }: PageQuery): Promise<Page<EnvironmentView>> {
    let query = this.database.db
      .selectFrom('environments')
      .selectAll()
      .orderBy('id')
      .limit(limit + 1);
    if (cursor !== undefined) query = query.where('id', '>', String(decodeCursor(cursor, 1)[0]));
    return pageFrom(await query.execute(), limit, viewOf, ({ id }) => [id]);
  }

  #rowOf(name: string, settings: Partial<z.output<typeof CreateEnvironmentBody>> = {}): EnvironmentRow {
    return {
      id: newId(),
      name,
      namespace: settings.namespace ?? name,
      monitor_seconds: settings.monitor_seconds ?? DEFAULT_MONITOR_SECONDS,
      ...retentionColumns(settings.release_retention ?? { keep: null, days: null }),
      created_at: instant(this.clock.now()),
    };
  }

  async #recordCreation(trx: Transaction<DeployerSchema>, row: EnvironmentRow, origin: Origin): Promise<void> {
    await recordAction(trx, origin, {
      type: 'environment.create',
      targetType: 'environment',
      target: row.name,
      after: viewOf(row),
    });
  }
}

const retentionColumns = ({ keep, days }: ReleaseRetention) => ({ keep_releases: keep, keep_release_days: days });
const settingsOf = ({ monitor_seconds, keep_releases, keep_release_days }: EnvironmentRow) => ({
  monitor_seconds,
  release_retention: { keep: keep_releases, days: keep_release_days },
});
const viewOf = (row: EnvironmentRow): EnvironmentView => ({
  id: row.id,
  name: row.name,
  namespace: row.namespace,
  ...settingsOf(row),
  created_at: row.created_at,
});

type Db = Kysely<DeployerSchema> | Transaction<DeployerSchema>;
const byName = (db: Db, name: string): Promise<EnvironmentRow | undefined> =>
  db.selectFrom('environments').selectAll().where('name', '=', name).executeTakeFirst();

async function found(db: Db, idOrName: string): Promise<EnvironmentRow> {
  const row = await db
    .selectFrom('environments')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
    .executeTakeFirst();
  if (row === undefined)
    throw new AppError('not_found', 'environment_not_found', `There is no environment ${idOrName}`);
  return row;
}
