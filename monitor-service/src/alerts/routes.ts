import { AlertmanagerBody, AlertmanagerView, AlertQuery, AlertView } from '@aws-deployer/platform/contracts/alerts';
import { Id, pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { AlertReadModel } from './alert-read-model.js';
import type { AlertStore } from './alert-store.js';

export interface AlertRoutesOptions {
  readonly store: AlertStore;
  readonly alerts: AlertReadModel;
  readonly alertmanagerToken: string | undefined;
}
const BODY_LIMIT = 5_000_000;

export const alertRoutes = ({ store, alerts, alertmanagerToken }: AlertRoutesOptions): Route[] => [
  defineRoute({
    method: 'post',
    path: '/internal/v1/alertmanager',
    operationId: 'receiveAlerts',
    summary: 'The webhook of Alertmanager: alerts that fire or are over; each change is made once',
    access: 'internal',
    sharedToken: { holder: 'alertmanager', token: alertmanagerToken },
    body: AlertmanagerBody,
    bodyLimit: BODY_LIMIT,
    responses: { 200: AlertmanagerView },
    handler: async ({ body, origin }) => ({ status: 200, body: await store.take(body.alerts, origin) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/alerts',
    operationId: 'listAlerts',
    summary: 'Alerts of Prometheus, newest first: those that fire and those that are over',
    access: 'service:read',
    query: AlertQuery,
    responses: { 200: pageOf(AlertView) },
    handler: async ({ query }) => ({ status: 200, body: await alerts.search(query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/alerts/:id',
    operationId: 'getAlert',
    summary: 'One alert',
    access: 'service:read',
    params: z.object({ id: Id }),
    responses: { 200: AlertView },
    handler: async ({ params }) => ({ status: 200, body: await alerts.get(params.id) }),
  }),
];
