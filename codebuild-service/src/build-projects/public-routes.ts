/** What is open to servers and readers that have no account here: webhook deliveries (signed) and badges (unguessable). */
import { WebhookAnswerView } from '@aws-deployer/platform/contracts/build-projects';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { bytesOf } from '@aws-deployer/platform/http/raw-bytes';
import { z } from 'zod';
import { badgeSvg } from './build-badge.js';
import type { BuildProjectReadModel } from './build-project-read-model.js';
import { sameText } from './delivery-signature.js';
import type { WebhookDeliveries } from './webhook-deliveries.js';

const params = z.strictObject({ name: z.string().min(1).max(150) });
/** Bytes: a push of thousands of commits. Read only where a webhook is, and before its signature is known to be good. */
const LARGEST_DELIVERY = 5_000_000;

export const publicProjectRoutes = (deliveries: WebhookDeliveries, views: BuildProjectReadModel): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/v1/build-projects/:name/webhook',
    operationId: 'deliverWebhook',
    summary: 'A signed delivery of GitHub, GitLab or Bitbucket: 202 with its build, or 200 with why there is none',
    access: 'public',
    action: { type: 'build_project.webhook', targetType: 'build_project' },
    idempotent: false,
    params,
    rawBody: true,
    bodyLimit: LARGEST_DELIVERY,
    responses: { 200: WebhookAnswerView, 202: WebhookAnswerView },
    handler: async ({ params: { name }, header, raw, origin }) => {
      const answer = await deliveries.take(name, header, () => bytesOf(raw), origin);
      return { status: answer.build_id === null ? 200 : 202, body: answer };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/build-projects/:name/badge.svg',
    operationId: 'getBuildBadge',
    summary: "The status of a project's newest build as a picture, by the token in the badge's address",
    access: 'public',
    params,
    query: z.object({ token: z.string().min(1).max(100) }),
    responses: { 200: 'text' },
    handler: async ({ params: { name }, query: { token } }) => {
      const badge = await views.badgeFacts(name);
      if (badge === null || !sameText(token, badge.token))
        throw new AppError('not_found', 'badge_not_found', 'There is no badge at this address');
      return {
        text: badgeSvg(badge.status),
        type: 'image/svg+xml',
        // shown in pages of other hosts, and never an old one
        headers: { 'cache-control': 'no-cache', 'cross-origin-resource-policy': 'cross-origin' },
      };
    },
  }),
];
