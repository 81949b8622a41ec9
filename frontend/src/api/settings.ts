/** Calls and queries of the settings pages: tokens, users, roles, registries, secrets. */
import type { RoleName, TokenView, UserView } from '@aws-deployer/platform/contracts/auth';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import type { RegistryView, SecretView } from '@aws-deployer/platform/contracts/registries';
import { queryOptions } from '@tanstack/react-query';
import { get, patch, post, remove } from './client.js';

/** These lists are short: one page of 200 holds them. */
const listOf =
  <T>(path: string) =>
  async ({ signal }: { signal: AbortSignal }): Promise<T[]> => {
    const answer = await get<Page<T> | T[]>(`${path}?limit=200`, signal);
    return Array.isArray(answer) ? answer : answer.items;
  };
const one = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;

export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: listOf<TokenView>('/api/v1/tokens') });
export interface NewToken {
  readonly name: string;
  readonly expires_in_days: number;
  readonly scopes?: string[];
}
export type CreatedToken = TokenView & { readonly token: string };
export const createToken = (body: NewToken, idempotencyKey: string): Promise<CreatedToken> =>
  post<CreatedToken>('/api/v1/tokens', body, { idempotencyKey });
export const revokeToken = (id: string): Promise<void> => remove(one('/api/v1/tokens', id));

export const usersQuery = queryOptions({ queryKey: ['users'], queryFn: listOf<UserView>('/api/v1/users') });
export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly display_name?: string;
  readonly roles: RoleName[];
}
export const createUser = (body: NewUser, idempotencyKey: string): Promise<UserView> =>
  post<UserView>('/api/v1/users', body, { idempotencyKey });
export interface UserChange {
  readonly roles?: RoleName[];
  readonly disabled?: boolean;
  readonly display_name?: string | null;
  readonly password?: string;
}
export const updateUser = (id: string, change: UserChange): Promise<UserView> =>
  patch<UserView>(one('/api/v1/users', id), change);
export interface RoleView {
  readonly name: RoleName;
  readonly description: string;
  readonly permissions: string[];
}
export const rolesQuery = queryOptions({
  queryKey: ['roles'],
  queryFn: async ({ signal }) => (await get<Page<RoleView>>('/api/v1/roles', signal)).items,
});

export const registriesQuery = queryOptions({
  queryKey: ['registries'],
  queryFn: listOf<RegistryView>('/api/v1/registries'),
});
export interface NewRegistry {
  readonly name: string;
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly is_default: boolean;
}
export const createRegistry = (body: NewRegistry, idempotencyKey: string): Promise<RegistryView> =>
  post<RegistryView>('/api/v1/registries', body, { idempotencyKey });
export const makeDefaultRegistry = (id: string): Promise<RegistryView> =>
  patch<RegistryView>(one('/api/v1/registries', id), { is_default: true });
export const deleteRegistry = (id: string): Promise<void> => remove(one('/api/v1/registries', id));

export const secretsQuery = queryOptions({ queryKey: ['secrets'], queryFn: listOf<SecretView>('/api/v1/secrets') });
export interface NewSecret {
  readonly name: string;
  readonly type: SecretView['type'];
  readonly environment?: string;
  readonly values: Record<string, string>;
}
export const createSecret = (body: NewSecret, idempotencyKey: string): Promise<SecretView> =>
  post<SecretView>('/api/v1/secrets', body, { idempotencyKey });
export const replaceSecretValues = (id: string, values: Record<string, string>): Promise<SecretView> =>
  patch<SecretView>(one('/api/v1/secrets', id), { values });
export const deleteSecret = (id: string): Promise<void> => remove(one('/api/v1/secrets', id));
