import type { RoleName } from '../contracts/auth.js';

/** Everything that can be permitted: `<resource>:<verb>`. `*` is all of them. */
export const PERMISSIONS = [
  'application:read',
  'application:write',
  'application:delete',
  'environment:read',
  'environment:write',
  'deployment:read',
  'deployment:create',
  'deployment:cancel',
  'deployment:rollback',
  'registry:read',
  'registry:write',
  'registry:login',
  'secret:read',
  'secret:write',
  'activity:read',
  'activity:write',
  'history:read',
  'history:write',
  'history:verify',
  'service:read',
  'build:read',
  'build:write',
  'aws:read',
  'aws:write',
  'infra:read',
  'infra:write',
  'user:read',
  'user:write',
  'token:own',
  'token:any',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const viewer: Permission[] = [
  'application:read',
  'environment:read',
  'deployment:read',
  'registry:read',
  'service:read',
  'token:own',
];
const developer: Permission[] = [
  ...viewer,
  'application:write',
  'deployment:create',
  'deployment:cancel',
  'deployment:rollback',
  'registry:login',
  'secret:read',
  'secret:write',
  'activity:read',
  'activity:write',
  'history:write',
  'build:read',
];
const devops: Permission[] = [
  ...developer,
  'application:delete',
  'environment:write',
  'registry:write',
  'history:read',
  'history:verify',
  'build:write',
  'aws:read',
  'aws:write',
  'infra:read',
  'infra:write',
];

/** The four built-in roles. Each holds all that the one before it does. */
export const ROLES: Readonly<
  Record<RoleName, { readonly description: string; readonly permissions: readonly string[] }>
> = {
  viewer: { description: 'Sees applications, deployments and the health of services', permissions: viewer },
  developer: { description: 'Deploys, cancels and rolls back; keeps secrets of applications', permissions: developer },
  devops: {
    description: 'Also runs environments, registries, builds and AWS operations; reads the audit history',
    permissions: devops,
  },
  admin: { description: 'Everything, users and roles included', permissions: ['*'] },
};

export const permissionsOf = (roles: readonly string[]): string[] => {
  const held = new Set(
    roles.flatMap((role) => (Object.hasOwn(ROLES, role) ? ROLES[role as RoleName].permissions : [])),
  );
  return held.has('*') ? ['*'] : [...held].sort();
};

export const permits = (held: readonly string[], wanted: string): boolean =>
  held.includes('*') || held.includes(wanted);

/** What a token may do: its scopes, but never more than its owner. `null` scopes: all of the owner's. */
export const narrowed = (owner: readonly string[], scopes: readonly string[] | null): string[] =>
  scopes === null ? [...owner] : scopes.includes('*') ? [...owner] : scopes.filter((scope) => permits(owner, scope));
