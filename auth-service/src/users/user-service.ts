import type { CreateUserBody, UpdateUserBody, UserView } from '@aws-deployer/platform/contracts/auth';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Transaction } from 'kysely';
import type { z } from 'zod';
import type { AuthSchema } from '../schema.js';
import { endSessionsOf } from '../sessions/session-end-service.js';
import { hashPassword, passwordMatches } from './password.js';
import { findUserById, getUser } from './user-read-model.js';
import { changedFields, rolesOf, toUserView, usernameKey, type UserRow } from './user.js';

/** Who there is. Every change is one transaction with its action; hashing comes before it, never inside. */
export class UserService {
  constructor(
    private readonly database: Database<AuthSchema>,
    private readonly clock: Clock,
  ) {}

  /** Throws conflict/`username_taken`. */
  async create(body: z.output<typeof CreateUserBody>, origin: Origin): Promise<UserView> {
    const row: UserRow = {
      id: newId(),
      username: body.username,
      username_key: usernameKey(body.username),
      display_name: body.display_name ?? null,
      roles: JSON.stringify([...new Set(body.roles)]),
      is_admin: body.roles.includes('admin') ? 1 : 0,
      disabled: 0,
      password_hash: await hashPassword(body.password),
      created_at: instant(this.clock.now()),
      last_login_at: null,
    };
    await inTransaction(this.database, async (trx) => {
      if (!(await insertedIfAbsent(trx.insertInto('users').values(row)))) throw usernameTaken(body.username);
      await recordAction(trx, origin, {
        type: 'user.create',
        targetType: 'user',
        target: row.id,
        request: body,
        after: toUserView(row),
      });
    });
    return toUserView(row);
  }

  /** Throws not_found/`user_not_found`, conflict/`last_admin`. A new password and disabling end the user's sessions. */
  async update(ref: string, body: z.output<typeof UpdateUserBody>, origin: Origin): Promise<UserView> {
    const hash = body.password === undefined ? undefined : await hashPassword(body.password);
    return inTransaction(this.database, async (trx) => {
      const admins = await this.#lockAdmins(trx);
      const user = await getUser(trx, ref);
      const roles = body.roles ? [...new Set(body.roles)] : rolesOf(user);
      const next: UserRow = {
        ...user,
        display_name: body.display_name === undefined ? user.display_name : body.display_name,
        roles: JSON.stringify(roles),
        is_admin: roles.includes('admin') ? 1 : 0,
        disabled: body.disabled === undefined ? user.disabled : body.disabled ? 1 : 0,
        password_hash: hash ?? user.password_hash,
      };
      if (next.is_admin === 0 || next.disabled === 1) keepAnAdmin(admins, user);
      await trx.updateTable('users').set(next).where('id', '=', user.id).execute();
      if (next.disabled === 1 || hash !== undefined) await endSessionsOf(trx, user.id);
      await recordAction(trx, origin, {
        type: 'user.update',
        targetType: 'user',
        target: user.id,
        request: body,
        ...changedFields(
          { ...toUserView(user), password_changed: false },
          { ...toUserView(next), password_changed: hash !== undefined },
        ),
      });
      return toUserView(next);
    });
  }

  /** Also ends the user's sessions and tokens. Throws not_found/`user_not_found`, conflict/`last_admin`. */
  async remove(ref: string, origin: Origin): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      const admins = await this.#lockAdmins(trx);
      const user = await getUser(trx, ref);
      keepAnAdmin(admins, user);
      await endSessionsOf(trx, user.id);
      await trx.deleteFrom('tokens').where('user_id', '=', user.id).execute();
      await trx.deleteFrom('users').where('id', '=', user.id).execute();
      await recordAction(trx, origin, {
        type: 'user.delete',
        targetType: 'user',
        target: user.id,
        before: toUserView(user),
      });
    });
  }

  /** One's own. Ends one's other sessions; `keep` is the token hash of the one in use. Throws unauthenticated/`wrong_password`. */
  async changePassword(
    userId: string,
    passwords: { readonly current: string; readonly next: string },
    keep: string | null,
    origin: Origin,
  ): Promise<void> {
    const user = await findUserById(this.database.db, userId);
    if (!(await passwordMatches(user?.password_hash ?? null, passwords.current)))
      throw new AppError('forbidden', 'wrong_password', 'current_password: is not your password', {
        fields: [{ field: 'current_password', message: 'is not your password', mend: 'type it again' }],
      });
    const hash = await hashPassword(passwords.next);
    await inTransaction(this.database, async (trx) => {
      await trx.updateTable('users').set({ password_hash: hash }).where('id', '=', userId).execute();
      await endSessionsOf(trx, userId, keep);
      await recordAction(trx, origin, {
        type: 'user.password',
        targetType: 'user',
        target: userId,
        before: { password_changed: false },
        after: { password_changed: true },
      });
    });
  }

  /** The ids of enabled admins, locked until the transaction ends, so that two cannot remove each other at once. */
  async #lockAdmins(trx: Transaction<AuthSchema>): Promise<string[]> {
    const rows = await trx
      .selectFrom('users')
      .select('id')
      .where('is_admin', '=', 1)
      .where('disabled', '=', 0)
      .$if(this.database.kind === 'mysql', (query) => query.forUpdate()) // SQLite has one writer anyway
      .execute();
    return rows.map(({ id }) => id);
  }
}

function keepAnAdmin(admins: readonly string[], leaving: UserRow): void {
  if (admins.length === 1 && admins[0] === leaving.id)
    throw new AppError(
      'conflict',
      'last_admin',
      `${leaving.username} is the last admin that can sign in: make another one first`,
    );
}
const usernameTaken = (username: string): AppError =>
  new AppError('conflict', 'username_taken', `username: ${username} is taken`, {
    fields: [{ field: 'username', message: 'is taken', mend: 'choose another' }],
  });
