/** `/api/v1/registries`. */
import { CreateRegistryBody, RegistryView, UpdateRegistryBody } from '@aws-deployer/platform/contracts/registries';
import { PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { RegistryService } from './registry-service.js';

const params = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name') });

export const registryRoutes = (registries: RegistryService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/registries',
    operationId: 'listRegistries',
    summary: 'Image registries, without their passwords',
    access: 'registry:read',
    query: PageQuery,
    responses: { 200: pageOf(RegistryView) },
    handler: async ({ query }) => ({ status: 200, body: await registries.list(query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/registries',
    operationId: 'createRegistry',
    summary: 'Add a registry',
    access: 'registry:write',
    action: { type: 'registry.create', targetType: 'registry' },
    body: CreateRegistryBody,
    bodyLimit: 20_000,
    responses: { 201: RegistryView },
    handler: async ({ body, origin }) => {
      const view = await registries.create(body, origin);
      return { status: 201, body: view, headers: { location: `/api/v1/registries/${view.id}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/registries/:id',
    operationId: 'getRegistry',
    summary: 'One registry',
    access: 'registry:read',
    params,
    responses: { 200: RegistryView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await registries.get(id) }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/v1/registries/:id',
    operationId: 'updateRegistry',
    summary: 'Change a registry, or make it the default',
    access: 'registry:write',
    action: { type: 'registry.update', targetType: 'registry' },
    params,
    body: UpdateRegistryBody,
    bodyLimit: 20_000,
    responses: { 200: RegistryView },
    handler: async ({ params: { id }, body, origin }) => ({
      status: 200,
      body: await registries.update(id, body, origin),
    }),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/v1/registries/:id',
    operationId: 'deleteRegistry',
    summary: 'Remove a registry and its credential',
    access: 'registry:write',
    action: { type: 'registry.delete', targetType: 'registry' },
    params,
    responses: { 204: null },
    handler: async ({ params: { id }, origin }) => {
      await registries.remove(id, origin);
      return { status: 204 };
    },
  }),
];
