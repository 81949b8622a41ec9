/** `/api/v1/build-projects`. Fixed paths come before `/:name`, which would take them for names. */
import {
  BuildProjectsQuery,
  BuildProjectView,
  BuildspecTemplateView,
  CheckBuildspecBody,
  CheckBuildspecView,
  CloneBuildProjectBody,
  CreateBuildProjectBody,
  CreatedBuildProjectView,
  ImportableProjectsQuery,
  ImportableProjectView,
  ImportBuildProjectsBody,
  ImportedBuildProjectsView,
  UpdateBuildProjectBody,
} from '@aws-deployer/platform/contracts/build-projects';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import { buildspecTemplates } from '../buildspec/buildspec-templates.js';
import { parseBuildspec } from '../buildspec/parse-buildspec.js';
import type { BuildProjectReadModel } from './build-project-read-model.js';
import type { BuildProjectService } from './build-project-service.js';
import type { ProjectImport } from './project-import.js';

const PATH = '/api/v1/build-projects';
const params = z.strictObject({ name: z.string().min(1).max(150).describe('Name or id') });
const targetType = 'build_project';
/** A buildspec of 100,000 characters, escaped. */
const BODY_LIMIT = 600_000;

export interface BuildProjectParts {
  readonly projects: BuildProjectService;
  readonly views: BuildProjectReadModel;
  readonly imports: ProjectImport;
}

export const buildProjectRoutes = ({ projects, views, imports }: BuildProjectParts): Route[] => [
  defineRoute({
    method: 'get',
    path: PATH,
    operationId: 'listBuildProjects',
    summary: 'Build projects by name, with their newest build',
    access: 'build:read',
    query: BuildProjectsQuery,
    responses: { 200: pageOf(BuildProjectView) },
    handler: async ({ query }) => ({ status: 200, body: await views.list(query) }),
  }),
  defineRoute({
    method: 'post',
    path: PATH,
    operationId: 'createBuildProject',
    summary: 'Make a build project, in its cloud account first',
    access: 'build:write',
    action: { type: 'build_project.create', targetType },
    idempotent: false, // a kept answer would be a kept webhook secret; the name makes a second one impossible
    body: CreateBuildProjectBody,
    bodyLimit: BODY_LIMIT,
    responses: { 201: CreatedBuildProjectView },
    handler: async ({ body, principal, origin }) => {
      const view = await projects.create(body, principal.username, origin);
      return { status: 201, body: view, headers: { location: `${PATH}/${view.name}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: `${PATH}/templates`,
    operationId: 'listBuildspecTemplates',
    summary: 'Buildspecs to begin with',
    access: 'build:read',
    responses: { 200: pageOf(BuildspecTemplateView) },
    handler: async () => ({ status: 200, body: { items: buildspecTemplates(), next_cursor: null } }),
  }),
  defineRoute({
    method: 'get',
    path: `${PATH}/importable`,
    operationId: 'listImportableProjects',
    summary: 'Projects that a cloud account has, and whether they are known here',
    access: 'build:read',
    query: ImportableProjectsQuery,
    responses: { 200: pageOf(ImportableProjectView) },
    handler: async ({ query, signal }) => ({
      status: 200,
      body: { items: await imports.importable(query, signal), next_cursor: null },
    }),
  }),
  defineRoute({
    method: 'post',
    path: `${PATH}/import`,
    operationId: 'importBuildProjects',
    summary: 'Take over projects of a cloud account; nothing changes there',
    access: 'build:write',
    action: { type: 'build_project.import', targetType },
    body: ImportBuildProjectsBody,
    responses: { 200: ImportedBuildProjectsView },
    handler: async ({ body, principal, origin, signal }) => ({
      status: 200,
      body: await imports.take(body, principal.username, origin, signal),
    }),
  }),
  defineRoute({
    method: 'post',
    path: `${PATH}/check-buildspec`,
    operationId: 'checkBuildspec',
    summary: 'Check a buildspec of version 0.2; nothing is kept',
    access: 'build:read',
    body: CheckBuildspecBody,
    bodyLimit: BODY_LIMIT,
    responses: { 200: CheckBuildspecView },
    handler: async ({ body: { text } }) => {
      const { buildspec, problems, warnings } = parseBuildspec(text);
      return { status: 200, body: { valid: buildspec !== null, problems, warnings } };
    },
  }),
  defineRoute({
    method: 'get',
    path: `${PATH}/:name`,
    operationId: 'getBuildProject',
    summary: 'One build project',
    access: 'build:read',
    params,
    responses: { 200: BuildProjectView },
    handler: async ({ params: { name } }) => ({ status: 200, body: await projects.get(name) }),
  }),
  defineRoute({
    method: 'patch',
    path: `${PATH}/:name`,
    operationId: 'updateBuildProject',
    summary: 'Change a build project; what is left out stays',
    access: 'build:write',
    action: { type: 'build_project.update', targetType },
    params,
    body: UpdateBuildProjectBody,
    bodyLimit: BODY_LIMIT,
    responses: { 200: CreatedBuildProjectView },
    handler: async ({ params: { name }, body, origin }) => ({
      status: 200,
      body: await projects.update(name, body, origin),
    }),
  }),
  defineRoute({
    method: 'delete',
    path: `${PATH}/:name`,
    operationId: 'deleteBuildProject',
    summary: 'Delete a build project, in its cloud account too; refused while it builds',
    access: 'build:write',
    action: { type: 'build_project.delete', targetType },
    params,
    responses: { 204: null },
    handler: async ({ params: { name }, origin }) => {
      await projects.remove(name, origin);
      return { status: 204 };
    },
  }),
  defineRoute({
    method: 'post',
    path: `${PATH}/:name/clone`,
    operationId: 'cloneBuildProject',
    summary: 'The same project under another name, also in another account or region',
    access: 'build:write',
    action: { type: 'build_project.clone', targetType },
    params,
    idempotent: false,
    body: CloneBuildProjectBody,
    bodyLimit: 10_000,
    responses: { 201: CreatedBuildProjectView },
    handler: async ({ params: { name }, body, principal, origin }) => {
      const view = await projects.clone(name, body, principal.username, origin);
      return { status: 201, body: view, headers: { location: `${PATH}/${view.name}` } };
    },
  }),
];
