/** The paths that the mission names, with its own bodies and answers. */
import {
  DockerLoginBody,
  DockerLoginView,
  DockerLogoutView,
  MissionAcceptedView,
  MissionDeployBody,
  MissionEndedView,
  ValidateBody,
  ValidateView,
} from '@aws-deployer/platform/contracts/mission';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { DeploymentService } from '../deployments/deployment-service.js';
import type { DockerLogins } from '../registries/docker-logins.js';
import type { MissionDeploy } from './mission-deploy.js';
import type { VerifyLogin } from './verify-login.js';

const BODY_LIMIT = 4_000_000;

export const missionRoutes = (
  mission: MissionDeploy,
  deployments: DeploymentService,
  logins: DockerLogins,
  verify: VerifyLogin,
): Route[] => [
  defineRoute({
    method: 'post',
    path: '/deployer-api/docker-login',
    operationId: 'dockerLogin',
    summary: 'Keep the caller’s Docker Hub credential, sealed',
    access: 'registry:login',
    action: { type: 'registry.login', targetType: 'registry' },
    idempotent: false,
    body: DockerLoginBody,
    bodyLimit: 20_000,
    responses: { 200: DockerLoginView },
    handler: async ({ body, principal, origin, signal }) => {
      const login = { user: body.docker_user, token: body.docker_token };
      const verified = await verify(login, signal);
      await logins.keep(principal.userId, login, verified, origin);
      return { status: 200, body: { success: true, user: body.docker_user, verified } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/deployer-api/docker-logout',
    operationId: 'dockerLogout',
    summary: 'Destroy the caller’s Docker Hub credential',
    access: 'registry:login',
    action: { type: 'registry.logout', targetType: 'registry' },
    idempotent: false,
    body: z.object({}),
    bodyLimit: 20_000,
    responses: { 200: DockerLogoutView },
    handler: async ({ principal, origin }) => {
      await logins.forget(principal.userId, origin);
      return { status: 200, body: { success: true } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/deployer-api/validate',
    operationId: 'validateCode',
    summary: 'Which language a pasted source is in, and whether it is well formed',
    access: 'deployment:create',
    action: { type: 'code.validate', targetType: 'application' },
    idempotent: false,
    body: ValidateBody,
    bodyLimit: BODY_LIMIT,
    responses: { 200: ValidateView },
    handler: async ({ body, signal }) => ({
      status: 200,
      body: await mission.validate(body.code, body.app_name, signal),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/deployer-api/deploy',
    operationId: 'missionDeploy',
    summary: 'Deploy a repository or pasted code; with ?wait=true it answers at the end',
    access: 'deployment:create',
    action: { type: 'deployment.create', targetType: 'deployment' },
    body: MissionDeployBody,
    query: z.object({ wait: z.stringbool().default(false) }),
    bodyLimit: BODY_LIMIT,
    responses: { 200: MissionEndedView, 202: MissionAcceptedView },
    handler: async ({ body, query, principal, origin, signal }) => {
      const { id } = await deployments.request(await mission.toRequest(body, principal, signal), principal, origin);
      if (query.wait) return { status: 200, body: await mission.ended(id, signal) };
      const status_url = `/api/v1/deployments/${id}`;
      return {
        status: 202,
        body: { success: true, deployment_id: id, status_url, events_url: `${status_url}/events` },
        headers: { location: status_url },
      };
    },
  }),
];
