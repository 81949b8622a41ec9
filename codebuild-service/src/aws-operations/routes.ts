/** `/api/v1/aws/operations`. */
import {
  AwsOperationsQuery,
  AwsOperationView,
  AwsResultView,
  ConfirmationNeededView,
  RunAwsOperationBody,
} from '@aws-deployer/platform/contracts/aws-operations';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { AccountAccess } from '../ports/account-access.js';
import { awsSession } from './aws-sessions.js';
import { knownOperation, listOperations, operationView } from './operation-list.js';
import type { OperationService } from './operation-service.js';
import { checkedParameters } from './parameter-check.js';

const params = z.strictObject({ name: z.string().max(100).describe('`ec2.describe_instances`') });
const BODY_LIMIT = 1_000_000;

export const awsOperationRoutes = (operations: OperationService, accounts: AccountAccess): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/aws/operations',
    operationId: 'listAwsOperations',
    summary: 'What can be asked of AWS: operations with their parameters, effect and the permissions that they need',
    access: 'aws:read',
    query: AwsOperationsQuery,
    responses: { 200: pageOf(AwsOperationView) },
    handler: async ({ query }) => ({ status: 200, body: listOperations(query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/aws/operations/:name',
    operationId: 'getAwsOperation',
    summary: 'One operation',
    access: 'aws:read',
    params,
    responses: { 200: AwsOperationView },
    handler: async ({ params: { name } }) => ({ status: 200, body: operationView(knownOperation(name)) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/aws/operations/:name/run',
    operationId: 'runAwsOperation',
    summary:
      'Run an operation. What changes anything needs aws:write and answers 202 first, with what would be done and a token to confirm it',
    access: 'aws:read', // what changes anything needs aws:write: that is the operation's effect, which the service looks at
    // No `action`: what reads is not recorded, and the service records what changes under the operation's own name.
    idempotent: false, // an answer may hold a secret, and a confirmation is good once anyway
    recordable: ['account', 'region'],
    params,
    body: RunAwsOperationBody,
    bodyLimit: BODY_LIMIT,
    responses: { 200: AwsResultView, 202: ConfirmationNeededView },
    handler: async ({ params: { name }, body, principal, origin, signal }) => {
      const operation = knownOperation(name);
      const parameters = checkedParameters(operation, body.parameters, 'parameters.');
      const session = await awsSession(accounts, body.account, body.region);
      const outcome = await operations.run({ operation, parameters, session }, body, { principal, origin, signal });
      return { status: outcome.done ? 200 : 202, body: outcome.view };
    },
  }),
];
