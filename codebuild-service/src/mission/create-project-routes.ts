/** `POST /create-codebuild-project`. */
import { MissionCreateProjectBody, MissionCreateProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { MissionCreateProject } from './create-project.js';

export const missionCreateProjectRoutes = (mission: MissionCreateProject): Route[] => [
  defineRoute({
    method: 'post',
    path: '/create-codebuild-project',
    operationId: 'missionCreateCodebuildProject',
    summary: 'Make a build project of a repository and a buildspec, in the default account',
    access: 'build:write',
    action: { type: 'build_project.create', targetType: 'build_project' },
    body: MissionCreateProjectBody,
    bodyLimit: 600_000,
    responses: { 201: MissionCreateProjectView },
    handler: async ({ body, principal, origin }) => ({
      status: 201,
      body: await mission.create(body, principal.username, origin),
    }),
  }),
];
