/** `/api/ask` and `/api/confirm`: the mission's own paths for requests in words. */
import { AskBody, AskView, ConfirmBody, ConfirmView } from '@aws-deployer/platform/contracts/aws-operations';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { AskService } from './ask-service.js';

const BODY_LIMIT = 20_000;

export const askRoutes = (ask: AskService): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/ask',
    operationId: 'askAws',
    summary: 'Ask AWS in words. What reads is answered at once; what changes anything waits for /api/confirm',
    access: 'aws:read', // what changes anything needs aws:write: that is the operation's effect, which the service looks at
    // No `action`: asking changes nothing and is not recorded; what a yes does is, under the operation's own name.
    idempotent: false,
    recordable: ['account', 'region'], // words may hold anything
    body: AskBody,
    bodyLimit: BODY_LIMIT,
    responses: { 200: AskView },
    handler: async ({ body, principal, origin, signal }) => ({
      status: 200,
      body: await ask.ask(body, { principal, origin, signal }),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/confirm',
    operationId: 'confirmAws',
    summary: 'Say yes or no to what /api/ask would do: the same words, once, within five minutes',
    access: 'aws:write',
    // No `action`: the service records the yes or the no, and what came of it, under the operation's own name.
    idempotent: false, // an answer may hold a secret, and a yes is good once anyway
    recordable: ['decision'],
    body: ConfirmBody,
    bodyLimit: BODY_LIMIT,
    responses: { 200: ConfirmView },
    handler: async ({ body, principal, origin, signal }) => ({
      status: 200,
      body: await ask.confirm(body, { principal, origin, signal }),
    }),
  }),
];
