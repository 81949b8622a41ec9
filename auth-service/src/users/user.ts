import type { RoleName, UserView } from '@aws-deployer/platform/contracts/auth';
import type { Selectable } from 'kysely';
import type { UsersTable } from '../schema.js';

export type UserRow = Selectable<UsersTable>;

export const usernameKey = (username: string): string => username.toLowerCase();
export const rolesOf = (user: Pick<UserRow, 'roles'>): RoleName[] => JSON.parse(user.roles) as RoleName[];

export const toUserView = (user: UserRow): UserView => ({
  id: user.id,
  username: user.username,
  display_name: user.display_name,
  roles: rolesOf(user),
  disabled: user.disabled === 1,
  created_at: user.created_at,
  last_login_at: user.last_login_at,
});

/** The fields that differ, before and after: what the audit trail keeps of a change. */
export function changedFields<Fields extends Record<string, unknown>>(
  before: Fields,
  after: Fields,
): { before: Partial<Fields>; after: Partial<Fields> } {
  const names = (Object.keys(after) as (keyof Fields)[]).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (from: Fields) => Object.fromEntries(names.map((name) => [name, from[name]])) as Partial<Fields>;
  return { before: pick(before), after: pick(after) };
}
