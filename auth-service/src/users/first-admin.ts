import { randomBytes } from 'node:crypto';
import { Password } from '@aws-deployer/platform/contracts/auth';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { platformOrigin } from '@aws-deployer/platform/outbox/outbox';
import type { AuthSchema } from '../schema.js';
import type { UserService } from './user-service.js';

export const FIRST_ADMIN = 'admin';

/**
 * The first start makes one admin; later starts find a user and do nothing, whatever the environment says by then.
 * A generated password goes to `print` once and is nowhere else: not in the database, not in a log.
 * Throws AppError invalid/`admin_password_short`, `admin_password_missing` (production never generates one).
 */
export async function ensureFirstAdmin(
  database: Database<AuthSchema>,
  users: UserService,
  options: {
    readonly password: string | undefined;
    readonly mode: 'local' | 'production';
    readonly print: (line: string) => void;
  },
): Promise<void> {
  if (await database.db.selectFrom('users').select('id').limit(1).executeTakeFirst()) return;
  const password = options.password ?? generated(options.mode);
  if (!Password.safeParse(password).success)
    throw new AppError('invalid', 'admin_password_short', 'ADMIN_PASSWORD must have 12 to 200 characters');
  try {
    await users.create({ username: FIRST_ADMIN, password, roles: ['admin'] }, platformOrigin('auth', 'first start'));
  } catch (error) {
    if (error instanceof AppError && error.code === 'username_taken') return; // another replica was first
    throw error;
  }
  if (options.password === undefined) options.print(`admin password: ${password}\n`);
}

function generated(mode: 'local' | 'production'): string {
  if (mode === 'local') return randomBytes(15).toString('base64url');
  throw new AppError(
    'invalid',
    'admin_password_missing',
    'The first start in production needs ADMIN_PASSWORD (12 characters or more) for the user admin',
  );
}
