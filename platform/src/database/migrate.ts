import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { AppError } from '../errors/app-error.js';
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
