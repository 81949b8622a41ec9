import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTable, columnTypes } from '@aws-deployer/platform/database/columns';
import { openDatabase } from '@aws-deployer/platform/database/open-database';
import { serviceModule } from '@aws-deployer/platform/runtime/service';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { makeMysqlAccounts } from './mysql-accounts.js';

/** A service with one table of either sort; its name is one that no service of this version has. */
const infra = serviceModule({
  name: 'infra',
  config: z.object({}),
  appendOnlyTables: ['chain'],
  migrations: Object.fromEntries(
    ['chain', 'notes'].map((table) => [
      `0001-${table}`,
      {
        up: (db, kind) => createTable(db, kind, table).addColumn('text', columnTypes(kind).text).execute(),
      },
    ]),
  ),
  create: () => ({ routes: [] }),
});
const url = process.env['TEST_MYSQL_URL'] ?? '';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-deployer-accounts-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  if (url === '') return;
  const admin = await openDatabase({ url });
  await sql`drop database if exists aws_deployer_infra`.execute(admin.db);
  await sql`drop user if exists aws_deployer_infra@'%'`.execute(admin.db);
  await sql`drop user if exists aws_deployer_infra@'localhost'`.execute(admin.db); // made where anonymous users hide the other
  await admin.close();
});

test.skipIf(url === '' && process.env['CI'] !== 'true')(
  'each service gets a schema and a user that may do no more than its work takes',
  async () => {
    const urls = await makeMysqlAccounts([infra], url, folder);
    const service = await openDatabase({ url: urls['infra'] ?? '' });
    try {
      await sql`insert into chain values ('a')`.execute(service.db);
      await expect(sql`update chain set text = 'b'`.execute(service.db)).rejects.toThrow(/denied/);
      await expect(sql`delete from chain`.execute(service.db)).rejects.toThrow(/denied/);
      await sql`insert into notes values ('a')`.execute(service.db);
      await sql`update notes set text = 'b'`.execute(service.db);
      await sql`delete from notes`.execute(service.db);
      await expect(sql`drop table notes`.execute(service.db)).rejects.toThrow(/denied/);
      await expect(sql`select * from mysql.user`.execute(service.db)).rejects.toThrow(/denied/);
    } finally {
      await service.close();
    }
  },
);

test.skipIf(url === '' && process.env['CI'] !== 'true')(
  'passwords stay the same over starts, lie sealed, and are made anew for another account',
  async () => {
    const first = await makeMysqlAccounts([infra], url, folder);
    expect(await makeMysqlAccounts([infra], url, folder)).toEqual(first);
    const file = join(folder, 'keys', 'mysql-accounts.sealed');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { password } = new URL(first['infra'] ?? '');
    expect(password.length).toBeGreaterThan(20);
    expect(readFileSync(file).includes(password)).toBe(false);
    const other = await makeMysqlAccounts([infra], `${url}/?connectTimeout=4000`, folder);
    expect(new URL(other['infra'] ?? '').password).not.toBe(password);
  },
);
