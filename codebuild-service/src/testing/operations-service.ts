/**
 * codebuild-service over HTTP for tests of what asks AWS: on a database of its own, with people named by their token, and
 * everything that it logs kept as it was before any masking.
 */
import { inspect } from 'node:util';
import { keysIn, ServiceTokens } from '@aws-deployer/platform/auth/service-token';
import { permissionsOf } from '@aws-deployer/platform/auth/permissions';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { migrationsOf, runServices } from '@aws-deployer/platform/runtime/run-services';
import type { TestDatabaseKind } from '@aws-deployer/platform/testing/test-database';
import { sql } from 'kysely';
import { request } from 'undici';
import type { CodebuildSchema } from '../schema.js';
import { codebuild } from '../service.js';

/** Who may what: a token is the name of its person. */
const PEOPLE: Readonly<Record<string, readonly string[]>> = {
  ann: permissionsOf(['devops']),
  bob: permissionsOf(['devops']),
  reader: ['aws:read'],
  dev: permissionsOf(['developer']),
};
export interface Answer {
  readonly status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into bodies of every shape
  readonly body: any;
}
export interface OperationsService {
  post(path: string, body: unknown, who?: string): Promise<Answer>;
  get(path: string, who?: string): Promise<Answer>;
  /** Any request, its answer as text; a body that is no object goes as it is. */
  raw(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<{ readonly status: number; readonly text: string }>;
  /** The header of another service of the platform. */
  serviceToken(from: string): Promise<Record<string, string>>;
  /** Table → its rows. */
  tables(): Promise<ReadonlyMap<string, readonly Record<string, unknown>[]>>;
  logged(): string;
  /** The records of the outbox, the oldest first. */
  actions(): Promise<Record<string, unknown>[]>;
  /** Every value of every table, and every line that was logged. */
  everythingKept(): Promise<string>;
  stop(): Promise<void>;
}

export async function startOperationsService(
  kind: TestDatabaseKind,
  env: Readonly<Record<string, string>> = {},
): Promise<OperationsService> {
  const test = await kind.open<CodebuildSchema>(migrationsOf(codebuild), codebuild.name);
  const logged: string[] = [];
  const keep = (message: string, fields?: Record<string, unknown>): void =>
    void logged.push(`${message} ${inspect(fields, { depth: 12, maxStringLength: null, maxArrayLength: null })}`);
  const log: Logger = { debug: keep, info: keep, warn: keep, error: keep };
  const running = await runServices({
    port: 0,
    host: '127.0.0.1',
    services: [{ module: codebuild, env: { MODE: 'local', RATE_LIMIT_PER_MINUTE: '100000', ...test.env, ...env } }],
    allInOne: true,
    log,
    principals: {
      forget: () => undefined,
      resolve: async ({ value }) => {
        const permissions = PEOPLE[value];
        if (permissions === undefined)
          throw new AppError('unauthenticated', 'bad_credentials', 'Nobody has this token');
        return {
          kind: 'token',
          userId: value,
          username: value,
          roles: [],
          permissions,
          tokenId: null,
          csrfToken: null,
        };
      },
    },
  });
  const send = async (method: 'GET' | 'POST', path: string, body: unknown, who: string): Promise<Answer> => {
    const response = await request(new URL(path, running.url), {
      method,
      headers: {
        authorization: `Bearer ${who}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, body: await response.body.json() };
  };
  const { db } = test.database;
  const tables = async () => {
    const all = await db.introspection.getTables();
    const rows = await Promise.all(
      all.map(({ name }) => sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)),
    );
    return new Map(all.map(({ name }, index) => [name, rows[index]?.rows ?? []]));
  };
  return {
    raw: async (method, path, body, headers) => {
      const isText = typeof body === 'string' || Buffer.isBuffer(body);
      const response = await request(new URL(path, running.url), {
        method,
        headers: { ...(isText ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? null : isText ? body : JSON.stringify(body),
      });
      return { status: response.statusCode, text: await response.body.text() };
    },
    serviceToken: async (from) => ({
      authorization: `Bearer ${await new ServiceTokens(from, keysIn(test.env.DATA_DIR)).issue(codebuild.name)}`,
    }),
    tables,
    logged: () => logged.join('\n'),
    post: (path, body, who = 'ann') => send('POST', path, body, who),
    get: (path, who = 'ann') => send('GET', path, undefined, who),
    actions: async () => {
      const rows = await db.selectFrom('outbox').select('record').orderBy('seq').execute();
      return rows.map(({ record }) => JSON.parse(record) as Record<string, unknown>);
    },
    everythingKept: async () => {
      return [...[...(await tables()).values()].map((rows) => JSON.stringify(rows)), ...logged].join('\n');
    },
    stop: async () => {
      await running.stop();
      await test.drop();
    },
  };
}
