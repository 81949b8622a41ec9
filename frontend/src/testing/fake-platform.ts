/**
 * The platform as the console's one door to the network sees it: answers by method and path, and what was sent. It
 * stands in for `fetch`; the real services are met by the browser scenes.
 */
import type { ActivityItem, ServiceView } from '@aws-deployer/platform/contracts/activity';
import type { ApplicationView } from '@aws-deployer/platform/contracts/applications';
import type { MeView, TokenView, UserView } from '@aws-deployer/platform/contracts/auth';
import type { PodView } from '@aws-deployer/platform/contracts/deployments';
import type { AuditItem, VerifyView } from '@aws-deployer/platform/contracts/history';
import type { RegistryView, SecretView } from '@aws-deployer/platform/contracts/registries';
import { BUILD_ANSWERS } from './build-answers.js';
import { INFRA_ANSWERS } from './infra-answers.js';
import { deploymentSample, releaseSample } from './samples.js';

const AT = '2026-11-21T04:00:00.000Z';
const user: UserView = {
  id: 'u1',
  username: 'admin',
  display_name: null,
  roles: ['admin'],
  disabled: false,
  created_at: AT,
  last_login_at: AT,
};
export const me: MeView = { user, permissions: ['*'], csrf_token: 'csrf' };
export const stable = deploymentSample({
  state: 'stable',
  state_reason: 'every endpoint runs the built digest',
  url: 'http://127.0.0.1:30001',
  commit: '4f2c9d1e8b7a6f5e4d3c2b1a09f8e7d6c5b4a392',
  image: '127.0.0.1:5000/shop:4f2c9d1',
  image_digest: `sha256:${'ab'.repeat(32)}`,
  builder: 'host',
  base_substituted: 'node:24-alpine',
  rollout: { requests: 412, failed: 2, longest_gap_ms: 96 },
  ended_at: '2026-11-21T04:01:00.000Z',
});
export const releases = [
  releaseSample({ id: 'r3', number: 3, live: true }),
  releaseSample({ id: 'r2', number: 2 }),
  releaseSample({ id: 'r1', number: 1, status: 'failed' }),
];
const application: ApplicationView = {
  id: 'a1',
  name: 'shop',
  description: 'The storefront',
  created_by: 'mira',
  created_at: AT,
  updated_at: AT,
  environments: [
    {
      environment: 'development',
      namespace: 'development',
      url: stable.url,
      live_release_id: 'r3',
      live_image: stable.image,
      live_commit: stable.commit,
      last_deployment: {
        id: stable.id,
        state: 'stable',
        state_reason: stable.state_reason,
        failure: null,
        created_by: 'mira',
        created_at: AT,
        ended_at: AT,
      },
    },
    {
      environment: 'staging',
      namespace: 'staging',
      url: null,
      live_release_id: null,
      live_image: null,
      live_commit: null,
      last_deployment: null,
    },
  ],
};
export const activity: ActivityItem = {
  id: 'i1',
  event_id: 'e1',
  timestamp: AT,
  user_id: 'mira',
  service: 'deployer',
  endpoint: 'POST /api/v1/deployments',
  action_type: 'deployment.create',
  target_type: 'deployment',
  target: stable.id,
  outcome: 'succeeded',
  request_data: { application: 'shop' },
  response_summary: '202',
  ip_address: '127.0.0.1',
  user_agent: 'test',
  trace_id: null,
  duration_ms: 12,
};
const audit: AuditItem = {
  ...activity,
  seq: 41,
  token_id: 't1',
  target_type: 'application',
  target: 'shop',
  action_type: 'application.update',
  before: { description: 'old words' },
  after: { description: 'new words' },
  previous_hash: 'aa'.repeat(32),
  hash: 'bb'.repeat(32),
};
const token: TokenView = {
  id: 't1',
  name: 'ci',
  prefix: 'dpl_ab',
  user_id: 'u1',
  username: 'admin',
  scopes: ['deployment:create'],
  created_at: AT,
  expires_at: '2020-01-01T00:00:00.000Z',
  last_used_at: null,
};
const secret: SecretView = {
  id: 's1',
  name: 'database',
  type: 'opaque',
  environment: null,
  keys: ['DATABASE_URL'],
  version: 3,
  created_by: 'mira',
  created_at: AT,
  updated_at: AT,
};
const registry: RegistryView = {
  id: 'g1',
  name: 'embedded',
  url: 'http://127.0.0.1:5000',
  username: null,
  is_default: true,
  embedded: true,
  created_at: AT,
};
const services: ServiceView[] = [
  { name: 'deployer', url: 'http://127.0.0.1:1', state: 'up', detail: 'ready', latency_ms: 2, checked_at: AT },
  {
    name: 'history',
    url: 'http://127.0.0.1:1',
    state: 'down',
    detail: 'no answer',
    latency_ms: null,
    checked_at: null,
  },
];
const pods: PodView[] = [
  {
    name: 'shop-1',
    phase: 'Running',
    ready: true,
    restarts: 0,
    reason: null,
    image_digest: stable.image_digest,
    release_id: 'r3',
    current: true,
    node: 'local',
    runtime: 'process',
    started_at: AT,
  },
];
const verified: VerifyView = { valid: false, checked: 40, first_broken: { seq: 41, event_id: 'e1', kind: 'changed' } };
const page = (...items: unknown[]) => ({ items, next_cursor: null });
const line = (id: number, text: string) =>
  `id: ${id}\nevent: line\ndata: ${JSON.stringify({ ts: AT, stage: 'building', stream: 'stdout', text })}\n\n`;

const ANSWERS: Readonly<Record<string, unknown>> = {
  ...BUILD_ANSWERS,
  ...INFRA_ANSWERS,
  'GET /api/v1/auth/me': me,
  'POST /api/v1/auth/login': { access_token: 'x', expires_at: AT, csrf_token: 'csrf', user },
  'GET /api/v1/applications': page(application),
  'GET /api/v1/applications/shop': application,
  'GET /api/v1/applications/shop/releases': page(...releases),
  'GET /api/v1/environments': page({
    id: 'v1',
    name: 'development',
    namespace: 'development',
    monitor_seconds: 10,
    release_retention: { keep: null, days: null },
    created_at: AT,
  }),
  'PATCH /api/v1/environments/development': {},
  'PUT /api/v1/applications/shop/releases/r2/bad': {},
  'GET /api/v1/deployments': page(stable),
  'POST /api/v1/deployments': stable,
  'POST /api/v1/deployments/sample': stable,
  'GET /api/v1/deployments/engines': [
    { port: 'builder', picked: 'host', why: 'no Docker Engine answers', simulated: false },
    { port: 'runtime', picked: 'simulated', why: 'asked for', simulated: true },
  ],
  [`GET /api/v1/deployments/${stable.id}`]: stable,
  [`GET /api/v1/deployments/${stable.id}/pods`]: page(...pods),
  [`GET /api/v1/deployments/${stable.id}/events`]: 'event: end\ndata: {"state":"stable"}\n\n',
  [`GET /api/v1/deployments/${stable.id}/logs`]: `${line(1, 'step one')}${line(2, '\u001b[31merror two\u001b[0m')}event: end\ndata: {}\n\n`,
  [`POST /api/v1/deployments/${stable.id}/rollback`]: stable,
  'GET /api/v1/activity': page(activity),
  'GET /api/v1/activity/stream': `id: 9\nevent: activity\ndata: ${JSON.stringify({ ...activity, id: 'i2', action_type: 'deployment.stable' })}\n\nevent: end\ndata: {}\n\n`,
  'GET /api/v1/history': page(audit),
  'GET /api/v1/history/verify': verified,
  'GET /api/v1/services': page(...services),
  'GET /api/v1/tokens': page(token),
  'POST /api/v1/tokens': { ...token, token: 'dpl_shown_once' },
  'GET /api/v1/secrets': page(secret),
  'POST /api/v1/secrets': secret,
  'PATCH /api/v1/secrets/s1': secret,
  'GET /api/v1/registries': page(registry, { ...registry, id: 'g2', name: 'hub', is_default: false, embedded: false }),
  'POST /api/v1/registries': registry,
  'PATCH /api/v1/registries/g2': registry,
  'GET /api/v1/users': page(user, { ...user, id: 'u2', username: 'mira', disabled: true, last_login_at: null }),
  'POST /api/v1/users': user,
  'PATCH /api/v1/users/u2': user,
  'GET /api/v1/roles': page(
    { name: 'viewer', description: 'Sees', permissions: ['application:read'] },
    { name: 'developer', description: 'Deploys', permissions: ['deployment:create'] },
    { name: 'admin', description: 'All', permissions: ['*'] },
  ),
};

export interface SentRequest {
  readonly call: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export class FakePlatform {
  readonly sent: SentRequest[] = [];
  readonly #changed = new Map<string, unknown>();
  readonly #real = globalThis.fetch;

  start(): void {
    globalThis.fetch = (path, init) => Promise.resolve(this.#answer(path as string, init));
  }
  stop(): void {
    globalThis.fetch = this.#real;
  }
  /** From now on this call is answered so: a body, or a whole Response. */
  answer(call: string, answer: unknown): void {
    this.#changed.set(call, answer);
  }
  calls(call: string): SentRequest[] {
    return this.sent.filter((each) => each.call === call);
  }

  #answer(path: string, init: RequestInit | undefined): Response {
    const url = new URL(path, 'http://console');
    const call = `${init?.method ?? 'GET'} ${url.pathname}`;
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
    this.sent.push({ call, query: url.searchParams, body });
    const answer = this.#changed.get(call) ?? ANSWERS[call];
    if (answer instanceof Response) return answer.clone();
    if (answer === undefined)
      return init?.method === 'DELETE' ? new Response(null, { status: 204 }) : refusal(404, call);
    return typeof answer === 'string' ? new Response(answer) : Response.json(answer);
  }
}

export const refusal = (status: number, detail: string): Response =>
  Response.json(
    { type: '', title: 'refused', status, detail, code: 'refused', request_id: 'req-1', errors: [] },
    { status },
  );
