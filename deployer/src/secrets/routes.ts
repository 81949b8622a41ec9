/** `/api/v1/secrets`: values go in and never come out. */
import { CreateSecretBody, SecretView, UpdateSecretBody } from '@aws-deployer/platform/contracts/registries';
import { Id, PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { SecretService } from './secret-service.js';

const params = z.strictObject({ id: Id });

export const secretRoutes = (secrets: SecretService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/secrets',
    operationId: 'listSecrets',
    summary: 'Secrets, without their values',
    access: 'secret:read',
    query: PageQuery,
    responses: { 200: pageOf(SecretView) },
    handler: async ({ query }) => ({ status: 200, body: await secrets.list(query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/secrets',
    operationId: 'createSecret',
    summary: 'Keep a secret, sealed; its values never come back out',
    access: 'secret:write',
    action: { type: 'secret.create', targetType: 'secret' },
    body: CreateSecretBody,
    responses: { 201: SecretView },
    handler: async ({ body, principal, origin }) => {
      const view = await secrets.create(body, principal.username, origin);
      return { status: 201, body: view, headers: { location: `/api/v1/secrets/${view.id}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/secrets/:id',
    operationId: 'getSecret',
    summary: 'One secret, without its values',
    access: 'secret:read',
    params,
    responses: { 200: SecretView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await secrets.get(id) }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/v1/secrets/:id',
    operationId: 'updateSecret',
    summary: 'Replace the values: a new version',
    access: 'secret:write',
    action: { type: 'secret.update', targetType: 'secret' },
    params,
    body: UpdateSecretBody,
    responses: { 200: SecretView },
    handler: async ({ params: { id }, body, origin }) => ({
      status: 200,
      body: await secrets.update(id, body.values, origin),
    }),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/v1/secrets/:id',
    operationId: 'deleteSecret',
    summary: 'Destroy a secret with all its versions',
    access: 'secret:write',
    action: { type: 'secret.delete', targetType: 'secret' },
    params,
    responses: { 204: null },
    handler: async ({ params: { id }, origin }) => {
      await secrets.remove(id, origin);
      return { status: 204 };
    },
  }),
];
