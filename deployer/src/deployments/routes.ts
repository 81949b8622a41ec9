/** `/api/v1/deployments`; its live streams are in live-routes.ts. */
import { EngineView } from '@aws-deployer/platform/contracts/applications';
import {
  CreateDeploymentBody,
  DeploymentsQuery,
  DeploymentView,
  PodView,
  RollbackBody,
} from '@aws-deployer/platform/contracts/deployments';
import { DnsLabel, Id, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { DeploymentReadModel } from './deployment-read-model.js';
import type { DeploymentService } from './deployment-service.js';
import { liveRoutes } from './live-routes.js';
import type { LiveFeed } from './live-feed.js';
import { preflightRoutes } from './preflight-routes.js';
import type { PreflightService } from './preflight-service.js';
import type { SampleRequest } from './sample-request.js';

export interface DeploymentRouteParts {
  readonly deployments: DeploymentService;
  readonly views: DeploymentReadModel;
  readonly preflights: PreflightService;
  readonly feed: LiveFeed;
  readonly engines: readonly EngineView[];
  readonly sample: SampleRequest;
}

const params = z.strictObject({ id: Id });
const accepted = (view: DeploymentView) => ({
  status: 202,
  body: view,
  headers: { location: `/api/v1/deployments/${view.id}` },
});
/** The process that took the request died over its answer. */
const answerAgain = (views: DeploymentReadModel) => async (id: string) => accepted(await views.view(id));
/** Half a megabyte of code grows when it is written as JSON. */
const BODY_LIMIT = 4_000_000;

export const deploymentRoutes = ({
  deployments,
  views,
  preflights,
  feed,
  engines,
  sample,
}: DeploymentRouteParts): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/v1/deployments',
    operationId: 'createDeployment',
    summary: 'Ask for a deployment; the work begins at once',
    access: 'deployment:create',
    action: { type: 'deployment.create', targetType: 'deployment' },
    body: CreateDeploymentBody,
    bodyLimit: BODY_LIMIT,
    responses: { 202: DeploymentView },
    answerAgain: answerAgain(views),
    handler: async ({ body, principal, origin }) => accepted(await deployments.request(body, principal, origin)),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments',
    operationId: 'listDeployments',
    summary: 'Deployments, the newest first',
    access: 'deployment:read',
    query: DeploymentsQuery,
    responses: { 200: pageOf(DeploymentView) },
    handler: async ({ query }) => ({ status: 200, body: await views.page(query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/deployments/sample',
    operationId: 'deploySample',
    summary: 'Deploy the sample application that comes with the platform',
    access: 'deployment:create',
    action: { type: 'deployment.create', targetType: 'deployment' },
    body: z.strictObject({ environment: DnsLabel.optional() }),
    bodyLimit: 1_000,
    responses: { 202: DeploymentView },
    answerAgain: answerAgain(views),
    handler: async ({ body, principal, origin }) =>
      accepted(await deployments.request(await sample(body.environment), principal, origin)),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments/engines',
    operationId: 'listEngines',
    summary: 'What builds, keeps and runs images here, and why it was picked',
    access: 'deployment:read',
    responses: { 200: pageOf(EngineView) },
    handler: async () => ({ status: 200, body: { items: engines, next_cursor: null } }),
  }),
  ...preflightRoutes(preflights, BODY_LIMIT),
  ...liveRoutes(feed, views),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments/:id',
    operationId: 'getDeployment',
    summary: 'One deployment',
    access: 'deployment:read',
    params,
    responses: { 200: DeploymentView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await views.view(id) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/deployments/:id/cancel',
    operationId: 'cancelDeployment',
    summary: 'End a deployment; what it changed is put back',
    access: 'deployment:cancel',
    action: { type: 'deployment.cancel', targetType: 'deployment' },
    params,
    body: z.strictObject({}),
    responses: { 202: DeploymentView },
    handler: async ({ params: { id }, origin }) => accepted(await deployments.cancel(id, origin)),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/deployments/:id/rollback',
    operationId: 'rollbackDeployment',
    summary: 'Restore an earlier release, as a deployment of its own',
    access: 'deployment:rollback',
    action: { type: 'deployment.rollback', targetType: 'deployment' },
    params,
    body: RollbackBody,
    responses: { 202: DeploymentView },
    answerAgain: answerAgain(views),
    handler: async ({ params: { id }, body, principal, origin }) =>
      accepted(await deployments.rollBack(id, body, principal, origin)),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments/:id/pods',
    operationId: 'listPods',
    summary: 'The pods of its application as they are now',
    access: 'deployment:read',
    params,
    responses: { 200: z.object({ pods: z.array(PodView) }) },
    handler: async ({ params: { id }, signal }) => ({
      status: 200,
      body: { pods: await deployments.pods(id, signal) },
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments/:id/manifest',
    operationId: 'getManifest',
    summary: 'The Kubernetes objects of its release as they were stored and applied',
    access: 'deployment:read',
    params,
    responses: { 200: z.object({ hash: z.string(), manifests: z.array(z.unknown()) }) },
    handler: async ({ params: { id } }) => {
      const { text, hash } = await deployments.manifest(id);
      return { status: 200, body: { hash, manifests: JSON.parse(text) as unknown[] } };
    },
  }),
];
