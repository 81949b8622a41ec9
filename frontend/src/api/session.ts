/** Sign-in, sign-out, and who is signed in. */
import type { LoginView, MeView } from '@aws-deployer/platform/contracts/auth';
import { queryOptions } from '@tanstack/react-query';
import { get, post, setSessionToken } from './client.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly totp?: string;
}

export async function login(credentials: Credentials, idempotencyKey: string): Promise<LoginView> {
  const view = await post<LoginView>('/api/v1/auth/login', credentials, { idempotencyKey });
  setSessionToken(view.csrf_token);
  return view;
}

export async function logout(): Promise<void> {
  await post<void>('/api/v1/auth/logout', {});
  setSessionToken(null);
}

export const changePassword = (
  body: { current_password: string; new_password: string },
  idempotencyKey: string,
): Promise<void> => post<void>('/api/v1/auth/password', body, { idempotencyKey });

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => {
    const me = await get<MeView>('/api/v1/auth/me', signal);
    setSessionToken(me.csrf_token);
    return me;
  },
  staleTime: 60_000,
});

/** Permissions are `<resource>:<verb>`; `*` is all of them. The server decides; this only hides what would be refused. */
export const may = (me: MeView | undefined, permission: string): boolean =>
  me !== undefined && (me.permissions.includes('*') || me.permissions.includes(permission));
