import type { Principal } from '@aws-deployer/platform/auth/principal';
import { permissionsOf } from '@aws-deployer/platform/auth/permissions';
import type { LoginBody, LoginView } from '@aws-deployer/platform/contracts/auth';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Counter } from 'prom-client';
import type { z } from 'zod';
import type { AuthSchema } from '../schema.js';
import { passwordMatches } from '../users/password.js';
import { findUserById, findUserByName } from '../users/user-read-model.js';
import { rolesOf, toUserView, type UserRow } from '../users/user.js';
import type { LockOut } from './lock-out.js';
import { csrfTokenOf, hashToken, newSecretToken, SESSION_PREFIX } from './secret-token.js';

/** Signing in and out. A session lives for a fixed time from its login, whatever is done with it. */
export class SessionService {
  constructor(
    private readonly options: {
      readonly database: Database<AuthSchema>;
      readonly clock: Clock;
      readonly lockOut: LockOut;
      readonly logins: Counter<'outcome'>;
      readonly sessionMs: number;
    },
  ) {}

  /**
   * Throws unauthenticated/`bad_login` (the same words and the same work for a wrong name and a wrong password),
   * `account_disabled` (only after the right password), rate_limited/`locked_out`, invalid/`totp_not_configured`.
   */
  async login({ username, password, totp }: z.output<typeof LoginBody>, origin: Origin): Promise<LoginView> {
    if (totp !== undefined)
      throw invalidField('totp', 'two-factor sign-in is not set up here', 'sign in without it', 'totp_not_configured');
    const { lockOut, logins } = this.options;
    try {
      const view = await lockOut.guard(username, origin.ip, async () =>
        this.#begin(await this.#checked(username, password), origin),
      );
      logins.inc({ outcome: 'succeeded' });
      return view;
    } catch (error) {
      logins.inc({ outcome: error instanceof AppError && error.kind === 'rate_limited' ? 'locked_out' : 'denied' });
      throw error;
    }
  }

  /** `token` is what the request carried; a token that is no session ends nothing. */
  async logout(token: string, origin: Origin): Promise<void> {
    await inTransaction(this.options.database, async (trx) => {
      const { numDeletedRows } = await trx
        .deleteFrom('sessions')
        .where('token_hash', '=', hashToken(token))
        .executeTakeFirstOrThrow();
      if (numDeletedRows > 0n)
        await recordAction(trx, origin, {
          type: 'auth.logout',
          targetType: 'user',
          target: origin.principal?.userId ?? '',
        });
    });
  }

  /** The user behind a session token, or undefined: unknown, ended, or the account is disabled. */
  async resolve(token: string, cookie: boolean): Promise<Principal | undefined> {
    const { database, clock } = this.options;
    const session = await database.db
      .selectFrom('sessions')
      .select(['user_id', 'expires_at'])
      .where('token_hash', '=', hashToken(token))
      .executeTakeFirst();
    if (!session || session.expires_at <= instant(clock.now())) return undefined;
    const user = await findUserById(database.db, session.user_id);
    if (!user || user.disabled === 1) return undefined;
    const roles = rolesOf(user);
    return {
      kind: 'user',
      userId: user.id,
      username: user.username,
      roles,
      permissions: permissionsOf(roles),
      tokenId: null,
      csrfToken: cookie ? csrfTokenOf(token) : null, // a Bearer token is never sent by a browser on its own
    };
  }

  async prune(): Promise<void> {
    const { database, clock } = this.options;
    await database.db.deleteFrom('sessions').where('expires_at', '<=', instant(clock.now())).execute();
  }

  async #checked(username: string, password: string): Promise<UserRow> {
    const user = await findUserByName(this.options.database.db, username);
    if (!(await passwordMatches(user?.password_hash ?? null, password)) || !user)
      throw new AppError('unauthenticated', 'bad_login', 'The user name or the password is wrong', {
        account: username,
      });
    if (user.disabled === 1)
      throw new AppError('unauthenticated', 'account_disabled', 'This account is disabled: ask an admin', {
        account: username,
      });
    return user;
  }

  async #begin(user: UserRow, origin: Origin): Promise<LoginView> {
    const { database, clock, sessionMs } = this.options;
    const token = newSecretToken(SESSION_PREFIX);
    const now = clock.now();
    const session = {
      id: newId(),
      token_hash: hashToken(token),
      user_id: user.id,
      created_at: instant(now),
      expires_at: instant(new Date(now.getTime() + sessionMs)),
      ip_address: origin.ip,
      user_agent: origin.userAgent?.slice(0, 500) ?? null,
    };
    await inTransaction(database, async (trx) => {
      await trx.insertInto('sessions').values(session).execute();
      await trx
        .updateTable('users')
        .set({ last_login_at: instant(now) })
        .where('id', '=', user.id)
        .execute();
      await recordAction(trx, origin, {
        type: 'auth.login',
        targetType: 'user',
        target: user.id,
        userId: user.username,
        request: { username: user.username },
        summary: 'signed in',
      });
    });
    return {
      access_token: token,
      expires_at: session.expires_at,
      csrf_token: csrfTokenOf(token),
      user: toUserView({ ...user, last_login_at: instant(now) }),
    };
  }
}
