/** `/api/v1/environments`. */
import {
  CreateEnvironmentBody,
  EnvironmentView,
  UpdateEnvironmentBody,
} from '@aws-deployer/platform/contracts/applications';
import { PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { EnvironmentService } from './environment-service.js';

const params = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name') });

export const environmentRoutes = (environments: EnvironmentService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/environments',
    operationId: 'listEnvironments',
    summary: 'Environments',
    access: 'environment:read',
    query: PageQuery,
    responses: { 200: pageOf(EnvironmentView) },
    handler: async ({ query }) => ({ status: 200, body: await environments.list(query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/environments',
    operationId: 'createEnvironment',
    summary: 'Make an environment',
    access: 'environment:write',
    action: { type: 'environment.create', targetType: 'environment' },
    body: CreateEnvironmentBody,
    bodyLimit: 10_000,
    responses: { 201: EnvironmentView },
    handler: async ({ body, origin }) => {
      const view = await environments.create(body, origin);
      return { status: 201, body: view, headers: { location: `/api/v1/environments/${view.id}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/environments/:id',
    operationId: 'getEnvironment',
    summary: 'One environment',
    access: 'environment:read',
    params,
    responses: { 200: EnvironmentView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await environments.get(id) }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/v1/environments/:id',
    operationId: 'updateEnvironment',
    summary: 'Change how long releases are watched, and which stay restorable',
    access: 'environment:write',
    action: { type: 'environment.update', targetType: 'environment' },
    params,
    body: UpdateEnvironmentBody,
    bodyLimit: 10_000,
    responses: { 200: EnvironmentView },
    handler: async ({ params: { id }, body, origin }) => ({
      status: 200,
      body: await environments.update(id, body, origin),
    }),
  }),
];
