import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { askDocker } from './docker-engine.js';
import { engineLine, pickEngines } from './engines.js';
import { loadSettings } from './settings.js';

async function engineThat(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('an engine that answers is used', async () => {
  const host = await engineThat((request, response) =>
    response.writeHead(request.url === '/version' ? 200 : 404).end('{"Version":"20.10"}'),
  );
  expect(await askDocker({ DOCKER_HOST: host })).toEqual({
    host,
    usable: true,
    why: `a Docker Engine answers at ${host}`,
  });
});

test.each([
  ['unix:///nowhere/docker.sock', /no Docker Engine answers .*ENOENT/],
  ['tcp://127.0.0.1:1', /ECONNREFUSED/],
])('no engine at %s, with the reason', async (host, why) => {
  expect(await askDocker({ DOCKER_HOST: host })).toMatchObject({
    usable: false,
    why: expect.stringMatching(why) as string,
  });
});

test('something else at the address is no engine', async () => {
  const host = await engineThat((_request, response) => response.writeHead(500).end());
  expect(await askDocker({ DOCKER_HOST: host })).toMatchObject({
    usable: false,
    why: expect.stringContaining('HTTP 500') as string,
  });
});

test('each port has one line with what was picked and why; a simulated runtime is marked', () => {
  const docker = { host: 'unix:///x', usable: false, why: 'no Docker Engine answers' };
  const localCluster = { url: 'http://127.0.0.1:6443', engines: { runtime: 'simulated', why: 'asked for' } };
  const views = pickEngines(loadSettings({}), docker, { registry: { host: '127.0.0.1:5' }, localCluster }, {});
  expect(views.map(({ port }) => port)).toEqual(['builder', 'registry', 'cluster', 'runtime', 'database', 'aws']);
  expect(views.filter(({ simulated }) => simulated).map(({ port }) => port)).toEqual(['runtime']);
  expect(engineLine(views[0]!)).toMatch(/^builder {3}host \(no Docker Engine answers; .*without isolation\)$/);
});

test('with a cluster and a database of one’s own the lines name them, and no password', () => {
  const settings = loadSettings({ KUBECONFIG: '/kube', DATABASE_URL: 'mysql://root:hush@db:3306' });
  const docker = { host: 'unix:///x', usable: true, why: 'answers' };
  const env = { AWS_ACCESS_KEY_ID: 'AKIAHUSH', AWS_SECRET_ACCESS_KEY: 'hush', AWS_PROFILE: '' };
  const lines = pickEngines(settings, docker, { registry: { host: 'r' } }, env).map(engineLine);
  expect(lines).toContain('cluster   kubernetes (KUBECONFIG is /kube)');
  expect(lines).toContain('database  mysql (DATABASE_URL names db:3306)');
  expect(lines).toContain('aws       codebuild (AWS_ACCESS_KEY_ID is set)');
  expect(lines.join()).not.toMatch(/hush/i);
});
