import { PERMISSIONS, permits, ROLES } from '@aws-deployer/platform/auth/permissions';
import type { Principal } from '@aws-deployer/platform/auth/principal';
import { CanIQuery, CanIView, RoleView } from '@aws-deployer/platform/contracts/auth';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';

/** What roles there are and what they permit. The four are built in; their permissions hold for all applications. */
export const roleRoutes = (): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/roles',
    operationId: 'listRoles',
    summary: 'The roles and their permissions, least first; `*` stands for all',
    access: 'authenticated',
    responses: { 200: pageOf(RoleView) },
    handler: async () => ({
      status: 200,
      body: {
        items: Object.entries(ROLES).map(([name, role]) => ({
          name,
          description: role.description,
          permissions: [...role.permissions],
        })),
        next_cursor: null,
      },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/auth/can-i',
    operationId: 'canI',
    summary: 'Whether I may do something, and why (not)',
    access: 'authenticated',
    query: CanIQuery,
    responses: { 200: CanIView },
    handler: async ({ query, principal }) => ({
      status: 200,
      body: { action: query.action, ...decide(principal, query.action) },
    }),
  }),
];

function decide(principal: Principal, action: string): { allowed: boolean; reason: string } {
  if (!(PERMISSIONS as readonly string[]).includes(action))
    return { allowed: false, reason: `There is no permission ${action}; they are: ${PERMISSIONS.join(', ')}` };
  const who = principal.tokenId === null ? principal.username : `This token of ${principal.username}`;
  const roles = principal.roles.join(', ');
  return permits(principal.permissions, action)
    ? { allowed: true, reason: `${who} holds ${action} (roles: ${roles})` }
    : { allowed: false, reason: `${who} lacks ${action} (roles: ${roles})` };
}
