/* global setInterval, clearInterval */
/**
 * The platform's API with canned data that ticks, for work on the console alone: `vite --mode fixture`.
 *
 * Signs in anybody but the password `wrong` (401) and the user `locked` (429). A new deployment runs through its stages
 * in about twenty seconds; application `crashy` fails in deploying and rolls back. `?` addresses with `q=none` are empty.
 */
import { awsRoutes } from './fixture-aws.mjs';
import { buildRoutes } from './fixture-builds.mjs';
import { accounts, makeWorld } from './fixture-data.mjs';
import { cloudRoutes } from './fixture-cloud.mjs';
import { json, list, matching, problem, removal, stream } from './fixture-http.mjs';
import { imageRoutes } from './fixture-images.mjs';
import { projectRoutes } from './fixture-projects.mjs';
import { queueRoutes } from './fixture-queue.mjs';

export function fixtureServer() {
  const world = makeWorld();
  const mount = (server) => {
    server.middlewares.use((request, response, next) => {
      const url = new URL(request.url ?? '/', 'http://fixture');
      if (!url.pathname.startsWith('/api/')) return next();
      answer(world, request, response, url).catch((error) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    });
  };
  return { name: 'fixture-server', configureServer: mount, configurePreviewServer: mount };
}

async function answer(world, request, response, url) {
  const path = url.pathname.replace('/api/v1', '');
  const { method = 'GET' } = request;
  const body = method === 'GET' ? {} : await readJson(request);
  if (path === '/auth/login') return login(world, response, body);
  if (!/session=on/.test(request.headers.cookie ?? '')) {
    return problem(response, 401, 'unauthenticated', 'Sign in first.');
  }
  if (method !== 'GET' && request.headers['x-csrf-token'] !== 'csrf') {
    return problem(response, 403, 'csrf_token_missing', 'The CSRF token does not match the session.');
  }
  for (const [verb, pattern, handle] of allRoutes) {
    const match = verb === method ? pattern.exec(path) : null;
    if (match) return handle({ world, response, url, body, id: match[1] && decodeURIComponent(match[1]), request });
  }
  return problem(response, 404, 'not_found', `There is nothing at ${url.pathname}.`);
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : JSON.parse(text);
}

function login(world, response, body) {
  if (body.username === 'locked') {
    return problem(response, 429, 'locked_out', 'Too many failed attempts.', [], { 'retry-after': '240' });
  }
  if (body.password === 'wrong') {
    return problem(response, 401, 'bad_credentials', 'The user name or the password is not right.');
  }
  return json(
    response,
    200,
    { access_token: 't', expires_at: new Date().toISOString(), csrf_token: 'csrf', user: accounts.me.user },
    { 'set-cookie': 'session=on; Path=/; SameSite=Strict' },
  );
}

const deploymentOf = ({ world, id }) => world.deployments.find((each) => each.id === id);

function withDeployment(handle) {
  return (context) => {
    const deployment = deploymentOf(context);
    if (!deployment) return problem(context.response, 404, 'deployment_not_found', 'There is no such deployment.');
    return handle({ ...context, deployment });
  };
}

function createDeployment({ world, response, body }) {
  if (body.source?.repo_url?.includes('--upload-pack')) {
    return problem(response, 400, 'invalid_request', 'The request is not valid.', [
      {
        field: 'source.repo_url',
        message: 'looks like an option, not an address',
        mend: 'give the address as https://host/path.git',
      },
      { field: 'workload.env.1X', message: 'is no name of a variable', mend: 'start it with a letter' },
    ]);
  }
  return json(response, 202, world.start(body));
}

function follow(kind) {
  return withDeployment(({ world, request, response, deployment }) => {
    const { last, send } = stream(request, response);
    let next = last;
    const pump = () => {
      const rows = world.rowsOf(deployment.id, kind);
      for (; next < rows.length; next += 1) {
        send(rows[next].event, rows[next].data, next + 1);
        if (rows[next].event === 'end') {
          clearInterval(timer);
          response.end();
          return;
        }
      }
    };
    const timer = setInterval(pump, 60);
    request.on('close', () => clearInterval(timer));
    pump();
  });
}

function activityStream({ world, request, response }) {
  const { send } = stream(request, response);
  let number = 0;
  const timer = setInterval(() => send('activity', world.newActivity(), (number += 1)), 4000);
  request.on('close', () => clearInterval(timer));
}

const routes = [
  ['GET', /^\/auth\/me$/, ({ response }) => json(response, 200, accounts.me)],
  [
    'POST',
    /^\/auth\/logout$/,
    ({ response }) => json(response, 200, {}, { 'set-cookie': 'session=; Path=/; Max-Age=0' }),
  ],
  ['GET', /^\/applications$/, list(({ world, url }) => world.applicationsLike(url.searchParams.get('q') ?? ''))],
  [
    'GET',
    /^\/applications\/([^/]+)$/,
    ({ world, response, id }) => {
      const found = world.applicationsLike('').find((each) => each.name === id);
      return found
        ? json(response, 200, found)
        : problem(response, 404, 'application_not_found', 'No such application.');
    },
  ],
  [
    'GET',
    /^\/applications\/([^/]+)\/releases$/,
    list(({ world, id, url }) =>
      matching(
        world.releases.filter((release) => release.application === id),
        url.searchParams,
        ['environment'],
      ),
    ),
  ],
  ['GET', /^\/environments$/, list(({ world }) => world.environments)],
  ['GET', /^\/deployments\/engines$/, ({ world, response }) => json(response, 200, { items: world.engines })],
  [
    'GET',
    /^\/deployments$/,
    list(({ world, url }) =>
      matching(world.deployments, url.searchParams, ['application', 'environment', 'state']).filter(
        (each) => url.searchParams.get('active') !== 'true' || each.ended_at === null,
      ),
    ),
  ],
  ['POST', /^\/deployments$/, createDeployment],
  ['POST', /^\/deployments\/sample$/, ({ world, response }) => json(response, 202, world.start(world.sample))],
  ['GET', /^\/deployments\/([^/]+)\/events$/, follow('events')],
  ['GET', /^\/deployments\/([^/]+)\/logs$/, follow('logs')],
  [
    'GET',
    /^\/deployments\/([^/]+)\/pods$/,
    withDeployment(({ world, response, deployment }) => json(response, 200, { pods: world.podsOf(deployment.id) })),
  ],
  [
    'POST',
    /^\/deployments\/([^/]+)\/cancel$/,
    withDeployment(({ response, deployment }) => {
      deployment.cancel_requested = true;
      json(response, 202, deployment);
    }),
  ],
  [
    'POST',
    /^\/deployments\/([^/]+)\/rollback$/,
    withDeployment(({ world, response, deployment, body }) =>
      json(
        response,
        202,
        world.start({
          application: deployment.application,
          environment: deployment.environment,
          source: deployment.source,
          rollback_of: body.release_id,
        }),
      ),
    ),
  ],
  ['GET', /^\/deployments\/([^/]+)$/, withDeployment(({ response, deployment }) => json(response, 200, deployment))],
  ['GET', /^\/activity\/stream$/, activityStream],
  [
    'GET',
    /^\/activity$/,
    list(({ world, url }) =>
      matching(world.activity, url.searchParams, ['user_id', 'service', 'outcome', 'action_type']),
    ),
  ],
  [
    'GET',
    /^\/history\/verify$/,
    ({ world, response }) => {
      world.verified += 1;
      const valid = world.verified % 2 === 1;
      json(response, 200, {
        valid,
        checked: valid ? 18_204 : 412,
        first_broken: valid ? null : { seq: 413, event_id: 'ev-413', kind: 'changed' },
      });
    },
  ],
  [
    'GET',
    /^\/history$/,
    list(({ world, url }) => matching(world.audit, url.searchParams, ['user_id', 'service', 'outcome', 'action_type'])),
  ],
  ['GET', /^\/services$/, ({ world, response }) => json(response, 200, { items: world.services() })],
  ['GET', /^\/tokens$/, list(({ world }) => world.tokens)],
  [
    'POST',
    /^\/tokens$/,
    ({ world, response, body }) => json(response, 201, { ...world.addToken(body), token: `dpl_${'k3'.repeat(20)}` }),
  ],
  ['DELETE', /^\/(?:tokens|secrets|registries)\/([^/]+)$/, removal],
  ['GET', /^\/users$/, list(() => accounts.users)],
  ['POST', /^\/users$/, ({ response }) => json(response, 201, accounts.users[0])],
  ['PATCH', /^\/users\/([^/]+)$/, ({ response }) => json(response, 200, accounts.users[0])],
  ['GET', /^\/roles$/, list(() => accounts.roles)],
  ['GET', /^\/registries$/, list(({ world }) => world.registries)],
  ['POST', /^\/registries$/, ({ world, response }) => json(response, 201, world.registries[0])],
  ['PATCH', /^\/registries\/([^/]+)$/, ({ world, response }) => json(response, 200, world.registries[0])],
  ['GET', /^\/secrets$/, list(({ world }) => world.secrets)],
  ['POST', /^\/secrets$/, ({ world, response }) => json(response, 201, world.secrets[0])],
  ['PATCH', /^\/secrets\/([^/]+)$/, ({ world, response }) => json(response, 200, world.secrets[0])],
];
const allRoutes = [
  ...routes,
  ...projectRoutes,
  ...queueRoutes,
  ...buildRoutes,
  ...cloudRoutes,
  ...imageRoutes,
  ...awsRoutes,
];
