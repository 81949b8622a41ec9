/** auth-service, composed: users, sessions, API tokens, roles; it tells all services who a credential stands for. */
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { systemClock } from '@aws-deployer/platform/runtime/clock';
import {
  serviceModule,
  type AnyServiceModule,
  type Runtime,
  type Service,
} from '@aws-deployer/platform/runtime/service';
import { AuthConfig } from './config.js';
import { users as usersMigration } from './migrations/0001-users.js';
import { sessions as sessionsMigration } from './migrations/0002-sessions.js';
import { tokens as tokensMigration } from './migrations/0003-tokens.js';
import { loginFailures } from './migrations/0004-login-failures.js';
import { roleRoutes } from './roles/routes.js';
import type { AuthSchema } from './schema.js';
import { LockOut } from './sessions/lock-out.js';
import { loginMetrics } from './sessions/metrics.js';
import { PrincipalService } from './sessions/principal-service.js';
import { sessionRoutes } from './sessions/routes.js';
import { SessionService } from './sessions/session-service.js';
import { tokenRoutes } from './tokens/routes.js';
import { TokenService } from './tokens/token-service.js';
import { ensureFirstAdmin } from './users/first-admin.js';
import { userRoutes } from './users/routes.js';
import { UserService } from './users/user-service.js';

const PRUNE_EVERY_MS = 3_600_000;

function createAuth(config: AuthConfig, runtime: Runtime<AuthSchema>, print: (line: string) => void): Service {
  const { database, register, shared, log } = runtime;
  const clock = systemClock;
  const lockOut = new LockOut(database, clock);
  const users = new UserService(database, clock);
  const tokens = new TokenService(database, clock);
  const sessionSeconds = Math.round(config.SESSION_HOURS * 3600);
  const sessions = new SessionService({
    database,
    clock,
    lockOut,
    logins: loginMetrics(register),
    sessionMs: sessionSeconds * 1000,
  });
  const principals = new PrincipalService(sessions, tokens);
  let timer: NodeJS.Timeout | undefined;
  return {
    principals,
    routes: [
      ...sessionRoutes({ database, sessions, users, principals, lockOut, sessionSeconds }),
      ...userRoutes(database, users),
      ...tokenRoutes(tokens),
      ...roleRoutes(),
    ],
    start: async () => {
      await ensureFirstAdmin(database, users, { password: config.ADMIN_PASSWORD, mode: shared.MODE, print });
      timer = setInterval(() => void prune(sessions, lockOut, log), PRUNE_EVERY_MS);
    },
    stop: async () => clearInterval(timer),
  };
}

/** Rows that no longer mean anything; they are harmless, so a failure waits for the next time. */
async function prune(sessions: SessionService, lockOut: LockOut, log: Logger): Promise<void> {
  await Promise.all([sessions.prune(), lockOut.prune()]).catch((error: unknown) =>
    log.warn('ended sessions could not be removed', { error }),
  );
}

/** `print` gets the one line with a generated admin password. */
export const authModule = (print: (line: string) => void): AnyServiceModule =>
  serviceModule<AuthSchema, typeof AuthConfig>({
    name: 'auth',
    config: AuthConfig,
    migrations: {
      '0001-users': usersMigration,
      '0002-sessions': sessionsMigration,
      '0003-tokens': tokensMigration,
      '0004-login-failures': loginFailures,
    },
    create: (config, runtime) => createAuth(config, runtime, print),
  });

export const auth = authModule((line) => process.stdout.write(line));
