/**
 * Makes what the services need on a MySQL server: a schema and a user for each, the schema brought up to date by the account
 * of DATABASE_URL, and for the user only what its work takes: insert and select on append-only tables, rows but no
 * structure on the others.
 *
 * The users' passwords are generated and lie sealed in `DATA_DIR/keys` under a key derived from DATABASE_URL: the folder alone
 * opens no database. With another DATABASE_URL they are made anew.
 * Throws AppError unavailable/`database_unavailable`, and whatever a migration throws.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase, type Database } from '@aws-deployer/platform/database/open-database';
import { migrateSchema } from '@aws-deployer/platform/runtime/main';
import type { AnyServiceModule } from '@aws-deployer/platform/runtime/service';
import { sql } from 'kysely';

/** The DATABASE_URL of each service, by its name. */
export async function makeMysqlAccounts(
  modules: readonly AnyServiceModule[],
  adminUrl: string,
  dataDir: string,
): Promise<Readonly<Record<string, string>>> {
  const admin = await openDatabase<unknown>({ url: adminUrl });
  try {
    await admin.ping();
    const passwords = passwordsIn(join(dataDir, 'keys'), adminUrl, modules);
    const urls: Record<string, string> = {};
    for (const module of modules) {
      const name = `aws_deployer_${module.name}`;
      await sql`create database if not exists ${sql.ref(name)} character set utf8mb4 collate utf8mb4_bin`.execute(
        admin.db,
      );
      await migrateSchema(module, { MIGRATION_DATABASE_URL: urlOf(adminUrl, name) });
      const password = passwords[module.name] ?? '';
      const url = urlOf(adminUrl, name, name, password);
      await makeUser(admin, { name, host: '%' }, password, module.appendOnlyTables ?? []);
      if (!(await letsIn(url)))
        await makeUser(admin, { name, host: await hostSeenBy(admin) }, password, module.appendOnlyTables ?? []);
      urls[module.name] = url;
    }
    return urls;
  } finally {
    await admin.close();
  }
}

interface Account {
  readonly name: string;
  readonly host: string;
}
const account = ({ name, host }: Account) => sql`${sql.lit(name)}@${sql.lit(host)}`;

async function makeUser(
  admin: Database<unknown>,
  of: Account,
  password: string,
  appendOnly: readonly string[],
): Promise<void> {
  await sql`create user if not exists ${account(of)}`.execute(admin.db);
  await sql`alter user ${account(of)} identified by ${sql.lit(password)}`.execute(admin.db);
  await grant(admin, of, appendOnly);
}

/**
 * A server fresh from mariadb-install-db has anonymous users of `localhost`. They come before `name@'%'`, as the more exact
 * host, and refuse its password.
 */
async function letsIn(url: string): Promise<boolean> {
  const database = await openDatabase<unknown>({ url });
  try {
    await sql`select 1`.execute(database.db);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ER_ACCESS_DENIED_ERROR') return false;
    throw error;
  } finally {
    await database.close();
  }
}

/** The host that the server knows this machine by: what stands behind the @ of whoever is connected. */
async function hostSeenBy({ db }: Database<unknown>): Promise<string> {
  const { rows } = await sql<{ host: string }>`select substring_index(user(), '@', -1) as host`.execute(db);
  return rows[0]?.host ?? 'localhost';
}

async function grant({ db }: Database<unknown>, of: Account, appendOnly: readonly string[]): Promise<void> {
  const schema = of.name;
  await sql`revoke all privileges, grant option from ${account(of)}`.execute(db);
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = ${schema}`.execute(db);
  for (const { name } of rows) {
    await sql`grant ${sql.raw(rightsOn(name, appendOnly))} on ${sql.ref(`${schema}.${name}`)} to ${account(of)}`.execute(
      db,
    );
  }
}

function rightsOn(table: string, appendOnly: readonly string[]): string {
  if (table.startsWith('kysely_migration')) return 'select'; // what has been migrated is the admin account's to write
  return appendOnly.includes(table) ? 'select, insert' : 'select, insert, update, delete';
}

function urlOf(adminUrl: string, schema: string, user?: string, password?: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${schema}`;
  if (user !== undefined) url.username = user;
  if (password !== undefined) url.password = password;
  return url.href;
}

/** AES-256-GCM: 16 bytes salt, 12 nonce, 16 tag, then the JSON of all passwords. */
function passwordsIn(
  folder: string,
  adminUrl: string,
  modules: readonly AnyServiceModule[],
): Readonly<Record<string, string>> {
  const file = join(folder, 'mysql-accounts.sealed');
  const known = existsSync(file) ? unseal(readFileSync(file), adminUrl) : {};
  const all = { ...known };
  for (const { name } of modules) all[name] ??= randomBytes(24).toString('base64url');
  if (Object.keys(all).length > Object.keys(known).length) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, seal(all, adminUrl), { mode: 0o600 });
  }
  return all;
}

const keyOf = (secret: string, salt: Buffer): Buffer => scryptSync(secret, salt, 32);

function seal(passwords: Readonly<Record<string, string>>, secret: string): Buffer {
  const [salt, nonce] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, salt), nonce);
  const body = Buffer.concat([cipher.update(JSON.stringify(passwords), 'utf8'), cipher.final()]);
  return Buffer.concat([salt, nonce, cipher.getAuthTag(), body]);
}

/** Nothing, when the seal was made under another DATABASE_URL. */
function unseal(sealed: Buffer, secret: string): Readonly<Record<string, string>> {
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, sealed.subarray(0, 16)), sealed.subarray(16, 28));
  decipher.setAuthTag(sealed.subarray(28, 44));
  try {
    const text = Buffer.concat([decipher.update(sealed.subarray(44)), decipher.final()]).toString('utf8');
    return JSON.parse(text) as Record<string, string>;
  } catch (error) {
    if (error instanceof Error && /authenticate data/.test(error.message)) return {};
    throw error;
  }
}
