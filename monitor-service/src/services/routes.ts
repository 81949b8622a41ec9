import { ServiceView } from '@aws-deployer/platform/contracts/activity';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { HealthPoller } from './health-poller.js';

export const serviceRoutes = (poller: HealthPoller): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/services',
    operationId: 'listServices',
    summary: 'The health of every service of this installation, as of the last round',
    access: 'service:read',
    responses: { 200: pageOf(ServiceView) },
    handler: async () => ({ status: 200, body: { items: poller.views, next_cursor: null } }),
  }),
];
