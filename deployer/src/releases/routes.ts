/** What other services ask about releases. */
import { LiveImagesView } from '@aws-deployer/platform/contracts/images';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { LiveImages } from './live-images.js';

export const releaseRoutes = (live: LiveImages): Route[] => [
  defineRoute({
    method: 'get',
    path: '/internal/v1/live-images',
    operationId: 'listLiveImages',
    summary: 'Digests that live releases run and open deployments roll out',
    access: 'internal',
    responses: { 200: LiveImagesView },
    handler: async () => ({ status: 200, body: await live.view() }),
  }),
];
