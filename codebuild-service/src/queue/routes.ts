/** `/api/v1/builds/queue`: what waits and why, and the weights of the teams. */
import {
  BuildQueueView,
  PutTeamWeightBody,
  TeamWeight,
  TeamWeightsView,
} from '@aws-deployer/platform/contracts/builds';
import { DnsLabel } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { QueueViews } from './queue-view.js';
import type { TeamWeights } from './team-weights.js';

export const queueRoutes = (queues: QueueViews, weights: TeamWeights): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/builds/queue',
    operationId: 'getBuildQueue',
    summary: 'What waits, in the order in which it will start, with estimated starts',
    access: 'build:read',
    responses: { 200: BuildQueueView },
    handler: async () => ({ status: 200, body: await queues.view() }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/builds/queue/teams',
    operationId: 'listTeamWeights',
    summary: 'Shares of the teams in the queue',
    access: 'build:read',
    responses: { 200: TeamWeightsView },
    handler: async () => ({ status: 200, body: { items: await weights.list() } }),
  }),
  defineRoute({
    method: 'put',
    path: '/api/v1/builds/queue/teams/:team',
    operationId: 'putTeamWeight',
    summary: 'Set the share of a team',
    access: 'build:write',
    action: { type: 'build_queue.weigh', targetType: 'team' },
    params: z.strictObject({ team: DnsLabel }),
    body: PutTeamWeightBody,
    responses: { 200: TeamWeight },
    handler: async ({ params: { team }, body, origin }) => {
      const weight = await weights.put(team, body.weight, origin);
      queues.changed();
      return { status: 200, body: weight };
    },
  }),
];
