/**
 * Backup and restore of a real server: schemas made by the services' own migrations, with rows of every awkward kind. They
 * bear a prefix of their own, since other tests use the same server.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authModule } from '@aws-deployer/auth-service/service';
import { history } from '@aws-deployer/history-service/service';
import { monitor } from '@aws-deployer/monitor-service/service';
import { openDatabase, type Database } from '@aws-deployer/platform/database/open-database';
import { migrateSchema } from '@aws-deployer/platform/runtime/main';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { lacks, runScript, type Ended } from './run-script.js';

const server = process.env['TEST_MYSQL_URL'] ?? '';
const missing = (server === '' && process.env['CI'] !== 'true') || lacks('jq', 'mariadb', 'mariadb-dump');
const run = randomBytes(4).toString('hex');
const [original, copy] = [`bk${run}_`, `cp${run}_`];
const modules = [authModule(() => undefined), history, monitor];

describe.skipIf(missing)('a backup', () => {
  let admin: Database<unknown>;
  let folder: string;
  let backup: string;
  const env = { DATABASE_URL: server };
  const restore = (args: readonly string[]): Promise<Ended> => runScript('restore.sh', args, env, 120_000);

  const schemasOf = async (prefix: string): Promise<string[]> => {
    const { rows } = await sql<{ name: string }>`
      select schema_name as name from information_schema.schemata
      where left(schema_name, ${prefix.length}) = ${prefix} order by schema_name`.execute(admin.db);
    return rows.map(({ name }) => name);
  };
  const dropAll = async (prefix: string): Promise<void> => {
    for (const schema of await schemasOf(prefix)) await sql`drop database ${sql.ref(schema)}`.execute(admin.db);
  };
  /** Rows and the server's own checksum of each table, by its name without the prefix. */
  const contentsOf = async (prefix: string): Promise<Record<string, string>> => {
    const { rows: tables } = await sql<{ schema: string; name: string }>`
      select table_schema as \`schema\`, table_name as name from information_schema.tables
      where left(table_schema, ${prefix.length}) = ${prefix}`.execute(admin.db);
    const contents: Record<string, string> = {};
    for (const { schema, name } of tables) {
      const table = sql.ref(`${schema}.${name}`);
      const counted = await sql<{ rows: number }>`select count(*) as \`rows\` from ${table}`.execute(admin.db);
      const summed = await sql<{ Checksum: number }>`checksum table ${table}`.execute(admin.db);
      contents[`${schema.slice(prefix.length)}.${name}`] = `${counted.rows[0]?.rows} ${summed.rows[0]?.Checksum}`;
    }
    return contents;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-deployer-backups-'));
    admin = await openDatabase<unknown>({ url: server });
    for (const module of modules) {
      const schema = original + module.name;
      await sql`create database ${sql.ref(schema)} character set utf8mb4 collate utf8mb4_bin`.execute(admin.db);
      const url = new URL(server);
      url.pathname = `/${schema}`;
      await migrateSchema(module, { MIGRATION_DATABASE_URL: url.href });
    }
    const notes = sql.ref(`${original}monitor.notes`);
    await sql`create table ${notes} (id int primary key, text text, raw blob)`.execute(admin.db);
    const texts = [
      'plain',
      `two\nUSE \`${original}auth\`;\nlines`,
      'quotes \' " ` and \\',
      'žluťoučký 🐎',
      '',
      `INSERT INTO \`x\``,
    ];
    for (const [id, text] of texts.entries())
      await sql`insert into ${notes} values (${id}, ${text}, ${Buffer.from([0, 1, 39, 255, id])})`.execute(admin.db);
    await sql`insert into ${notes} values (99, null, null)`.execute(admin.db);
    const ended = await runScript('backup.sh', ['--prefix', original, folder], env);
    expect(ended).toMatchObject({ code: 0 });
    backup = ended.out.trim();
  }, 120_000);
  afterAll(async () => {
    await dropAll(original);
    await dropAll(copy);
    await admin.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('tells the rows of each table in its manifest', async () => {
    expect(backup.startsWith(folder)).toBe(true);
    const manifest = JSON.parse(await readFile(join(backup, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest['schemas']).toEqual(modules.map(({ name }) => original + name).sort());
    const rows = manifest['rows'] as Record<string, number>;
    const contents = await contentsOf(original);
    expect(Object.keys(contents).length).toBeGreaterThan(15);
    expect(rows).toEqual(
      Object.fromEntries(Object.entries(contents).map(([table, said]) => [original + table, parseInt(said, 10)])),
    );
    expect(rows[`${original}monitor.notes`]).toBe(7);
  });

  test('comes back under other names with the same rows and checksums', { timeout: 120_000 }, async () => {
    expect((await restore(['--as', copy, '--dry-run', backup])).out).toContain('would restore');
    expect(await schemasOf(copy)).toEqual([]);
    expect(await restore(['--as', copy, backup])).toMatchObject({
      code: 0,
      err: expect.stringContaining('as the manifest says') as string,
    });
    expect(await contentsOf(copy)).toEqual(await contentsOf(original));
    await dropAll(copy);
  });

  test('is not restored over what is there, but with --force', { timeout: 120_000 }, async () => {
    const before = await contentsOf(original);
    expect(await restore([backup])).toMatchObject({
      code: 1,
      err: expect.stringContaining('is not empty') as string,
    });
    expect(await restore(['--force', backup]), 'nobody can be asked here').toMatchObject({ code: 1 });
    await sql`delete from ${sql.ref(`${original}monitor.notes`)}`.execute(admin.db);
    expect(await restore(['--force', '--yes', backup])).toMatchObject({ code: 0 });
    expect(await contentsOf(original)).toEqual(before);
  });

  test.each([
    ['a changed dump', (damaged: string) => appendFile(join(damaged, 'dump.sql.gz'), 'x')],
    ['a missing manifest', (damaged: string) => rm(join(damaged, 'manifest.json'))],
    ['an unreadable manifest', (damaged: string) => writeFile(join(damaged, 'manifest.json'), '{"version":')],
  ])('%s is refused before anything is touched', async (name, damage) => {
    const damaged = join(folder, name.replaceAll(' ', '-'));
    await cp(backup, damaged, { recursive: true });
    await damage(damaged);
    const ended = await restore(['--as', copy, damaged]);
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/damaged|no backup|no JSON/);
    expect(await schemasOf(copy)).toEqual([]);
  });

  test('a table that did not arrive whole is told', { timeout: 120_000 }, async () => {
    const short = join(folder, 'short');
    await cp(backup, short, { recursive: true });
    const file = join(short, 'manifest.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as { rows: Record<string, number> };
    manifest.rows[`${original}monitor.notes`] = 8;
    await writeFile(file, JSON.stringify(manifest));
    expect(await restore(['--as', copy, short])).toMatchObject({
      code: 1,
      err: expect.stringContaining('monitor.notes: 8 rows in the backup, 7 here') as string,
    });
    await dropAll(copy);
  });

  test('is followed by a look at the audit chain of the platform on it', { timeout: 120_000 }, async () => {
    let asked = '';
    let answer = { valid: true, checked: 12 };
    const platform = createServer((request, response) => {
      asked = `${request.url} ${request.headers.authorization}`;
      response.end(JSON.stringify(answer));
    }).listen(0, '127.0.0.1');
    await once(platform, 'listening');
    onTestFinished(() => void platform.close());
    const url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
    const verify = () =>
      runScript('restore.sh', ['--as', copy, '--url', url, backup], { ...env, DEPLOYER_TOKEN: 'canary-78' });
    const valid = await verify();
    expect(valid).toMatchObject({ code: 0, err: expect.stringContaining('valid, 12 entries') as string });
    expect(asked).toBe('/api/v1/history/verify Bearer canary-78');
    await dropAll(copy);
    answer = { valid: false, checked: 3 };
    expect(await verify()).toMatchObject({ code: 1, err: expect.stringContaining('chain is broken') as string });
    await dropAll(copy);
  });

  test('of nothing, or of a server that does not answer, is no backup', async () => {
    const nothing = await runScript('backup.sh', ['--prefix', `none${run}_`, folder], env);
    expect(nothing).toMatchObject({ code: 1, out: '', err: expect.stringContaining('there is no schema') as string });
    const silent = await runScript('backup.sh', ['--database', 'mysql://root:canary-77@127.0.0.1:1', folder]);
    expect(silent).toMatchObject({ code: 1, out: '', err: expect.stringContaining('does not answer') as string });
    expect(silent.err).not.toContain('canary-77');
  });
});
