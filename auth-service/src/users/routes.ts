import { CreateUserBody, UpdateUserBody, UserView } from '@aws-deployer/platform/contracts/auth';
import { PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { AuthSchema } from '../schema.js';
import { getUser, listUsers } from './user-read-model.js';
import type { UserService } from './user-service.js';
import { toUserView } from './user.js';

/** An id or a name. */
const UserRef = z.strictObject({ user: z.string().min(1).max(64) });

export const userRoutes = ({ db }: Database<AuthSchema>, users: UserService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/users',
    operationId: 'listUsers',
    summary: 'All users, by name',
    access: 'user:read',
    query: PageQuery,
    responses: { 200: pageOf(UserView) },
    handler: async ({ query }) => ({ status: 200, body: await listUsers(db, query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/users',
    operationId: 'createUser',
    summary: 'Add a user',
    access: 'user:write',
    action: { type: 'user.create', targetType: 'user' },
    body: CreateUserBody,
    bodyLimit: 10_000,
    responses: { 201: UserView },
    handler: async ({ body, origin }) => {
      const user = await users.create(body, origin);
      return { status: 201, body: user, headers: { location: `/api/v1/users/${user.id}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/users/:user',
    operationId: 'getUser',
    summary: 'One user, by id or name',
    access: 'user:read',
    params: UserRef,
    responses: { 200: UserView },
    handler: async ({ params }) => ({ status: 200, body: toUserView(await getUser(db, params.user)) }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/v1/users/:user',
    operationId: 'updateUser',
    summary: 'Change name, roles or password, disable or enable; disabling and a new password end the sessions',
    access: 'user:write',
    action: { type: 'user.update', targetType: 'user' },
    params: UserRef,
    body: UpdateUserBody,
    bodyLimit: 10_000,
    responses: { 200: UserView },
    handler: async ({ params, body, origin }) => ({
      status: 200,
      body: await users.update(params.user, body, origin),
    }),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/v1/users/:user',
    operationId: 'deleteUser',
    summary: 'Remove a user with all sessions and tokens',
    access: 'user:write',
    action: { type: 'user.delete', targetType: 'user' },
    params: UserRef,
    responses: { 204: null },
    handler: async ({ params, origin }) => {
      await users.remove(params.user, origin);
      return { status: 204 };
    },
  }),
];
