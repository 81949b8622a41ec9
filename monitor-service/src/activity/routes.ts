import {
  ActionBatchBody,
  ActionBatchView,
  ActivityItem,
  ActivityQuery,
  MonitorLogBody,
  MonitorLogView,
} from '@aws-deployer/platform/contracts/activity';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { ACTION_BATCH_LIMIT } from '@aws-deployer/platform/outbox/relay';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { z } from 'zod';
import { fromAction, fromLogEntry } from './activity.js';
import type { ActivityFeed } from './activity-feed.js';
import type { ActivityReadModel } from './activity-read-model.js';
import type { ActivityWriter } from './activity-writer.js';
import type { ActivityMetrics } from './metrics.js';

export interface ActivityRoutesOptions {
  readonly writer: ActivityWriter;
  readonly activity: ActivityReadModel;
  readonly feed: ActivityFeed;
  readonly metrics: ActivityMetrics;
  readonly clock: Clock;
}
/** Under what MySQL and MariaDB take in one packet, JSON escapes included. */
const LOG_BODY_LIMIT = 5_000_000;
const StreamQuery = ActivityQuery.omit({ limit: true, cursor: true }).extend({
  /** For clients that cannot send the header `Last-Event-ID`. */
  last_event_id: z.string().max(20).optional(),
});

export const activityRoutes = (options: ActivityRoutesOptions): Route[] => [
  relayRoute(options),
  logRoute(options),
  ...readRoutes(options),
];

const relayRoute = ({ writer, metrics }: ActivityRoutesOptions): Route =>
  defineRoute({
    method: 'post',
    path: '/internal/v1/monitor/actions',
    operationId: 'addActions',
    summary: 'Actions from the outbox of a service; each is written once',
    access: 'internal',
    body: ActionBatchBody,
    bodyLimit: ACTION_BATCH_LIMIT,
    responses: { 200: ActionBatchView },
    handler: async ({ body }) => {
      const answers = await writer.write(body.actions.map(fromAction));
      const duplicates = answers.filter(({ duplicate }) => duplicate).length;
      metrics.rows.inc({ source: 'relay' }, answers.length - duplicates);
      return { status: 200, body: { accepted: answers.length - duplicates, duplicates } };
    },
  });

/** The mission's own: it is the record itself and makes no other. */
const logRoute = ({ writer, metrics, clock }: ActivityRoutesOptions): Route =>
  defineRoute({
    method: 'post',
    path: '/monitor/log',
    operationId: 'logActivity',
    summary: 'Write one activity or up to 1,000; answered when they are committed',
    access: 'activity:write',
    idempotent: true,
    body: MonitorLogBody,
    bodyLimit: LOG_BODY_LIMIT,
    responses: { 201: MonitorLogView },
    handler: async ({ body, principal, origin }) => {
      const sender = {
        principal: principal.username,
        ip: origin.ip,
        userAgent: origin.userAgent,
        traceId: origin.traceId,
      };
      const now = instant(clock.now());
      const entries = Array.isArray(body) ? body : [body];
      const answers = await writer.write(entries.map((entry) => fromLogEntry(entry, sender, now)));
      const duplicates = answers.filter(({ duplicate }) => duplicate).length;
      metrics.rows.inc({ source: 'log' }, answers.length - duplicates);
      return {
        status: 201,
        body: { success: true, accepted: answers.length - duplicates, duplicates, ids: answers.map(({ id }) => id) },
      };
    },
  });

const readRoutes = ({ activity, feed }: ActivityRoutesOptions): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/activity',
    operationId: 'searchActivity',
    summary:
      'The activity of all, newest first. `q` is any part of a text; a page may end early with a `next_cursor` to go on',
    access: 'activity:read',
    query: ActivityQuery,
    responses: { 200: pageOf(ActivityItem) },
    handler: async ({ query }) => ({ status: 200, body: await activity.search(query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/activity/stream',
    operationId: 'streamActivity',
    summary: 'Live activity: event `activity`, its `id` is the row number; resumes after `Last-Event-ID`',
    access: 'activity:read',
    query: StreamQuery,
    responses: { 200: 'sse' },
    handler: async ({ query: { last_event_id: asked, ...filter }, header }) => {
      const last = header('last-event-id') ?? asked;
      if (last !== undefined && !/^\d{1,15}$/.test(last))
        throw invalidField('Last-Event-ID', 'is not an id of this stream', 'send the last id that you received');
      const beginning = last === undefined ? await feed.now() : { after: Number(last) };
      return { stream: (events) => feed.stream(events, filter, beginning) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/monitor',
    operationId: 'monitor',
    summary: 'The activity dashboard: the console’s page for people, JSON with `Accept: application/json`',
    access: 'activity:read',
    query: ActivityQuery,
    responses: { 200: pageOf(ActivityItem), 302: null },
    handler: async ({ query, header }) =>
      /\bapplication\/(\w+\+)?json\b/.test(header('accept') ?? '')
        ? { status: 200, body: await activity.search(query), headers: { vary: 'accept' } }
        : { status: 302, headers: { location: '/activity', vary: 'accept' } },
  }),
];
