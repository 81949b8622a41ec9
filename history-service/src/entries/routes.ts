import { ActionBatchBody, ActionBatchView } from '@aws-deployer/platform/contracts/activity';
import { AuditItem, HistoryQuery } from '@aws-deployer/platform/contracts/history';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { ACTION_BATCH_LIMIT } from '@aws-deployer/platform/outbox/relay';
import { z } from 'zod';
import type { ChainService } from './chain-service.js';
import type { EntryReadModel } from './entry-read-model.js';

export const entryRoutes = (chain: ChainService, entries: EntryReadModel): Route[] => [
  defineRoute({
    method: 'post',
    path: '/internal/v1/history/actions',
    operationId: 'appendActions',
    summary: 'Actions from the outbox of a service; each is written once',
    access: 'internal',
    body: ActionBatchBody,
    bodyLimit: ACTION_BATCH_LIMIT,
    responses: { 200: ActionBatchView },
    handler: async ({ body }) => ({ status: 200, body: await chain.append(body.actions) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/history',
    operationId: 'searchHistory',
    summary:
      'Search the audit log, newest first. `q` is any part of a text; a page may end early with a `next_cursor` to go on',
    access: 'history:read',
    query: HistoryQuery,
    responses: { 200: pageOf(AuditItem) },
    handler: async ({ query }) => ({ status: 200, body: await entries.search(query) }),
  }),
];

/** Mounted after the fixed names under `/api/v1/history`. */
export const entryRoute = (entries: EntryReadModel): Route =>
  defineRoute({
    method: 'get',
    path: '/api/v1/history/:seq',
    operationId: 'getHistoryEntry',
    summary: 'One entry of the audit log by its number',
    access: 'history:read',
    params: z.strictObject({ seq: z.coerce.number().int().min(1) }),
    responses: { 200: AuditItem },
    handler: async ({ params }) => ({ status: 200, body: await entries.get(params.seq) }),
  });
