/** What a build has left behind: reports, the list of its files, each file. */
import { BuildArtifactView, BuildReportView } from '@aws-deployer/platform/contracts/builds';
import { Id } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { BuildFiles } from './build-files.js';
import type { BuildReadModel } from './build-read-model.js';

const ofBuild = z.strictObject({ id: Id });
const ofFile = z.strictObject({
  artifact: z.string().min(1).max(200).default('primary'),
  path: z.string().min(1).max(4_096),
});

export const buildOutputRoutes = (views: BuildReadModel, files: BuildFiles): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/builds/:id/reports',
    operationId: 'getBuildReports',
    summary: 'Test and coverage reports of a build',
    access: 'build:read',
    params: ofBuild,
    responses: { 200: z.object({ items: z.array(BuildReportView) }) },
    handler: async ({ params: { id } }) => ({ status: 200, body: { items: await views.reports(id) } }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/builds/:id/artifacts',
    operationId: 'getBuildArtifacts',
    summary: 'Files that a build has made',
    access: 'build:read',
    params: ofBuild,
    responses: { 200: z.object({ items: z.array(BuildArtifactView) }) },
    handler: async ({ params: { id } }) => ({ status: 200, body: { items: await views.artifacts(id) } }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/builds/:id/artifacts/download',
    operationId: 'downloadBuildArtifact',
    summary: 'One file that a build has made',
    access: 'build:read',
    params: ofBuild,
    query: ofFile,
    responses: { 200: 'text' },
    handler: async ({ params: { id }, query: { artifact, path }, signal }) => {
      const { body, sizeBytes } = await files.open(id, artifact, path, signal);
      return {
        download: body,
        // Never a type that a browser shows: what a build made is not ours to run in the console's page.
        type: 'application/octet-stream',
        fileName: path.slice(path.lastIndexOf('/') + 1),
        ...(sizeBytes === null ? {} : { size: sizeBytes }),
      };
    },
  }),
];
