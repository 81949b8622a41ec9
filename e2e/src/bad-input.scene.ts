/** Bad input answers with a problem that names the field or the step and the mend, leaves nothing half done, and is on the log. */
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GitHost, nodeApplication } from './git-host.js';
import type { PlatformApi } from './platform-api.js';
import { eventually, StartedPlatform } from './started-platform.js';

let platform: StartedPlatform;
let git: GitHost;
let api: PlatformApi;
beforeAll(async () => {
  [platform, git] = await Promise.all([StartedPlatform.start(), GitHost.start()]);
  api = await platform.signIn();
});
afterAll(async () => {
  await platform?.remove();
  await git?.stop();
});

const image = { type: 'image', image: 'registry.example/x' };
const repo = (repo_url: string, more: object = {}) => ({ type: 'git', repo_url, ...more });

test.each<[string, unknown, number, string]>([
  ['an unknown field', { application: 'a', source: image, replica: 2 }, 400, 'replica'],
  ['a wrong type', { application: 'a', source: image, workload: { replicas: 'two' } }, 400, 'workload.replicas'],
  ['a bad name', { application: 'My Shop', source: image }, 400, 'application'],
  ['no source', { application: 'a' }, 400, 'source'],
  [
    'a ref that is an option',
    { application: 'a', source: repo('https://x.example/r', { ref: '--upload-pack=id' }) },
    400,
    'source.ref',
  ],
  ['a URL that is an option', { application: 'a', source: repo('--upload-pack=id') }, 400, 'source.repo_url'],
  ['a URL that runs a program', { application: 'a', source: repo('ext::sh -c id') }, 400, 'source.repo_url'],
])('%s', async (_what, body, status, field) => {
  const answer = await api.send('POST', '/api/v1/deployments', body);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  const errors = (answer.body as { errors: { field: string; mend: string }[] }).errors;
  expect(errors.map((error) => error.field)).toContain(field);
  expect(errors.every(({ mend }) => mend.length > 5)).toBe(true);
});

test('a huge body and one that is not JSON', async () => {
  const huge = await api.send('POST', '/api/v1/deployments', { application: 'x'.repeat(30_000_000) });
  expect(huge).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
  expect(await api.send('POST', '/api/v1/deployments', '{"a":')).toMatchObject({
    status: 400,
    body: { code: 'malformed_json' },
  });
});

test.each<[string, (git: GitHost) => Promise<Record<string, unknown>>, RegExp]>([
  [
    'an address where no Git answers',
    async () => repo('http://127.0.0.1:9/nothing'),
    /127\.0\.0\.1:9|connect|reach|answer/i,
  ],
  ['a repository that is not there', async (host) => repo(host.urlOf('missing')), /missing|not found|repository/i],
  [
    'a branch that is not there',
    async (host) => {
      await host.commit('branches', nodeApplication('x'));
      return repo(host.urlOf('branches'), { ref: 'nowhere' });
    },
    /nowhere/,
  ],
  [
    'a context that leaves the repository',
    async (host) => {
      await host.commit('escaping', nodeApplication('x'));
      return repo(host.urlOf('escaping'), { context: '../..' });
    },
    /context/,
  ],
  [
    'a Dockerfile that is not there',
    async (host) => {
      await host.commit('plain', { 'notes.txt': 'nothing to run' });
      return repo(host.urlOf('plain'));
    },
    /Dockerfile/,
  ],
  [
    'a Dockerfile that fails',
    async (host) => {
      await host.commit('failing', {
        Dockerfile: 'FROM node:24-slim\nRUN echo about to fail && exit 7\nCMD ["node"]\n',
      });
      return repo(host.urlOf('failing'));
    },
    /7|RUN/,
  ],
])('%s ends rolled back with nothing changed, and the reason says what to mend', async (what, sourceOf, said) => {
  const application = `bad-${what.replaceAll(/[^a-z]+/gi, '-').toLowerCase()}`.slice(0, 40).replace(/-$/, '');
  const answer = await api.send('POST', '/api/v1/deployments', { application, source: await sourceOf(git) });
  if (answer.status === 400) {
    expect(JSON.stringify(answer.body)).toMatch(said); // refused before anything began is as good
    return;
  }
  const ended = await api.ended((answer.body as { id: string }).id);
  expect(ended.state).toBe('rolled_back');
  expect(`${ended.state_reason} ${ended.verdict?.reason ?? ''} ${ended.verdict?.suggestion ?? ''}`).toMatch(said);
  const cluster = await request(`${platform.clusterUrl}/apis/apps/v1/deployments`);
  const { items } = (await cluster.body.json()) as { items: { metadata: { name: string } }[] };
  expect(items.map(({ metadata }) => metadata.name)).not.toContain(application);
});

test('each refusal is on the log', async () => {
  const refused = await eventually('the refusals on the log', async () => {
    const items = await api.all('/api/v1/activity?outcome=failed&action_type=deployment.create');
    return items.length >= 8 && items;
  });
  expect(refused.every(({ endpoint }) => endpoint === 'POST /api/v1/deployments')).toBe(true);
});
