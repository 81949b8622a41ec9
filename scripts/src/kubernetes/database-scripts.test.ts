/**
 * The scripts of the database pods against a real server: accounts, migration and rights as the migration Job runs them, then a
 * backup that goes back into emptied schemas. The server and its client are MariaDB's here, MySQL's in the cluster.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDatabase, type Database } from '@aws-deployer/platform/database/open-database';
import { migrateSchema } from '@aws-deployer/platform/runtime/main';
import { serviceModule } from '@aws-deployer/platform/runtime/service';
import { createTable, columnTypes } from '@aws-deployer/platform/database/columns';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { has, root } from './testing/rendered.js';

const run = promisify(execFile);
const url = process.env['TEST_MYSQL_URL'] ?? '';
const missing =
  !has('mysql', '--version') ||
  !has('mysqldump', '--version') ||
  !has('jq', '--version') ||
  (url === '' && process.env['CI'] !== 'true');
/** Names that no service has, so that a test beside this one is not disturbed. */
const NAMES = ['k8sbooks', 'k8snotes'] as const;
const modules = NAMES.map((name) => ({
  name,
  module: serviceModule({
    name: 'infra',
    config: z.object({}),
    migrations: {
      '0001-rows': {
        up: (db, kind) => createTable(db, kind, 'chain').addColumn('text', columnTypes(kind).text).execute(),
      },
    },
    create: () => ({ routes: [] }),
  }),
}));

let folder: string;
let admin: Database<unknown>;
const forget = async (): Promise<void> => {
  for (const name of NAMES) {
    await sql`drop database if exists ${sql.ref(`aws_deployer_${name}`)}`.execute(admin.db);
    await sql`drop user if exists ${sql.lit(`aws_deployer_${name}`)}@'%'`.execute(admin.db);
  }
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-database-scripts-'));
  if (missing) return;
  admin = await openDatabase<unknown>({ url });
  await forget();
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
  if (missing) return;
  await forget();
  await admin.close();
});

const at = new URL(url === '' ? 'mysql://root@127.0.0.1:3306' : url);
/** A script as its container runs it, with the address of the test's server and its account for all three roles. */
async function script(path: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run('bash', [join(root, 'k8s/base', path)], {
    env: {
      PATH: process.env['PATH'],
      MYSQL_HOST: at.hostname,
      MYSQL_PORT: at.port === '' ? '3306' : at.port,
      MYSQL_USER: decodeURIComponent(at.username),
      MIGRATOR_PASSWORD: decodeURIComponent(at.password),
      BACKUP_PASSWORD: decodeURIComponent(at.password),
      SERVICES: NAMES.join(' '),
      APPEND_ONLY: 'k8sbooks.chain',
      K8SBOOKS_PASSWORD: 'first',
      K8SNOTES_PASSWORD: 'second',
      MYSQL_PREFIX: 'aws_deployer_k8s', // other tests use the server too
      BACKUP_FOLDER: folder,
      ...env,
    },
    timeout: 60_000,
  });
  return stdout;
}
const urlOf = (name: string, password?: string): string => {
  const to = new URL(at);
  to.pathname = `/aws_deployer_${name}`;
  if (password !== undefined) Object.assign(to, { username: `aws_deployer_${name}`, password });
  return to.href;
};
async function migrated(): Promise<void> {
  await script('migration/accounts.sh');
  for (const { name, module } of modules) await migrateSchema(module, { MIGRATION_DATABASE_URL: urlOf(name) });
  await script('migration/grants.sh');
}

test.skipIf(missing)(
  'accounts and rights are made, and made again, so that an append-only table only grows',
  { timeout: 60_000 },
  async () => {
    await migrated();
    expect(await script('migration/accounts.sh', { K8SNOTES_PASSWORD: 'changed' })).toContain(NAMES.join(' '));
    await script('migration/grants.sh');
    const books = await openDatabase<unknown>({ url: urlOf('k8sbooks', 'first') });
    const notes = await openDatabase<unknown>({ url: urlOf('k8snotes', 'changed') });
    try {
      await sql`insert into chain values ('a')`.execute(books.db);
      await expect(sql`update chain set text = 'b'`.execute(books.db)).rejects.toThrow(/denied/);
      await expect(sql`delete from chain`.execute(books.db)).rejects.toThrow(/denied/);
      await sql`insert into chain values ('a')`.execute(notes.db);
      await sql`update chain set text = 'b'`.execute(notes.db);
      await expect(sql`drop table chain`.execute(notes.db)).rejects.toThrow(/denied/);
      await expect(sql`delete from kysely_migration`.execute(notes.db)).rejects.toThrow(/denied/);
      await expect(sql`select * from aws_deployer_k8sbooks.chain`.execute(notes.db)).rejects.toThrow(/denied/);
    } finally {
      await Promise.all([books.close(), notes.close()]);
    }
  },
);

test.skipIf(missing)('a schema that was not migrated is named, and gets no rights', { timeout: 60_000 }, async () => {
  await script('migration/accounts.sh');
  await expect(script('migration/grants.sh')).rejects.toThrow(/aws_deployer_k8sbooks has no table/);
});

test.skipIf(missing)('a backup goes back into an emptied server', { timeout: 60_000 }, async () => {
  await migrated();
  const text = `${'ü'.repeat(1_000)}'"\\\n`;
  await sql`insert into aws_deployer_k8snotes.chain values (${text})`.execute(admin.db);
  expect(await script('mysql/dump.sh')).toMatch(/dumped .*aws_deployer_k8snotes/);
  const [name = ''] = await readdir(folder);
  expect(name).toMatch(/^aws-deployer-\d{8}T\d{6}Z$/);
  for (const schema of NAMES) await sql`drop database ${sql.ref(`aws_deployer_${schema}`)}`.execute(admin.db);
  const back = await run(join(root, 'scripts/restore.sh'), [join(folder, name)], {
    env: { PATH: process.env['PATH'], DATABASE_URL: at.href },
    timeout: 60_000,
  });
  expect(back.stderr).toMatch(/restored 2 schemas, \d+ tables, \d+ rows, as the manifest says/);
  const { rows } = await sql<{ text: string }>`select text from aws_deployer_k8snotes.chain`.execute(admin.db);
  expect(rows).toEqual([{ text }]);
});
