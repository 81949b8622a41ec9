/** Builds looked back at: two side by side, and what all of them have used. */
import {
  BuildCompareQuery,
  BuildComparison,
  BuildUsageQuery,
  BuildUsageView,
} from '@aws-deployer/platform/contracts/builds';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { BuildReadModel } from './build-read-model.js';
import type { BuildStore } from './build-store.js';
import type { BuildUsage } from './build-usage.js';
import { compareBuilds, type ComparedBuild } from './compare-builds.js';

export function buildInsightRoutes(store: BuildStore, views: BuildReadModel, usage: BuildUsage): Route[] {
  const compared = async (id: string): Promise<ComparedBuild> => {
    const { plan } = await store.get(id);
    return { plan, view: await views.view(id), reports: await views.reports(id) };
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/builds/compare',
      operationId: 'compareBuilds',
      summary: 'Two builds side by side: only what differs',
      access: 'build:read',
      query: BuildCompareQuery,
      responses: { 200: BuildComparison },
      handler: async ({ query: { a, b } }) => ({
        status: 200,
        body: compareBuilds(await compared(a), await compared(b)),
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/builds/usage',
      operationId: 'getBuildUsage',
      summary: 'Minutes and costs of the builds that ended in a time, by project',
      access: 'build:read',
      query: BuildUsageQuery,
      responses: { 200: BuildUsageView },
      handler: async ({ query }) => ({ status: 200, body: await usage.view(query) }),
    }),
  ];
}
