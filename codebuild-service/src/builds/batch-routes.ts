/** Batches that a buildspec's own `batch` part asks for. */
import { StartBatchBody, StartedBuildsView, StoppedBatchView } from '@aws-deployer/platform/contracts/builds';
import { Id } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { BuildProject } from '../build-projects/build-project.js';
import type { BatchService } from './batch-service.js';
import { startedView } from './routes.js';

export const batchRoutes = (batches: BatchService, projectOf: (idOrName: string) => Promise<BuildProject>): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/v1/build-projects/:name/batches',
    operationId: 'startBatch',
    summary: "Put the builds of the buildspec's batch part in the queue, all or none",
    access: 'build:write',
    action: { type: 'build.start_batch', targetType: 'build_project' },
    params: z.strictObject({ name: z.string().min(1).max(150).describe('Id or name of the project') }),
    body: StartBatchBody,
    bodyLimit: 6_000_000, // 200 variables of 25,000 characters
    responses: { 202: StartedBuildsView },
    handler: async ({ params: { name }, body, origin }) => {
      const { batchId, builds } = await batches.start(await projectOf(name), body, origin);
      return {
        status: 202,
        body: startedView(batchId, builds),
        headers: { location: `/api/v1/builds?batch=${batchId}` },
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/builds/batches/:id/stop',
    operationId: 'stopBatch',
    summary: 'Stop all builds of a batch that have not ended',
    access: 'build:write',
    action: { type: 'build.stop_batch', targetType: 'build_batch' },
    params: z.strictObject({ id: Id }),
    responses: { 202: StoppedBatchView },
    handler: async ({ params: { id }, origin }) => ({
      status: 202,
      body: { batch_id: id, ...(await batches.stop(id, origin)) },
    }),
  }),
];
