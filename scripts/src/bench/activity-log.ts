/**
 * `POST /monitor/log`, each answered after its commit: single entries against the same Express app answering without a database
 * (requests a second), batches of 1,000 against the database's own limit for multi-row inserts (rows a second).
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@aws-deployer/platform/database/open-database';
import autocannon from 'autocannon';
import { CompiledQuery, sql } from 'kysely';
import { atLeast, median, type Figure } from './figures.js';
import { freePort, startNode } from './started-process.js';

const SECONDS = 5;
const ROUNDS = 3;
const BATCH = 1_000;
const server = join(dirname(fileURLToPath(import.meta.url)), 'log-server.js');

const entry = {
  user_id: 'u-1042',
  service: 'billing',
  endpoint: 'POST /invoices',
  action_type: 'invoice.create',
  request_data: { customer: 'c-77', lines: [{ sku: 'A-1', count: 2 }], currency: 'EUR' },
  response_summary: 'invoice 2026-0042 made',
  ip_address: '10.1.2.3',
  user_agent: 'billing/2.4',
};

export async function measureActivityLog(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-bench-log-'));
  const mysql = process.env['TEST_MYSQL_URL'];
  try {
    const figures = await measureOn('SQLite', join(folder, 'sqlite'), undefined);
    if (mysql === undefined) return figures;
    const schema = `bench_${randomUUID().replaceAll('-', '')}`;
    return [...figures, ...(await withSchema(mysql, schema, (url) => measureOn('MySQL', join(folder, 'mysql'), url)))];
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function withSchema<Result>(
  server: string,
  schema: string,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const admin = await openDatabase<unknown>({ url: server });
  try {
    await sql`create database ${sql.ref(schema)} character set utf8mb4 collate utf8mb4_bin`.execute(admin.db);
    const url = new URL(server);
    url.pathname = `/${schema}`;
    return await work(url.href);
  } finally {
    await sql`drop database if exists ${sql.ref(schema)}`.execute(admin.db);
    await admin.close();
  }
}

async function measureOn(name: string, dataDir: string, url: string | undefined): Promise<readonly Figure[]> {
  const rates = { with: [] as number[], without: [] as number[], batch: [] as number[], insert: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.without.push(await loadOn('baseline', join(dataDir, 'baseline'), undefined, entry, 64));
    rates.with.push(await loadOn('monitor', dataDir, url, entry, 64));
    rates.batch.push((await loadOn('monitor', dataDir, url, Array<unknown>(BATCH).fill(entry), 4)) * BATCH);
    rates.insert.push(await insertRate(dataDir, url));
  }
  const [withDb, without, batch, insert] = [rates.with, rates.without, rates.batch, rates.insert].map(median) as [
    number,
    number,
    number,
    number,
  ];
  const per = (value: number): string => Math.round(value).toLocaleString('en');
  return [
    {
      what: `single POST /monitor/log ÷ without a database, ${name}`,
      found: `${(withDb / without).toFixed(2)} (${per(withDb)} ÷ ${per(without)} requests/s)`,
      bar: atLeast(withDb / without, 0.7),
    },
    {
      what: `batch POST /monitor/log ÷ multi-row inserts, ${name}`,
      found: `${(batch / insert).toFixed(2)} (${per(batch)} ÷ ${per(insert)} rows/s)`,
      bar: atLeast(batch / insert, 0.5),
    },
  ];
}

/** Requests a second, all of them answered 201. */
async function loadOn(
  which: 'baseline' | 'monitor',
  dataDir: string,
  url: string | undefined,
  body: unknown,
  connections: number,
): Promise<number> {
  const port = await freePort();
  const started = await startNode([server, which, String(port)], { DATA_DIR: dataDir, DATABASE_URL: url });
  try {
    const load = {
      url: `http://127.0.0.1:${port}/monitor/log`,
      method: 'POST' as const,
      headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
      body: JSON.stringify(body),
      connections,
    };
    await autocannon({ ...load, duration: 2 }); // compiled and warm
    const { requests, non2xx, errors } = await autocannon({ ...load, duration: SECONDS });
    if (non2xx + errors > 0) throw new Error(`${which}: ${non2xx} refusals, ${errors} errors`);
    return requests.total / SECONDS;
  } finally {
    await started.stop();
  }
}

/** The same rows into the same table, as fast as the database takes them in statements of a batch each. */
async function insertRate(dataDir: string, url: string | undefined): Promise<number> {
  const database = await openDatabase<unknown>(url === undefined ? { file: join(dataDir, 'monitor.sqlite') } : { url });
  try {
    const { rows } = await sql<Record<string, unknown>>`select * from activity limit 1`.execute(database.db);
    const { seq: _, ...template } = rows[0] ?? {};
    const columns = Object.keys(template);
    const insert = (): Promise<unknown> => {
      const values = Array.from({ length: BATCH }, () => {
        const id = randomUUID();
        return columns.map((column) => (column === 'id' || column === 'event_id' ? id : template[column]));
      });
      const row = `(${columns.map(() => '?').join(', ')})`;
      const text = `insert into activity (${columns.join(', ')}) values ${Array<string>(BATCH).fill(row).join(', ')}`;
      return database.db.executeQuery(CompiledQuery.raw(text, values.flat()));
    };
    const began = performance.now();
    let inserted = 0;
    while (performance.now() - began < SECONDS * 1000) {
      await Promise.all([insert(), insert()]);
      inserted += 2 * BATCH;
    }
    return inserted / ((performance.now() - began) / 1000);
  } finally {
    await database.close();
  }
}
