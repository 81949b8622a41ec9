/** `/api/v1/builds` and the builds of `/api/v1/build-projects/{name}`. */
import {
  BuildsQuery,
  BuildView,
  StartBuildBody,
  StartBuildsBody,
  StartedBuildsView,
} from '@aws-deployer/platform/contracts/builds';
import { Id, PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import type { Principal } from '@aws-deployer/platform/auth/principal';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { BuildProject } from '../build-projects/build-project.js';
import type { BuildTrigger } from './build.js';
import type { BuildReadModel } from './build-read-model.js';
import type { BuildService, StartedBuild } from './build-service.js';

const ofBuild = z.strictObject({ id: Id });
const ofProject = z.strictObject({ name: z.string().min(1).max(150).describe('Id or name of the project') });
const BODY_LIMIT = 6_000_000; // 200 variables of 25,000 characters

export interface BuildRouteParts {
  readonly builds: BuildService;
  readonly views: BuildReadModel;
  /** Throws not_found/`project_not_found`. */
  readonly projectOf: (idOrName: string) => Promise<BuildProject>;
}

/** A session is a person at the console; a token is a script. */
export const triggerOf = ({ kind }: Principal): BuildTrigger => (kind === 'user' ? 'console' : 'api');
export const startedView = (batchId: string, builds: readonly StartedBuild[]): z.infer<typeof StartedBuildsView> => ({
  batch_id: batchId,
  items: builds.map(({ id, project, number, batch_identifier }) => ({ id, project, number, batch_identifier })),
});

export const buildRoutes = ({ builds, views, projectOf }: BuildRouteParts): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/v1/build-projects/:name/builds',
    operationId: 'startBuild',
    summary: 'Put a build of the project in the queue',
    access: 'build:write',
    action: { type: 'build.start', targetType: 'build_project' },
    params: ofProject,
    body: StartBuildBody,
    bodyLimit: BODY_LIMIT,
    responses: { 202: BuildView },
    handler: async ({ params: { name }, body, principal, origin }) => {
      const view = await builds.start(await projectOf(name), body, { trigger: triggerOf(principal) }, origin);
      return { status: 202, body: view, headers: { location: `/api/v1/builds/${view.id}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/build-projects/:name/builds',
    operationId: 'listProjectBuilds',
    summary: 'Builds of the project, newest first',
    access: 'build:read',
    params: ofProject,
    query: PageQuery,
    responses: { 200: pageOf(BuildView) },
    handler: async ({ params: { name }, query }) => ({
      status: 200,
      body: await views.page({ ...query, project: (await projectOf(name)).name }),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/builds',
    operationId: 'listBuilds',
    summary: 'Builds of all projects, newest first',
    access: 'build:read',
    query: BuildsQuery,
    responses: { 200: pageOf(BuildView) },
    handler: async ({ query }) => ({ status: 200, body: await views.page(query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/builds',
    operationId: 'startBuilds',
    summary: 'Put several builds in the queue, all or none, as one batch',
    access: 'build:write',
    action: { type: 'build.start_batch', targetType: 'build_batch' },
    body: StartBuildsBody,
    bodyLimit: BODY_LIMIT,
    responses: { 202: StartedBuildsView },
    handler: async ({ body, origin }) => {
      const projects = new Map<string, BuildProject>();
      for (const { project } of body.builds)
        if (!projects.has(project)) projects.set(project, await projectOf(project));
      const requests = body.builds.map(({ project, ...own }) => ({
        project: projects.get(project) as BuildProject,
        body: own,
      }));
      const { batchId, builds: started } = await builds.startBatch(requests, { trigger: 'batch' }, origin);
      return {
        status: 202,
        body: startedView(batchId, started),
        headers: { location: `/api/v1/builds?batch=${batchId}` },
      };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/builds/:id',
    operationId: 'getBuild',
    summary: 'One build',
    access: 'build:read',
    params: ofBuild,
    responses: { 200: BuildView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await views.view(id) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/builds/:id/stop',
    operationId: 'stopBuild',
    summary: 'Stop a build, waiting or running',
    access: 'build:write',
    action: { type: 'build.stop', targetType: 'build' },
    params: ofBuild,
    responses: { 202: BuildView },
    handler: async ({ params: { id }, origin }) => ({ status: 202, body: await builds.stop(id, origin) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/builds/:id/retry',
    operationId: 'retryBuild',
    summary: 'The same build once more',
    access: 'build:write',
    action: { type: 'build.retry', targetType: 'build' },
    params: ofBuild,
    responses: { 202: BuildView },
    handler: async ({ params: { id }, origin }) => {
      const view = await builds.retry(id, origin);
      return { status: 202, body: view, headers: { location: `/api/v1/builds/${view.id}` } };
    },
  }),
];
