/**
 * Live streams. Of one deployment: `events` and `logs`, whose ids are row numbers. Of many on one connection: `stream`,
 * whose id holds the place in each topic, in the order of `topics`. A client that comes back sends the last id it saw.
 */
import { Id } from '@aws-deployer/platform/contracts/wire';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { EventStream } from '@aws-deployer/platform/http/event-stream';
import { placeOf, Resumed } from '@aws-deployer/platform/http/resumed-stream';
import { z } from 'zod';
import type { DeploymentReadModel } from './deployment-read-model.js';
import type { FeedKind, LiveFeed } from './live-feed.js';

interface Topic {
  readonly name: string;
  readonly kind: FeedKind;
  readonly id: string;
}
const MOST_TOPICS = 50;
const params = z.strictObject({ id: Id });

export const liveRoutes = (feed: LiveFeed, views: DeploymentReadModel): Route[] => [
  ...(['events', 'logs'] as const).map((name) =>
    defineRoute({
      method: 'get',
      path: `/api/v1/deployments/:id/${name}`,
      operationId: name === 'events' ? 'streamEvents' : 'streamLog',
      summary: name === 'events' ? 'States, stages, pods and verdicts, live' : 'The log, live',
      access: 'deployment:read',
      params,
      query: Resumed,
      responses: { 200: 'sse' },
      handler: async ({ params: { id } }) => {
        await views.view(id); // 404 before the stream begins
        return {
          stream: async (events, lastEventId) => {
            const kind = name === 'events' ? 'deployment' : 'log';
            for await (const { type, data, seq } of feed.follow(kind, id, placeOf(lastEventId), events.signal))
              await events.send(type, data, seq);
          },
        };
      },
    }),
  ),
  defineRoute({
    method: 'get',
    path: '/api/v1/deployments/stream',
    operationId: 'streamDeployments',
    summary: 'Many deployments and logs on one connection: topics=deployment:ID,log:ID',
    access: 'deployment:read',
    query: Resumed.extend({ topics: z.string().min(1).max(5_000) }),
    responses: { 200: 'sse' },
    handler: async ({ query }) => {
      const topics = topicsOf(query.topics);
      for (const id of new Set(topics.map(({ id: one }) => one))) await views.view(id);
      return { stream: (events, lastEventId) => streamTopics(feed, topics, events, lastEventId) };
    },
  }),
];

/** Each event's data names its `topic`; a topic's own `end` leaves the others running. */
async function streamTopics(
  feed: LiveFeed,
  topics: readonly Topic[],
  events: EventStream,
  lastEventId: string | undefined,
): Promise<void> {
  const given = (lastEventId ?? '').split(',').map(placeOf);
  const places = topics.map((_, index) => given[index] ?? 0);
  let turn = Promise.resolve(); // one event after the other: its id tells the places of all
  await Promise.all(
    topics.map(async ({ name, kind, id }, index) => {
      for await (const { type, data, seq } of feed.follow(kind, id, places[index] ?? 0, events.signal)) {
        turn = turn.then(() => {
          if (seq !== undefined) places[index] = seq;
          return events.send(type, { topic: name, ...(data as object) }, places.join(','));
        });
        await turn;
      }
    }),
  );
}

function topicsOf(text: string): Topic[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))].filter((name) => name !== '');
  if (names.length === 0 || names.length > MOST_TOPICS)
    throw invalidField('topics', `must be 1 to ${MOST_TOPICS} topics`, 'send topics=deployment:ID,log:ID');
  return names.map((name) => {
    const [kind = '', id = ''] = name.split(':');
    if ((kind !== 'deployment' && kind !== 'log') || !Id.safeParse(id).success)
      throw invalidField('topics', `${name} is not a topic`, 'write deployment:ID or log:ID');
    return { name, kind, id };
  });
}
