import { HistoryEntry, SaveHistoryBody } from '@aws-deployer/platform/contracts/history';
import { newId } from '@aws-deployer/platform/database/ids';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { maskText } from '@aws-deployer/platform/masking/mask';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { z } from 'zod';
import type { HistorySchema } from '../schema.js';

const LISTED_AT_MOST = 1_000;

/** The mission's operation history: what was asked in words and what came of it. It is itself the record and makes no other. */
export const savedRoutes = ({ db }: Database<HistorySchema>, clock: Clock): Route[] => [
  defineRoute({
    method: 'post',
    path: '/history/save',
    operationId: 'saveHistory',
    summary: 'Keep a query and its output',
    access: 'history:write',
    idempotent: true,
    body: SaveHistoryBody,
    bodyLimit: 4_000_000,
    responses: { 201: HistoryEntry },
    handler: async ({ body, principal }) => {
      const entry: HistoryEntry = {
        id: newId(),
        query: maskText(body.query),
        output: maskText(body.output),
        timestamp: instant(clock.now()),
      };
      await db
        .insertInto('saved_entries')
        .values({ seq: undefined, user_id: principal.username, ...entry })
        .execute();
      return { status: 201, body: entry };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/history/list',
    operationId: 'listHistory',
    summary: 'What was kept, newest first, at most 1,000',
    access: 'history:read',
    responses: { 200: z.array(HistoryEntry) },
    handler: async () => ({
      status: 200,
      body: await db
        .selectFrom('saved_entries')
        .select(['id', 'query', 'output', 'timestamp'])
        .orderBy('seq', 'desc')
        .limit(LISTED_AT_MOST)
        .execute(),
    }),
  }),
];
