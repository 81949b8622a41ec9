/** `/api/v1/infra/environments/{id}/lock`. */
import { StateLockView, UnlockBody } from '@aws-deployer/platform/contracts/infra';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { LockService } from './lock-service.js';

const params = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name of the environment') });

export const lockRoutes = (locks: LockService): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/environments/:id/lock',
    operationId: 'getInfraLock',
    summary: 'Who holds the state of the environment',
    access: 'infra:read',
    params,
    responses: { 200: z.object({ lock: StateLockView.nullable() }) },
    handler: async ({ params: { id } }) => ({ status: 200, body: { lock: await locks.get(id) } }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/infra/environments/:id/unlock',
    operationId: 'breakInfraLock',
    summary: 'Break a lock whose holder is gone; force says that you made sure',
    access: 'infra:write',
    action: { type: 'infra_lock.break', targetType: 'infra_environment' },
    idempotent: false,
    params,
    body: UnlockBody,
    responses: { 204: null },
    handler: async ({ params: { id }, body, ...asker }) => {
      await locks.unlock(id, body, asker);
      return { status: 204 };
    },
  }),
];
