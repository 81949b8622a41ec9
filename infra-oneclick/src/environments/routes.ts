/** `/api/v1/infra/environments` and the modules that they are made of. */
import {
  CreateInfraEnvironmentBody,
  InfraEnvironmentView,
  InfraModulesView,
  UpdateInfraEnvironmentBody,
} from '@aws-deployer/platform/contracts/infra';
import { PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import { refuseAccountUse } from '../identity/cloud-identity.js';
import type { EnvironmentService } from './environment-service.js';
import type { ModuleFolders } from './module-folders.js';

const params = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name') });
const BODY_LIMIT = 500_000;
/** Values of variables may be secrets: the record of a refusal keeps none of them. */
const recordable = ['name', 'description', 'module', 'account', 'region', 'drift_minutes'];

export const environmentRoutes = (environments: EnvironmentService, modules: ModuleFolders): Route[] => {
  const moduleView = async (name: string): Promise<InfraModulesView['items'][number]> => ({
    name,
    variables: (await modules.variables(name))?.map(({ checks: _checks, ...view }) => view) ?? null,
  });
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/infra/modules',
      operationId: 'listInfraModules',
      summary: 'Root modules that an environment can be made of, with the variables that each declares',
      access: 'infra:read',
      responses: { 200: InfraModulesView },
      handler: async () => ({
        status: 200,
        body: { items: await Promise.all((await modules.list()).map(moduleView)) },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/infra/environments',
      operationId: 'listInfraEnvironments',
      summary: 'Environments of infrastructure, without their secrets',
      access: 'infra:read',
      query: PageQuery,
      responses: { 200: pageOf(InfraEnvironmentView) },
      handler: async ({ query }) => ({ status: 200, body: await environments.list(query) }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/infra/environments',
      operationId: 'createInfraEnvironment',
      summary: 'Add an environment; nothing is made before a plan of it is approved',
      access: 'infra:write',
      action: { type: 'infra_environment.create', targetType: 'infra_environment' },
      recordable,
      body: CreateInfraEnvironmentBody,
      bodyLimit: BODY_LIMIT,
      responses: { 201: InfraEnvironmentView },
      handler: async ({ body, origin, principal }) => {
        refuseAccountUse(principal, body.account);
        const view = await environments.create(body, origin);
        return { status: 201, body: view, headers: { location: `/api/v1/infra/environments/${view.name}` } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/infra/environments/:id',
      operationId: 'getInfraEnvironment',
      summary: 'One environment',
      access: 'infra:read',
      params,
      responses: { 200: InfraEnvironmentView },
      handler: async ({ params: { id } }) => ({ status: 200, body: await environments.get(id) }),
    }),
    defineRoute({
      method: 'patch',
      path: '/api/v1/infra/environments/:id',
      operationId: 'updateInfraEnvironment',
      summary: 'Change what is wanted; plans of before can no longer be applied',
      access: 'infra:write',
      action: { type: 'infra_environment.update', targetType: 'infra_environment' },
      recordable,
      params,
      body: UpdateInfraEnvironmentBody,
      bodyLimit: BODY_LIMIT,
      responses: { 200: InfraEnvironmentView },
      handler: async ({ params: { id }, body, origin, principal }) => {
        // Whatever is changed is planned as the account that is set, or that was set before.
        refuseAccountUse(principal, (await environments.get(id)).account);
        refuseAccountUse(principal, body.account ?? null);
        return { status: 200, body: await environments.update(id, body, origin) };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/infra/environments/:id',
      operationId: 'deleteInfraEnvironment',
      summary: 'Forget an environment; refused while it has infrastructure',
      access: 'infra:write',
      action: { type: 'infra_environment.delete', targetType: 'infra_environment' },
      params,
      responses: { 204: null },
      handler: async ({ params: { id }, origin }) => {
        await environments.remove(id, origin);
        return { status: 204 };
      },
    }),
  ];
};
