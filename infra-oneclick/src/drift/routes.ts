/** `/api/v1/infra/drift`. */
import { InfraDriftView } from '@aws-deployer/platform/contracts/infra';
import { PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { DriftReadModel } from './drift-read-model.js';

export const driftRoutes = (drift: DriftReadModel): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/drift',
    operationId: 'listInfraDrift',
    summary: 'What the last look for drift found in each environment, drifted ones first',
    access: 'infra:read',
    query: PageQuery,
    responses: { 200: pageOf(InfraDriftView) },
    handler: async ({ query }) => ({ status: 200, body: await drift.list(query) }),
  }),
];
