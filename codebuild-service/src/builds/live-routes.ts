/** A build and its log, live and whole. */
import { Id } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { placeOf, Resumed } from '@aws-deployer/platform/http/resumed-stream';
import { z } from 'zod';
import type { BuildFeed } from './build-feed.js';
import type { BuildLogStore } from './build-log.js';
import type { BuildReadModel } from './build-read-model.js';

const params = z.strictObject({ id: Id });

export const buildLiveRoutes = (feed: BuildFeed, logs: BuildLogStore, views: BuildReadModel): Route[] => [
  ...(['events', 'logs'] as const).map((name) =>
    defineRoute({
      method: 'get',
      path: `/api/v1/builds/:id/${name}`,
      operationId: name === 'events' ? 'streamBuild' : 'streamBuildLog',
      summary: name === 'events' ? 'The build whenever it changes, live' : 'The log, live',
      access: 'build:read',
      params,
      query: Resumed,
      responses: { 200: 'sse' },
      handler: async ({ params: { id } }) => {
        await views.view(id); // 404 before the stream begins
        return {
          stream: async (events, lastEventId) => {
            const kind = name === 'events' ? 'build' : 'log';
            for await (const { type, data, seq } of feed.follow(kind, id, placeOf(lastEventId), events.signal))
              await events.send(type, data, seq);
          },
        };
      },
    }),
  ),
  defineRoute({
    method: 'get',
    path: '/api/v1/builds/:id/log',
    operationId: 'downloadBuildLog',
    summary: 'The whole log as text',
    access: 'build:read',
    params,
    responses: { 200: 'text' },
    handler: async ({ params: { id } }) => {
      const { project, number } = await views.view(id);
      return { download: logs.text(id), type: 'text/plain; charset=utf-8', fileName: `${project}-${number}.log` };
    },
  }),
];
