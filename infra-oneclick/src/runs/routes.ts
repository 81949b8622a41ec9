/** `/api/v1/infra/runs`, the plans among them, and what an environment had applied. */
import {
  ApplyPlanBody,
  InfraRunView,
  InfraVersionView,
  PlansQuery,
  RunsQuery,
  StartRunBody,
} from '@aws-deployer/platform/contracts/infra';
import { Id, PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { placeOf, Resumed } from '@aws-deployer/platform/http/resumed-stream';
import { z } from 'zod';
import type { InfraSchema } from '../schema.js';
import { logText, type RunFeed } from './run-feed.js';
import type { RunService } from './run-service.js';

const environment = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name of the environment') });
const params = z.strictObject({ id: Id });

export const runRoutes = (runs: RunService, feed: RunFeed, database: Database<InfraSchema>): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/v1/infra/environments/:id/runs',
    operationId: 'startInfraRun',
    summary: 'Plan what is wanted, plan to take all away, or look for drift; changes nothing',
    access: 'infra:write',
    action: { type: 'infra_run.start', targetType: 'infra_environment' },
    params: environment,
    body: StartRunBody,
    responses: { 202: InfraRunView },
    handler: async ({ params: { id }, body, ...asker }) => accepted(await runs.start(id, body, asker)),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/environments/:id/versions',
    operationId: 'listInfraVersions',
    summary: 'What was applied, newest first; each can be planned again',
    access: 'infra:read',
    params: environment,
    query: PageQuery,
    responses: { 200: pageOf(InfraVersionView) },
    handler: async ({ params: { id }, query }) => ({ status: 200, body: await runs.versions(id, query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/runs',
    operationId: 'listInfraRuns',
    summary: 'Runs, newest first',
    access: 'infra:read',
    query: RunsQuery,
    responses: { 200: pageOf(InfraRunView) },
    handler: async ({ query }) => ({ status: 200, body: await runs.list(query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/runs/:id',
    operationId: 'getInfraRun',
    summary: 'One run: of a plan what it would change and what that costs',
    access: 'infra:read',
    params,
    responses: { 200: InfraRunView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await runs.get(id) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/plans',
    operationId: 'listInfraPlans',
    summary: 'Plans, also those to take all away, newest first, and whether each can still be applied',
    access: 'infra:read',
    query: PlansQuery,
    responses: { 200: pageOf(InfraRunView) },
    handler: async ({ query }) => ({ status: 200, body: await runs.plans(query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/plans/:id',
    operationId: 'getInfraPlan',
    summary: 'One plan: what it would change, sweep and cost',
    access: 'infra:read',
    params,
    responses: { 200: InfraRunView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await runs.plan(id) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/infra/plans/:id/apply',
    operationId: 'applyInfraPlan',
    summary: 'Approve a plan by its hash and carry it out',
    access: 'infra:write',
    action: { type: 'infra_run.apply', targetType: 'infra_run' },
    params,
    body: ApplyPlanBody,
    responses: { 202: InfraRunView },
    handler: async ({ params: { id }, body, ...asker }) => accepted(await runs.apply(id, body, asker)),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/infra/runs/:id/cancel',
    operationId: 'cancelInfraRun',
    summary: 'End a run in order; what is made by then stays and is in the state',
    access: 'infra:write',
    action: { type: 'infra_run.cancel', targetType: 'infra_run' },
    idempotent: false,
    params,
    responses: { 202: InfraRunView },
    handler: async ({ params: { id }, origin }) => accepted(await runs.cancel(id, origin)),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/infra/runs/:id/resume',
    operationId: 'resumeInfraRun',
    summary: 'Plan what is left of a run that did not come to its end; to be approved as any plan',
    access: 'infra:write',
    action: { type: 'infra_run.resume', targetType: 'infra_run' },
    params,
    responses: { 202: InfraRunView },
    handler: async ({ params: { id }, ...asker }) => accepted(await runs.resume(id, asker)),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/runs/:id/events',
    operationId: 'streamInfraRun',
    summary: 'States, log lines and what becomes of each resource, live',
    access: 'infra:read',
    params,
    query: Resumed,
    responses: { 200: 'sse' },
    handler: async ({ params: { id } }) => {
      await runs.get(id); // 404 before the stream begins
      return {
        stream: async (events, lastEventId) => {
          const from = placeOf(lastEventId);
          for await (const { type, data, seq } of feed.follow('run', id, from, events.signal))
            await events.send(type, data, seq);
        },
      };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/infra/runs/:id/log',
    operationId: 'downloadInfraRunLog',
    summary: 'The whole log as text',
    access: 'infra:read',
    params,
    responses: { 200: 'text' },
    handler: async ({ params: { id } }) => {
      const { environment: name, kind } = await runs.get(id);
      return { download: logText(database, id), type: 'text/plain; charset=utf-8', fileName: `${name}-${kind}.log` };
    },
  }),
];

const accepted = (view: InfraRunView) => ({
  status: 202,
  body: view,
  headers: { location: `/api/v1/infra/runs/${view.id}` },
});
