import type { PlatformSchema } from '@aws-deployer/platform/runtime/service';

/** The tables of auth-service. Instants are RFC 3339 UTC strings, flags 0/1, lists JSON text; credentials only as hashes. */
export interface UsersTable {
  id: string;
  username: string;
  /** Lower case: names differ by more than case. */
  username_key: string;
  display_name: string | null;
  roles: string;
  /** Kept beside `roles` so that the last admin can be found and locked by an index. */
  is_admin: number;
  disabled: number;
  password_hash: string;
  created_at: string;
  last_login_at: string | null;
}
export interface SessionsTable {
  id: string;
  token_hash: string;
  user_id: string;
  created_at: string;
  expires_at: string;
  ip_address: string | null;
  user_agent: string | null;
}
export interface TokensTable {
  id: string;
  token_hash: string;
  prefix: string;
  user_id: string;
  name: string;
  /** NULL: all of the owner's permissions. */
  scopes: string | null;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}
export interface LoginFailuresTable {
  /** SHA-256 of account and address. */
  id: string;
  failures: number;
  locked_until: string | null;
  last_at: string;
}
export interface AuthSchema extends PlatformSchema {
  users: UsersTable;
  sessions: SessionsTable;
  tokens: TokensTable;
  login_failures: LoginFailuresTable;
}
