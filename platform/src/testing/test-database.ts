import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { newId } from '../database/ids.js';
import { migrate, type Migrations } from '../database/migrate.js';
import { openDatabase, type Database, type DatabaseKind } from '../database/open-database.js';

/** One empty, migrated database of a test file. `env` is what a service needs to use it. */
export interface TestDatabase<Schema> {
  readonly database: Database<Schema>;
  readonly env: { readonly DATA_DIR: string; readonly DATABASE_URL?: string };
  drop(): Promise<void>;
}
export interface TestDatabaseKind {
  readonly kind: DatabaseKind;
  /** `name` is the service whose SQLite file this is. */
  readonly open: <Schema>(migrations: Migrations, name?: string) => Promise<TestDatabase<Schema>>;
}

/**
 * The kinds that every store test runs on: `describe.each(testDatabases())('on $kind', ({ open }) => …)`. MySQL is the
 * server of `TEST_MYSQL_URL` (an account that may create), which `npm test` starts; with CI set it must be there.
 */
export function testDatabases(): TestDatabaseKind[] {
  const url = process.env['TEST_MYSQL_URL'];
  if (url === undefined && process.env['CI'] === 'true')
    throw new Error('TEST_MYSQL_URL is not set: npm test starts the server and sets it');
  return [sqlite, ...(url === undefined ? [] : [mysql(url)])];
}

const sqlite: TestDatabaseKind = {
  kind: 'sqlite',
  open: async <Schema>(migrations: Migrations, name = 'test') => {
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-test-'));
    const database = await openDatabase<Schema>({ file: join(folder, `${name}.sqlite`) });
    await migrate(database, migrations);
    return {
      database,
      env: { DATA_DIR: folder },
      drop: async () => {
        await database.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
};

const mysql = (server: string): TestDatabaseKind => ({
  kind: 'mysql',
  open: async <Schema>(migrations: Migrations) => {
    const schema = `test_${newId().replaceAll('-', '')}`;
    const admin = await openDatabase<unknown>({ url: server });
    // Not the collation that the platform works with, as an operator's schema may not be: each table brings its own.
    await sql`create database ${sql.ref(schema)} character set utf8mb4 collate utf8mb4_general_ci`.execute(admin.db);
    const url = new URL(server);
    url.pathname = `/${schema}`;
    const database = await openDatabase<Schema>({ url: url.href });
    await migrate(database, migrations);
    const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-test-'));
    return {
      database,
      env: { DATA_DIR: folder, DATABASE_URL: url.href },
      drop: async () => {
        await database.close();
        await sql`drop database ${sql.ref(schema)}`.execute(admin.db);
        await admin.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  },
});
