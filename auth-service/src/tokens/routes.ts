import { permits } from '@aws-deployer/platform/auth/permissions';
import { CreatedTokenView, CreateTokenBody, TokenView } from '@aws-deployer/platform/contracts/auth';
import { Id, PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { TokenService } from './token-service.js';

const ListQuery = PageQuery.extend({
  /** Everybody's, which needs `token:any`. */
  all: z.stringbool().default(false),
});

export const tokenRoutes = (tokens: TokenService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/tokens',
    operationId: 'listTokens',
    summary: 'My API tokens; with `all=true` everybody’s',
    access: 'token:own',
    query: ListQuery,
    responses: { 200: pageOf(TokenView) },
    handler: async ({ query, principal }) => {
      if (query.all && !permits(principal.permissions, 'token:any'))
        throw new AppError('forbidden', 'not_permitted', `${principal.username} lacks the permission token:any`);
      return { status: 200, body: await tokens.list(query.all ? undefined : principal.userId, query) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/tokens',
    operationId: 'createToken',
    summary: 'Make an API token; this answer alone carries it',
    access: 'token:own',
    action: { type: 'token.create', targetType: 'token' },
    idempotent: false, // a kept answer would be a kept token
    body: CreateTokenBody,
    bodyLimit: 20_000,
    responses: { 201: CreatedTokenView },
    handler: async ({ body, principal, origin }) => {
      const created = await tokens.create(body, principal, origin);
      return {
        status: 201,
        body: created,
        headers: { location: `/api/v1/tokens/${created.id}`, 'cache-control': 'no-store' },
      };
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/api/v1/tokens/:id',
    operationId: 'revokeToken',
    summary: 'Revoke a token at once',
    access: 'token:own',
    action: { type: 'token.revoke', targetType: 'token' },
    params: z.strictObject({ id: Id }),
    responses: { 204: null },
    handler: async ({ params, principal, origin }) => {
      await tokens.revoke(params.id, principal, origin);
      return { status: 204 };
    },
  }),
];
