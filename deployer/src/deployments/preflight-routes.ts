/** `/api/v1/deployments/preflight`, and what a deployment found out before it changed anything. */
import { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import { DiffView, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import { Id } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { PreflightService } from './preflight-service.js';

const params = z.strictObject({ id: Id });

export const preflightRoutes = (preflights: PreflightService, bodyLimit: number): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/v1/deployments/preflight',
    operationId: 'preflightDeployment',
    summary: 'What this deployment would fail of, and what it would change; nothing is changed or started',
    access: 'deployment:create',
    body: CreateDeploymentBody,
    bodyLimit,
    responses: { 200: PreflightView },
    handler: async ({ body, principal, origin, signal }) => ({
      status: 200,
      body: await preflights.ask(body, principal, origin, signal),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments/:id/preflight',
    operationId: 'getPreflight',
    summary: 'What the deployment found out before it changed anything',
    access: 'deployment:read',
    params,
    responses: { 200: PreflightView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await preflights.of(id) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments/:id/diff',
    operationId: 'getDiff',
    summary: 'What the deployment changes, field by field; secrets are masked',
    access: 'deployment:read',
    params,
    query: z.strictObject({
      against: z
        .enum(['recorded', 'live'])
        .default('recorded')
        .describe('recorded: as told before it was applied; live: what applying its release again would change now'),
    }),
    responses: { 200: DiffView },
    handler: async ({ params: { id }, query, signal }) => ({
      status: 200,
      body: await preflights.diff(id, query.against, signal),
    }),
  }),
];
