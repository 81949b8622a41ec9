/** `/api/v1/infra/environments/{id}/prerequisites`. */
import { PrerequisitesView } from '@aws-deployer/platform/contracts/infra';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { Prerequisites } from './prerequisites.js';

const params = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name of the environment') });

export const prerequisiteRoutes = (prerequisites: Prerequisites): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/environments/:id/prerequisites',
    operationId: 'checkInfraPrerequisites',
    summary:
      'What a plan needs and lacks: the program, the module, providers, credentials, permissions, quotas, ranges, its state',
    access: 'infra:read',
    params,
    responses: { 200: PrerequisitesView },
    handler: async ({ params: { id }, principal, signal }) => ({
      status: 200,
      body: await prerequisites.of(id, { principal, signal }),
    }),
  }),
];
