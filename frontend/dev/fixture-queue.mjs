/** Canned queue, shares, usage and a comparison of any two builds. */
import { randomUUID } from 'node:crypto';
import { builds } from './fixture-builds.mjs';
import { json, problem } from './fixture-http.mjs';
import { projects } from './fixture-projects.mjs';

const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const weights = [
  { team: 'storefront', weight: 3 },
  { team: 'data', weight: 1 },
];

const queueView = () => ({
  queues: [
    {
      account: 'production',
      region: 'eu-central-1',
      limit: 10,
      limit_reason: 'The service quota of the account allows 10 builds of this size.',
      running: 10,
      waiting: ['storefront', 'storefront', 'data', 'storefront', 'billing'].map((team, index) => ({
        id: builds[index]?.id ?? randomUUID(),
        project: ['shop', 'checkout', 'legacy-batch-import-with-a-rather-long-name', 'shop', 'billing-worker'][index],
        number: 140 + index,
        team,
        queue: {
          position: index + 1,
          reason: 'The account runs as many builds as it may.',
          estimated_start_at: index === 4 ? null : before(-40 * (index + 1)),
          estimated_seconds: index === 4 ? null : 40 * (index + 1),
        },
        created_by: 'mira',
        created_at: before(30 + index),
      })),
    },
    {
      account: 'local',
      region: 'local',
      limit: 2,
      limit_reason: 'This machine has 4 processors.',
      running: 1,
      waiting: [],
    },
  ],
});

const usage = () => ({
  from: before(86_400 * 30),
  to: before(0),
  price_list_date: '2026-10-01',
  projects: projects.map(({ name, team }, index) => ({
    project: name,
    team,
    builds: 214 - index * 41,
    succeeded: 190 - index * 40,
    billed_minutes: 812 - index * 190,
    cost_usd: (812 - index * 190) * 0.005,
    median_seconds: 125 + index * 8,
  })),
  total: { builds: 660, billed_minutes: 2160, cost_usd: 10.8 },
});

function compare({ response, url }) {
  const [a, b] = ['a', 'b'].map((key) => builds.find(({ id }) => id === url.searchParams.get(key)));
  if (!a || !b) return problem(response, 404, 'build_not_found', 'There is no such build.');
  return json(response, 200, {
    a,
    b,
    differences: [
      { field: 'resolved_commit', a: a.resolved_commit, b: b.resolved_commit },
      { field: 'environment.compute', a: 'BUILD_GENERAL1_SMALL', b: 'BUILD_GENERAL1_MEDIUM' },
      { field: 'variables.NODE_ENV', a: null, b: 'test' },
    ],
    phases: [
      { name: 'INSTALL', a_seconds: 38.4, b_seconds: 12.2 },
      { name: 'BUILD', a_seconds: 61.7, b_seconds: 74.9 },
      { name: 'POST_BUILD', a_seconds: 2.2, b_seconds: null },
    ],
    tests: {
      newly_failing: ['checkout refuses a card that has expired', 'cart keeps its lines over a restart'],
      newly_passing: ['cart merges carts of two devices'],
      added: 4,
      removed: 1,
    },
  });
}

export const queueRoutes = [
  ['GET', /^\/builds\/queue$/, ({ response }) => json(response, 200, queueView())],
  ['GET', /^\/builds\/queue\/teams$/, ({ response }) => json(response, 200, { items: weights })],
  [
    'PUT',
    /^\/builds\/queue\/teams\/([^/]+)$/,
    ({ response, id, body }) => {
      const known = weights.find(({ team }) => team === id);
      if (known) known.weight = body.weight;
      else weights.push({ team: id, weight: body.weight });
      json(response, 200, { team: id, weight: body.weight });
    },
  ],
  ['GET', /^\/builds\/usage$/, ({ response }) => json(response, 200, usage())],
  ['GET', /^\/builds\/compare$/, compare],
];
