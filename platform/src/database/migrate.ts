import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { AppError, messageOf } from '../errors/app-error.js';
import type { Logger } from '../observability/logger.js';
import { delay } from '../runtime/clock.js';
import type { Database, DatabaseKind } from './open-database.js';

/** One change of the schema. MySQL commits each DDL statement at once, so keep a file to one table; a merged one is never edited. */
export interface Migration {
  up(db: Kysely<unknown>, kind: DatabaseKind): Promise<void>;
}
/** By name, `0001-users`: applied in the order of their names. */
export type Migrations = Readonly<Record<string, Migration>>;

const migratorOf = <Schema>({ db, kind }: Database<Schema>, migrations: Migrations): Migrator =>
  new Migrator({
    db: db as Kysely<unknown>,
    allowUnorderedMigrations: true, // the platform's own tables join those of a service by name
    provider: {
      getMigrations: async () =>
        Object.fromEntries(
          Object.entries(migrations).map(([name, migration]) => [
            name,
            { up: (trx: Kysely<unknown>) => migration.up(trx, kind) },
          ]),
        ),
    },
  });

/** Brings the schema up to date, under a lock: replicas that start together take turns. Throws with the name of the migration that failed. */
export async function migrate<Schema>(database: Database<Schema>, migrations: Migrations): Promise<void> {
  const { error, results } = await migratorOf(database, migrations).migrateToLatest();
  const failed = results?.find(({ status }) => status === 'Error');
  if (error !== undefined)
    throw new AppError('internal', 'migration_failed', `Migration ${failed?.migrationName ?? ''} failed`, {
      cause: error,
    });
}

/** Throws AppError unavailable/`schema_behind` naming the first migration that has not been applied. */
export async function assertMigrated<Schema>(database: Database<Schema>, migrations: Migrations): Promise<void> {
  const pending = (await migratorOf(database, migrations).getMigrations()).find(
    ({ executedAt }) => executedAt === undefined,
  );
  if (pending)
    throw new AppError(
      'unavailable',
      'schema_behind',
      `The schema is behind: ${pending.name} is not applied; run the migration job`,
    );
}

const ASK_AGAIN_MS = 1_000;

/**
 * Waits until the schema is up to date, whatever is missing: the server, the schema, the user, its rights or a migration, all
 * of which come while pods start beside their database and the migration Job. Says why it waits once for each reason.
 * Rejects with the signal's reason.
 */
export async function untilMigrated<Schema>(
  database: Database<Schema>,
  migrations: Migrations,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (let said: string | undefined; ;) {
    try {
      await assertMigrated(database, migrations);
      return;
    } catch (error) {
      const reason = messageOf(error) || 'the database does not answer';
      if (reason !== said) log.warn('waiting for the database', { reason });
      said = reason;
      await delay(ASK_AGAIN_MS, signal);
    }
  }
}
