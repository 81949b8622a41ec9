/** `/api/v1/applications`. */
import {
  ApplicationsQuery,
  ApplicationView,
  CreateApplicationBody,
  MarkBadBody,
  ReleaseView,
  UpdateApplicationBody,
} from '@aws-deployer/platform/contracts/applications';
import { Id, PageQuery, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { BadReleases } from '../releases/bad-releases.js';
import type { ReleaseReadModel } from '../releases/release-read-model.js';
import type { ApplicationService } from './application-service.js';

const params = z.strictObject({ id: z.string().min(1).max(63).describe('Id or name') });

const ofRelease = params.extend({ release: Id });

export const applicationRoutes = (
  applications: ApplicationService,
  releases: ReleaseReadModel,
  bad: BadReleases,
): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/applications',
    operationId: 'listApplications',
    summary: 'Applications by name, with what runs where',
    access: 'application:read',
    query: ApplicationsQuery,
    responses: { 200: pageOf(ApplicationView) },
    handler: async ({ query }) => ({ status: 200, body: await applications.list(query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/applications',
    operationId: 'createApplication',
    summary: 'Make an application; its first deployment makes it as well',
    access: 'application:write',
    action: { type: 'application.create', targetType: 'application' },
    body: CreateApplicationBody,
    bodyLimit: 10_000,
    responses: { 201: ApplicationView },
    handler: async ({ body, principal, origin }) => {
      const view = await applications.create(body, principal.username, origin);
      return { status: 201, body: view, headers: { location: `/api/v1/applications/${view.name}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/applications/:id',
    operationId: 'getApplication',
    summary: 'One application',
    access: 'application:read',
    params,
    responses: { 200: ApplicationView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await applications.get(id) }),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/v1/applications/:id',
    operationId: 'updateApplication',
    summary: 'Describe an application',
    access: 'application:write',
    action: { type: 'application.update', targetType: 'application' },
    params,
    body: UpdateApplicationBody,
    bodyLimit: 10_000,
    responses: { 200: ApplicationView },
    handler: async ({ params: { id }, body, origin }) => ({
      status: 200,
      body: await applications.describe(id, body.description, origin),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/applications/:id/releases',
    operationId: 'listReleases',
    summary: 'Releases of an application, the newest first',
    access: 'application:read',
    params,
    query: PageQuery.extend({
      environment: z.string().max(63).optional(),
      status: ReleaseView.shape.status.optional(),
    }),
    responses: { 200: pageOf(ReleaseView) },
    handler: async ({ params: { id }, query }) => ({ status: 200, body: await releases.page(id, query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/applications/:id/releases/:release',
    operationId: 'getRelease',
    summary: 'One release',
    access: 'application:read',
    params: ofRelease,
    responses: { 200: ReleaseView },
    handler: async ({ params: { id, release } }) => ({ status: 200, body: await releases.view(id, release) }),
  }),
  defineRoute({
    method: 'put',
    path: '/api/v1/applications/:id/releases/:release/bad',
    operationId: 'markReleaseBad',
    summary: 'Mark a release bad: it is not deployed again without consent',
    access: 'deployment:rollback',
    action: { type: 'release.mark_bad', targetType: 'release' },
    params: ofRelease,
    body: MarkBadBody,
    bodyLimit: 10_000,
    responses: { 200: ReleaseView },
    handler: async ({ params: { id, release }, body, principal, origin }) => {
      await bad.mark(id, release, body.reason, principal.username, origin);
      return { status: 200, body: await releases.view(id, release) };
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/api/v1/applications/:id/releases/:release/bad',
    operationId: 'unmarkReleaseBad',
    summary: 'Take the mark away again',
    access: 'deployment:rollback',
    action: { type: 'release.unmark_bad', targetType: 'release' },
    params: ofRelease,
    responses: { 204: null },
    handler: async ({ params: { id, release }, origin }) => {
      await bad.unmark(id, release, origin);
      return { status: 204 };
    },
  }),
];
