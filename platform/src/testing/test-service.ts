import { request } from 'undici';
import { permissionsOf } from '../auth/permissions.js';
import type { Principal } from '../auth/principal.js';
import type { PrincipalResolver } from '../auth/principal-resolver.js';
import { keysIn, ServiceTokens } from '../auth/service-token.js';
import type { RoleName } from '../contracts/auth.js';
import { AppError } from '../errors/app-error.js';
import { silentLogger } from '../observability/logger.js';
import { migrationsOf, runServices } from '../runtime/run-services.js';
import type { AnyServiceModule, PlatformSchema } from '../runtime/service.js';
import type { TestDatabase, TestDatabaseKind } from './test-database.js';

export interface TestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into bodies of every shape
  readonly body: any;
}
/** A service over HTTP on a database of its own, with principals named by their role: `Bearer developer`. */
export interface TestService<Schema extends PlatformSchema> {
  readonly url: string;
  readonly test: TestDatabase<Schema>;
  /** Sends JSON as `as` (a role; `null`: nobody). */
  send(
    method: string,
    path: string,
    body?: unknown,
    options?: { as?: RoleName | null; headers?: Record<string, string> },
  ): Promise<TestAnswer>;
  /** Sends to an internal route with a service token of `from`. */
  sendInternal(method: string, path: string, body?: unknown, from?: string): Promise<TestAnswer>;
  stop(): Promise<void>;
}

export const principalOf = (role: RoleName): Principal => ({
  kind: 'token',
  userId: `00000000-0000-7000-8000-0000000000${String(['viewer', 'developer', 'devops', 'admin'].indexOf(role)).padStart(2, '0')}`,
  username: role,
  roles: [role],
  permissions: permissionsOf([role]),
  tokenId: null,
  csrfToken: null,
});

const principalsByRole: PrincipalResolver = {
  resolve: async ({ value }) => {
    if (value === 'viewer' || value === 'developer' || value === 'devops' || value === 'admin')
      return principalOf(value);
    throw new AppError('unauthenticated', 'bad_credentials', 'The token is not known');
  },
  forget: () => undefined,
};

/** `remotePrincipals`: resolve through AUTH_URL of `env` (or the service itself, when it is auth-service). */
export async function startTestService<Schema extends PlatformSchema>(
  module: AnyServiceModule,
  kind: TestDatabaseKind,
  options: { readonly env?: Readonly<Record<string, string>>; readonly remotePrincipals?: boolean } = {},
): Promise<TestService<Schema>> {
  const test = await kind.open<Schema>(migrationsOf(module), module.name);
  const env = { MODE: 'local', RATE_LIMIT_PER_MINUTE: '100000', ...test.env, ...options.env };
  const running = await runServices({
    port: 0,
    host: '127.0.0.1',
    services: [{ module, env }],
    allInOne: true,
    log: silentLogger,
    ...(options.remotePrincipals ? {} : { principals: principalsByRole }),
  });
  const send = async (
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<TestAnswer> => {
    const response = await request(new URL(path, running.url), {
      method: method as 'GET',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.body.text();
    const json = /^application\/([\w.+-]+\+)?json\b/.test(String(response.headers['content-type'] ?? ''));
    return {
      status: response.statusCode,
      headers: response.headers,
      body: json && text !== '' ? (JSON.parse(text) as unknown) : text,
    };
  };
  return {
    url: running.url,
    test,
    send: (method, path, body, { as = 'admin', headers = {} } = {}) =>
      send(method, path, body, { ...(as === null ? {} : { authorization: `Bearer ${as}` }), ...headers }),
    sendInternal: async (method, path, body, from = 'deployer') => {
      const token = await new ServiceTokens(from, keysIn(test.env.DATA_DIR)).issue(module.name);
      return send(method, path, body, { authorization: `Bearer ${token}` });
    },
    stop: async () => {
      await running.stop();
      await test.drop();
    },
  };
}
