/** `POST /aws-operation`, with the mission's own body. */
import {
  ConfirmationNeededView,
  MissionAwsOperationBody,
  MissionAwsOperationView,
} from '@aws-deployer/platform/contracts/aws-operations';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { MissionAwsOperation } from './aws-operation.js';

export const missionAwsOperationRoutes = (mission: MissionAwsOperation): Route[] => [
  defineRoute({
    method: 'post',
    path: '/aws-operation',
    operationId: 'missionAwsOperation',
    summary:
      'Run an AWS operation with keys of this request, or with a cloud account. What changes anything answers 202 first, with a token to confirm it',
    access: 'aws:read', // what changes anything needs aws:write: that is the operation's effect, which the service looks at
    // No `action`: what reads is not recorded, and the service records what changes under the operation's own name.
    idempotent: false, // the body holds keys and the answer may hold a secret: neither is stored
    recordable: ['operation', 'region', 'account'], // of a body that may hold keys under any name
    body: MissionAwsOperationBody,
    bodyLimit: 1_000_000,
    responses: { 200: MissionAwsOperationView, 202: ConfirmationNeededView },
    handler: async ({ body, principal, origin, signal }) => {
      const outcome = await mission.run(body, { principal, origin, signal });
      return { status: outcome.done ? 200 : 202, body: outcome.view };
    },
  }),
];
