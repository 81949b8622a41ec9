/* global setInterval, clearInterval */
/**
 * The canned world of the fixture server. Times are made anew at start, so that nothing looks a year old.
 * Long because it is data: splitting a made-up shop over files would only hide it.
 */
import { randomUUID } from 'node:crypto';

const hex = (length) => Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');
const id = () => randomUUID();
const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const digest = () => `sha256:${hex(64)}`;

export const pagesOf = (items, params) => {
  const limit = Number(params.get('limit') ?? 50);
  const from = Number(params.get('cursor') ?? 0);
  const page = items.slice(from, from + limit);
  return { items: page, next_cursor: from + limit < items.length ? String(from + limit) : null };
};

const user = (username, display_name, roles, extra = {}) => ({
  id: id(),
  username,
  display_name,
  roles,
  disabled: false,
  created_at: before(86_400 * 40),
  last_login_at: before(3600),
  ...extra,
});
const users = [
  user('admin', null, ['admin']),
  user('mira', 'Mira Okafor', ['developer']),
  user('jonas', 'Jonas Weiss', ['devops']),
  user('old.account', 'Former colleague', ['viewer'], { disabled: true, last_login_at: null }),
];
const permissions = ['application:read', 'deployment:create', 'deployment:read', 'deployment:rollback', 'secret:read'];
export const accounts = {
  users,
  me: { user: users[0], permissions: ['*'], csrf_token: 'csrf' },
  roles: [
    {
      name: 'viewer',
      description: 'Sees applications, deployments and the health of services',
      permissions: permissions.slice(0, 3),
    },
    { name: 'developer', description: 'Deploys, cancels and rolls back; keeps secrets of applications', permissions },
    {
      name: 'devops',
      description: 'Also runs environments, registries, builds and AWS operations; reads the audit history',
      permissions,
    },
    { name: 'admin', description: 'Everything, users and roles included', permissions: ['*'] },
  ],
};

const workload = (replicas = 1) => ({
  kind: 'Deployment',
  replicas,
  container_port: 8080,
  env: { LOG_LEVEL: 'info' },
  secrets: [],
  health: { path: '/health' },
  service_type: 'ClusterIP',
});
const git = (repo, ref = 'main') => ({
  type: 'git',
  repo_url: `https://github.com/acme/${repo}.git`,
  ref,
  context: '.',
  dockerfile: 'Dockerfile',
});

const STAGES = ['validating', 'preparing', 'building', 'deploying', 'testing', 'monitoring'];
const stagesDone = (startedAgo, spans, failedAt = null, back = false) => {
  let at = startedAgo;
  const stages = [];
  for (const [index, name] of STAGES.entries()) {
    const span = spans[index] ?? 1;
    const failed = name === failedAt;
    stages.push({
      name,
      outcome: failed ? 'failed' : 'succeeded',
      started_at: before(at),
      ended_at: before(at - span),
    });
    at -= span;
    if (failed) break;
  }
  if (back)
    stages.push({ name: 'rolling_back', outcome: 'succeeded', started_at: before(at), ended_at: before(at - 4) });
  return stages;
};

const crashVerdict = {
  code: 'crash_loop',
  fault: 'release',
  object: 'Pod shop-7d9f8c6b5-x2k4q',
  container: 'web',
  reason: 'Container web exits with code 1 two seconds after it starts: DATABASE_URL is not set.',
  evidence: {
    exit_code: 1,
    log_lines: [
      '> shop@2.4.0 start',
      '> node server.js',
      '',
      'Error: DATABASE_URL is not set',
      '    at loadConfig (/app/config.js:14:11)',
      '    at Object.<anonymous> (/app/server.js:3:16)',
      '    at Module._compile (node:internal/modules/cjs/loader:1554:14)',
    ],
    events: ['BackOff: restarting failed container web in pod shop-7d9f8c6b5-x2k4q'],
  },
  suggestion: 'Set DATABASE_URL in the environment variables or in a secret of this application, then deploy again.',
};

function view(application, environment, state, extra = {}) {
  const commit = hex(40);
  return {
    id: id(),
    application,
    environment,
    namespace: environment,
    state,
    state_reason: 'every ready endpoint runs the built digest',
    failed_state: null,
    release_id: id(),
    rollback_of: null,
    source: git(application),
    commit,
    builder: 'docker',
    image: `127.0.0.1:41873/${application}:${commit.slice(0, 12)}`,
    image_digest: digest(),
    base_substituted: null,
    build_id: null,
    gates: [],
    url: 'http://127.0.0.1:34129',
    strategy: { type: 'rolling' },
    workload: workload(2),
    verdict: null,
    rollout: { requests: 412, failed: 0, longest_gap_ms: 124 },
    stages: stagesDone(3600, [0.8, 2.1, 38, 9.4, 1.2, 10]),
    cancel_requested: false,
    created_by: 'mira',
    created_at: before(3600),
    updated_at: before(3540),
    ended_at: before(3538),
    ...extra,
  };
}

export function makeWorld() {
  const deployments = [
    view('shop', 'production', 'stable', { created_at: before(5400), ended_at: before(5080) }),
    view('shop', 'development', 'rolled_back', {
      state_reason: 'release 14 runs again; container web of the new release exited with code 1',
      failed_state: 'deployment_failed',
      verdict: crashVerdict,
      rollout: { requests: 268, failed: 0, longest_gap_ms: 96 },
      stages: stagesDone(900, [0.6, 1.9, 31, 14], 'deploying', true),
      created_at: before(900),
      updated_at: before(850),
      ended_at: before(848),
    }),
    view('billing-worker', 'development', 'build_failed', {
      state: 'rolled_back',
      state_reason: 'step 4 of the Dockerfile failed: npm ci exited with code 1; nothing was changed',
      failed_state: 'build_failed',
      url: null,
      image: null,
      image_digest: null,
      release_id: null,
      rollout: { requests: 0, failed: 0, longest_gap_ms: 0 },
      stages: stagesDone(7200, [0.7, 1.1, 22], 'building', true),
      created_at: before(7200),
      ended_at: before(7170),
      created_by: 'jonas',
    }),
    view('docs', 'staging', 'stable', {
      source: { type: 'snippet', language: 'static', code: '<h1>Docs</h1>' },
      commit: null,
      builder: 'host',
      base_substituted: 'nginx:1.27-alpine',
      created_at: before(86_400 * 2),
      ended_at: before(86_400 * 2 - 40),
    }),
    view('api-gateway-with-a-rather-long-name', 'production', 'superseded', {
      state_reason: 'a newer deployment of the same application and environment took its place',
      source: { type: 'image', image: 'ghcr.io/acme/platform/api-gateway:4.19.2' },
      commit: null,
      created_at: before(86_400 * 6),
      ended_at: before(86_400 * 6 - 12),
    }),
    ...Array.from({ length: 40 }, (_, index) =>
      view('shop', index % 3 === 0 ? 'staging' : 'development', 'stable', {
        created_at: before(90_000 + index * 7000),
        ended_at: before(90_000 + index * 7000 - 55),
      }),
    ),
  ];
  const rows = new Map();
  const releases = deployments
    .filter((each) => each.release_id !== null)
    .map((each, index, all) => ({
      id: each.release_id,
      application: each.application,
      environment: each.environment,
      number: all.length - index,
      deployment_id: each.id,
      source: each.source,
      commit: each.commit,
      image: each.image,
      image_digest: each.image_digest,
      base_substituted: each.base_substituted,
      manifest_hash: hex(64),
      workload: each.workload,
      strategy: each.strategy,
      status: each.failed_state === null ? 'stable' : 'failed',
      live: index === 0 || index === 5,
      created_by: each.created_by,
      created_at: each.created_at,
    }));
  const world = {
    deployments,
    releases,
    verified: 0,
    sample: { application: 'hello-node', environment: 'development', source: git('hello-node') },
    environments: ['development', 'staging', 'production'].map((name, index) => ({
      id: id(),
      name,
      namespace: name,
      monitor_seconds: [10, 60, 300][index],
      created_at: before(86_400 * 30),
    })),
    engines: [
      {
        port: 'builder',
        picked: 'host',
        why: 'no Docker Engine answers at /var/run/docker.sock; Dockerfiles run on this machine, without isolation',
        simulated: false,
      },
      {
        port: 'registry',
        picked: 'embedded at 127.0.0.1:41873',
        why: 'no other registry is the default',
        simulated: false,
      },
      { port: 'cluster', picked: 'local-cluster', why: 'KUBECONFIG is not set', simulated: false },
      {
        port: 'runtime',
        picked: 'host processes',
        why: 'images built by the host builder run as processes of this machine',
        simulated: false,
      },
      { port: 'database', picked: 'SQLite', why: 'DATABASE_URL is not set', simulated: false },
    ],
    services: () =>
      ['deployer', 'auth', 'history', 'monitor'].map((name, index) => ({
        name,
        url: 'http://127.0.0.1:8080',
        state: index === 2 ? 'degraded' : 'up',
        detail: index === 2 ? 'the outbox relay is 42 rows behind' : 'ready; database answers in 2 ms',
        latency_ms: [3, 4, 61, 2][index],
        checked_at: before(4 + index),
      })),
    tokens: [
      {
        id: id(),
        name: 'ci pipeline',
        prefix: 'dpl_8fk2',
        user_id: users[0].id,
        username: 'admin',
        scopes: null,
        created_at: before(86_400 * 20),
        expires_at: before(-86_400 * 70),
        last_used_at: before(140),
      },
      {
        id: id(),
        name: 'old laptop',
        prefix: 'dpl_01qz',
        user_id: users[1].id,
        username: 'mira',
        scopes: permissions,
        created_at: before(86_400 * 120),
        expires_at: before(86_400 * 30),
        last_used_at: null,
      },
    ],
    addToken(body) {
      const token = {
        ...this.tokens[0],
        id: id(),
        name: body.name,
        prefix: 'dpl_k3k3',
        last_used_at: null,
        created_at: before(0),
      };
      this.tokens.unshift(token);
      return token;
    },
    registries: [
      {
        id: id(),
        name: 'embedded',
        url: 'http://127.0.0.1:41873',
        username: null,
        is_default: true,
        embedded: true,
        created_at: before(86_400 * 40),
      },
      {
        id: id(),
        name: 'docker-hub',
        url: 'https://registry-1.docker.io/acme',
        username: 'acmebot',
        is_default: false,
        embedded: false,
        created_at: before(86_400 * 9),
      },
    ],
    secrets: [
      {
        id: id(),
        name: 'database',
        type: 'opaque',
        environment: 'production',
        keys: ['DATABASE_URL', 'DATABASE_PASSWORD'],
        version: 4,
        created_by: 'jonas',
        created_at: before(86_400 * 30),
        updated_at: before(86_400 * 2),
      },
      {
        id: id(),
        name: 'github',
        type: 'git_token',
        environment: null,
        keys: ['token'],
        version: 1,
        created_by: 'admin',
        created_at: before(86_400 * 30),
        updated_at: before(86_400 * 30),
      },
    ],
    applicationsLike: (q) => applicationsOf(deployments, releases).filter(({ name }) => name.includes(q)),
    rowsOf: (deployment, kind) => rowsFor(rows, deployments, deployment)[kind],
    podsOf: (deployment) => rowsFor(rows, deployments, deployment).pods(),
    start: (body) => start(rows, deployments, body),
    newActivity: () => activityOf(0, Math.floor(Math.random() * 7)),
  };
  world.activity = Array.from({ length: 120 }, (_, index) => activityOf(index * 190 + 20, index));
  world.audit = world.activity.map((item, index) => ({
    ...item,
    seq: 18_204 - index,
    token_id: null,
    before: index % 3 === 0 ? { replicas: 1, live_release: 13 } : null,
    after: index % 3 === 0 ? { replicas: 2, live_release: 14 } : null,
    previous_hash: hex(64),
    hash: hex(64),
  }));
  return world;
}

function applicationsOf(deployments, releases) {
  const names = [...new Set(deployments.map(({ application }) => application))];
  return names.map((name) => {
    const own = deployments.filter(({ application }) => application === name);
    const environments = [...new Set(own.map(({ environment }) => environment))].map((environment) => {
      const last = own.find((each) => each.environment === environment);
      const live = releases.find((each) => each.application === name && each.environment === environment);
      return {
        environment,
        namespace: environment,
        url: last.url,
        live_release_id: live?.id ?? null,
        live_image: live?.image ?? null,
        live_commit: live?.commit ?? null,
        last_deployment: {
          id: last.id,
          state: last.state,
          state_reason: last.state_reason,
          created_by: last.created_by,
          created_at: last.created_at,
          ended_at: last.ended_at,
        },
      };
    });
    return {
      id: `id-${name}`,
      name,
      description: name === 'shop' ? 'The storefront and its checkout' : '',
      created_by: 'mira',
      created_at: before(86_400 * 30),
      updated_at: before(600),
      environments,
    };
  });
}

function activityOf(secondsAgo, index) {
  const kinds = [
    ['deployment.stable', 'deployer', 'deployment', 'succeeded'],
    ['session.login', 'auth', 'user', 'succeeded'],
    ['deployment.rolled_back', 'deployer', 'deployment', 'failed'],
    ['secret.read', 'deployer', 'secret', 'denied'],
    ['deployment.create', 'deployer', 'deployment', 'succeeded'],
    ['token.create', 'auth', 'token', 'succeeded'],
    ['registry.create', 'deployer', 'registry', 'succeeded'],
  ];
  const [action_type, service, target_type, outcome] = kinds[index % kinds.length];
  return {
    id: id(),
    event_id: id(),
    timestamp: before(secondsAgo),
    user_id: ['mira', 'jonas', 'admin', 'system'][index % 4],
    service,
    endpoint: 'POST /api/v1/deployments',
    action_type,
    target_type,
    target: target_type === 'secret' || target_type === 'registry' ? 'database' : id(),
    outcome,
    request_data: { application: 'shop', environment: 'development', source: git('shop') },
    response_summary: outcome === 'denied' ? '403: role viewer may not secret:read' : '202 accepted',
    ip_address: '10.4.1.17',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142',
    trace_id: hex(32),
    duration_ms: 4 + (index % 9) * 7.3,
  };
}

/* ---- a deployment that runs ---- */

const line = (stage, text, stream = 'stdout') => ({ ts: new Date().toISOString(), stage, stream, text });
const E = '\u001b[';
const BUILD_LINES = [
  ['system', 'building with the host builder: node 24.21.0'],
  ['stdout', `${E}1mStep 1/6${E}0m FROM node:24-alpine`],
  ['stdout', `${E}1mStep 2/6${E}0m WORKDIR /app`],
  ['stdout', `${E}1mStep 3/6${E}0m COPY package.json package-lock.json ./`],
  ['stdout', `${E}1mStep 4/6${E}0m RUN npm ci`],
  ['stderr', `${E}33mnpm warn${E}0m deprecated inflight@1.0.6: this module is not supported`],
  ['stdout', `${E}32madded 214 packages${E}0m in 6s`],
  ['stdout', `${E}1mStep 5/6${E}0m COPY . .`],
  ['stdout', `${E}1mStep 6/6${E}0m CMD ["node", "server.js"]`],
  ['system', 'pushed sha256:9f2c41b7 (3 layers, 4.1 MB)'],
];

function podsFor(deployment, phase) {
  const pod = (suffix, current, extra = {}) => ({
    name: `${deployment.application}-${current ? '7d9f8c6b5' : '5c4b7d8f9'}-${suffix}`,
    phase: 'Running',
    ready: true,
    restarts: 0,
    reason: null,
    image_digest: current ? (deployment.image_digest ?? digest()) : digest(),
    release_id: deployment.release_id,
    current,
    node: 'local',
    runtime: deployment.builder === 'docker' ? 'docker' : 'process',
    started_at: before(current ? 6 : 4000),
    ...extra,
  });
  if (phase === 'old') return [pod('aa1bb', false), pod('cc2dd', false)];
  if (phase === 'starting') {
    return [pod('aa1bb', false), pod('cc2dd', false), pod('x2k4q', true, { ready: false, phase: 'Pending' })];
  }
  if (phase === 'half') return [pod('aa1bb', false), pod('x2k4q', true), pod('m8t5w', true, { ready: false })];
  if (phase === 'crash') {
    return [
      pod('aa1bb', false),
      pod('cc2dd', false),
      pod('x2k4q', true, { ready: false, restarts: 3, reason: 'CrashLoopBackOff: exited with code 1' }),
    ];
  }
  return [pod('x2k4q', true), pod('m8t5w', true)];
}

function rowsFor(rows, deployments, deploymentId) {
  const known = rows.get(deploymentId);
  if (known) return known;
  const deployment = deployments.find((each) => each.id === deploymentId);
  const logs = BUILD_LINES.map(([stream, text]) => ({ event: 'line', data: line('building', text, stream) }));
  if (deployment.verdict) {
    for (const text of deployment.verdict.evidence.log_lines) {
      logs.push({ event: 'line', data: line('deploying', `[x2k4q] ${text}`, 'stderr') });
    }
  }
  for (let number = 1; number <= 3000 && deployment.environment === 'production'; number += 1) {
    logs.push({ event: 'line', data: line('monitoring', `GET /health 200 ${number % 9} ms request ${number}`) });
  }
  const end = { event: 'end', data: { state: deployment.state } };
  logs.push(end);
  const made = {
    events: [end],
    logs,
    pods: () => podsFor(deployment, deployment.url === null ? 'none' : 'new').slice(0, deployment.url === null ? 0 : 2),
  };
  rows.set(deploymentId, made);
  return made;
}

function start(rows, deployments, body) {
  const fails = body.application === 'crashy';
  const deployment = view(body.application, body.environment ?? 'development', 'initialized', {
    state_reason: 'waiting for a free worker',
    source: body.source,
    rollback_of: body.rollback_of ?? null,
    release_id: null,
    commit: null,
    builder: null,
    image: null,
    image_digest: null,
    url: null,
    workload: { ...workload(2), ...body.workload },
    rollout: { requests: 0, failed: 0, longest_gap_ms: 0 },
    stages: [],
    created_by: 'admin',
    created_at: before(0),
    updated_at: before(0),
    ended_at: null,
  });
  deployments.unshift(deployment);
  const made = { events: [], logs: [], phase: 'old', pods: () => podsFor(deployment, made.phase) };
  rows.set(deployment.id, made);
  const emit = (event, data) => made.events.push({ event, data });
  const log = (stage, text, stream) => made.logs.push({ event: 'line', data: line(stage, text, stream) });
  const state = (name, reason) => {
    Object.assign(deployment, { state: name, state_reason: reason, updated_at: before(0) });
    emit('state', { state: name, reason, at: deployment.updated_at });
  };
  const stage = (name, outcome = null) => {
    const now = before(0);
    const open = deployment.stages.find((each) => each.name === name);
    const next = open ? { ...open, outcome, ended_at: now } : { name, outcome, started_at: now, ended_at: null };
    deployment.stages = [...deployment.stages.filter((each) => each.name !== name), next];
    emit('stage', next);
  };
  const pods = (phase) => {
    made.phase = phase;
    emit('pods', { pods: podsFor(deployment, phase) });
  };
  const finish = (name, reason) => {
    deployment.ended_at = before(0);
    state(name, reason);
    const end = { event: 'end', data: { state: name } };
    made.events.push(end);
    made.logs.push(end);
  };
  const probe = setInterval(() => {
    if (deployment.url !== null) {
      deployment.rollout.requests += 10;
      deployment.rollout.longest_gap_ms = 118;
    }
    if (deployment.ended_at !== null) clearInterval(probe);
  }, 1000);
  const steps = [
    [300, () => (state('validating', 'checking the request and the source'), stage('validating'))],
    [
      900,
      () => (
        stage('validating', 'succeeded'),
        state('preparing', 'cloning main'),
        stage('preparing'),
        log('preparing', 'cloning into a clean directory', 'system')
      ),
    ],
    [
      1500,
      () => (
        (deployment.commit = hex(40)),
        stage('preparing', 'succeeded'),
        state('building', 'step 1 of 6'),
        stage('building')
      ),
    ],
    ...BUILD_LINES.map(([stream, text], index) => [
      500,
      () => (log('building', text, stream), state('building', `step ${Math.min(index + 1, 6)} of 6`)),
    ]),
    [
      300,
      () => (
        Object.assign(deployment, {
          builder: 'host',
          image_digest: digest(),
          image: `127.0.0.1:41873/${deployment.application}:3fa1`,
          release_id: id(),
          base_substituted: 'node:24-alpine',
        }),
        stage('building', 'succeeded'),
        state('deploying', '0 of 2 pods ready'),
        stage('deploying'),
        pods('starting'),
        (deployment.url = 'http://127.0.0.1:34129')
      ),
    ],
    ...(fails
      ? [
          [2500, () => (pods('crash'), log('deploying', 'Error: DATABASE_URL is not set', 'stderr'))],
          [
            1200,
            () => (
              (deployment.verdict = crashVerdict),
              emit('verdict', crashVerdict),
              (deployment.failed_state = 'deployment_failed'),
              stage('deploying', 'failed'),
              state('deployment_failed', 'container web exited with code 1 three times')
            ),
          ],
          [600, () => (state('rolling_back', 'putting release 14 back'), stage('rolling_back'))],
          [
            2600,
            () => (
              stage('rolling_back', 'succeeded'),
              pods('old'),
              finish('rolled_back', 'release 14 runs again; every request was answered meanwhile')
            ),
          ],
        ]
      : [
          [2500, () => (pods('half'), state('deploying', '1 of 2 pods ready'))],
          [
            2200,
            () => (pods('new'), stage('deploying', 'succeeded'), state('testing', 'GET /health'), stage('testing')),
          ],
          [1000, () => (stage('testing', 'succeeded'), state('monitoring', 'watching for 10 s'), stage('monitoring'))],
          [
            5000,
            () => (
              stage('monitoring', 'succeeded'),
              finish('stable', 'every ready endpoint runs the built digest; 0 of 112 requests failed')
            ),
          ],
        ]),
  ];
  let at = 0;
  for (const [wait, act] of steps) {
    at += wait;
    setTimeout(act, at).unref();
  }
  return deployment;
}
