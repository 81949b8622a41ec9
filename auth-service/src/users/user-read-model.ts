import type { UserView } from '@aws-deployer/platform/contracts/auth';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Kysely } from 'kysely';
import type { AuthSchema } from '../schema.js';
import { toUserView, usernameKey, type UserRow } from './user.js';

type Db = Kysely<AuthSchema>; // a transaction is one, too

export const findUserById = (db: Db, id: string): Promise<UserRow | undefined> =>
  db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();

export const findUserByName = (db: Db, username: string): Promise<UserRow | undefined> =>
  db.selectFrom('users').selectAll().where('username_key', '=', usernameKey(username)).executeTakeFirst();

/** By id or by name. Throws not_found/`user_not_found`. */
export async function getUser(db: Db, ref: string): Promise<UserRow> {
  const user = (await findUserById(db, ref)) ?? (await findUserByName(db, ref));
  if (user) return user;
  throw new AppError('not_found', 'user_not_found', `There is no user ${ref}`);
}

/** All users in the order of their names. */
export async function listUsers(db: Db, { limit, cursor }: PageQuery): Promise<Page<UserView>> {
  let query = db
    .selectFrom('users')
    .selectAll()
    .orderBy('username_key')
    .limit(limit + 1);
  if (cursor !== undefined) query = query.where('username_key', '>', String(decodeCursor(cursor, 1)[0]));
  return pageFrom(await query.execute(), limit, toUserView, (user) => [user.username_key]);
}
