import { z } from 'zod';
import { Id, Instant } from './wire.js';

/** The built-in roles, least first; a role's permissions are in platform/auth/permissions.ts. */
export const RoleName = z.enum(['viewer', 'developer', 'devops', 'admin']);
export type RoleName = z.infer<typeof RoleName>;

export const Username = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._@-]{1,63}$/i, 'must be 2 to 64 letters, digits, dots, hyphens, underscores or @');
/** Twelve characters or more; no composition rules (NIST SP 800-63B). */
export const Password = z.string().min(12, 'must have at least 12 characters').max(200);

export const UserView = z.object({
  id: Id,
  username: z.string(),
  display_name: z.string().nullable(),
  roles: z.array(RoleName),
  disabled: z.boolean(),
  created_at: Instant,
  last_login_at: Instant.nullable(),
});
export type UserView = z.infer<typeof UserView>;

export const LoginBody = z.strictObject({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(200),
  totp: z.string().max(10).optional(),
});
export const LoginView = z.object({
  access_token: z.string(),
  expires_at: Instant,
  csrf_token: z.string(),
  user: UserView,
});
export type LoginView = z.infer<typeof LoginView>;

/** What a principal may do. `GET /api/v1/auth/me` answers it with the CSRF token of the session (null for Bearer). */
export const MeView = z.object({ user: UserView, permissions: z.array(z.string()), csrf_token: z.string().nullable() });
export type MeView = z.infer<typeof MeView>;

export const CanIQuery = z.strictObject({
  action: z.string().min(1).max(100),
  application: z.string().max(63).optional(),
  environment: z.string().max(63).optional(),
});
export const CanIView = z.object({ allowed: z.boolean(), action: z.string(), reason: z.string() });

export const CreateUserBody = z.strictObject({
  username: Username,
  password: Password,
  display_name: z.string().max(100).optional(),
  roles: z.array(RoleName).min(1),
});
export const UpdateUserBody = z.strictObject({
  display_name: z.string().max(100).nullable().optional(),
  roles: z.array(RoleName).min(1).optional(),
  disabled: z.boolean().optional(),
  password: Password.optional(),
});
export const ChangePasswordBody = z.strictObject({
  current_password: z.string().min(1).max(200),
  new_password: Password,
});

export const CreateTokenBody = z.strictObject({
  name: z.string().min(1).max(100),
  /** Permissions the token carries; never more than its owner's. Absent: all of the owner's. */
  scopes: z.array(z.string().max(100)).max(100).optional(),
  expires_in_days: z.number().int().min(1).max(3650).default(90),
});
export const TokenView = z.object({
  id: Id,
  name: z.string(),
  /** The first characters, to tell tokens apart. */
  prefix: z.string(),
  user_id: Id,
  username: z.string(),
  scopes: z.array(z.string()).nullable(),
  created_at: Instant,
  expires_at: Instant,
  last_used_at: Instant.nullable(),
});
export type TokenView = z.infer<typeof TokenView>;
/** Only the answer to the creation carries the token itself. */
export const CreatedTokenView = TokenView.extend({ token: z.string() });
export const RoleView = z.object({ name: RoleName, description: z.string(), permissions: z.array(z.string()) });

/** `POST /internal/v1/principals`: a credential becomes a principal; 401 problem when it is none. */
export const ResolvePrincipalBody = z.strictObject({
  credential: z.string().min(1).max(500),
  kind: z.enum(['session', 'bearer']),
});
export const PrincipalView = z.object({
  user_id: Id,
  username: z.string(),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  /** Set when an API token was used. */
  token_id: Id.nullable(),
  /** Bound to the session; null for tokens. */
  csrf_token: z.string().nullable(),
});
export type PrincipalView = z.infer<typeof PrincipalView>;
