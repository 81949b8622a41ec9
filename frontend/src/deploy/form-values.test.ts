import { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';
import { expect, test } from 'vitest';
import { deploymentSample } from '../testing/samples.js';
import { BLANK, bodyOf, nameFromImage, nameFromRepository, valuesOf } from './form-values.js';

test('an untouched field is left out of the body, and the server takes the body', () => {
  const body = bodyOf({ ...BLANK, application: 'shop', repoUrl: ' https://github.com/acme/shop.git ' });
  expect(body.source).toEqual({ type: 'git', repo_url: 'https://github.com/acme/shop.git' });
  expect(body).not.toHaveProperty('namespace');
  expect(body).not.toHaveProperty('monitor_seconds');
  expect(CreateDeploymentBody.safeParse(body).success).toBe(true);
});

test('every field reaches the body in the shape of the wire', () => {
  const body = bodyOf({
    ...BLANK,
    application: 'shop',
    namespace: 'shop',
    repoUrl: 'https://github.com/acme/shop.git',
    ref: 'v2',
    context: 'web',
    dockerfile: 'Dockerfile.web',
    credential: 'github',
    buildArgs: [{ key: 'VERSION', value: '2' }],
    builder: 'docker',
    kind: 'ReplicaSet',
    replicas: 3,
    port: 3000,
    env: [
      { key: 'A', value: '1' },
      { key: '', value: 'dropped' },
    ],
    secrets: ['database'],
    memoryRequest: ' 64Mi ',
    healthPath: 'health',
    serviceType: 'NodePort',
    nodePort: 30080,
    routeHost: 'shop.localhost',
    routePath: 'app',
    tests: [{ path: '/health', status: 200, body: 'ok' }],
    monitorSeconds: 0,
    timeouts: { rolling_back: 120, building: '' },
  });
  expect(CreateDeploymentBody.parse(body)).toMatchObject({
    namespace: 'shop',
    monitor_seconds: 0,
    timeouts: { rolling_back: 120 },
    source: {
      ref: 'v2',
      context: 'web',
      dockerfile: 'Dockerfile.web',
      credential: 'github',
      build_args: { VERSION: '2' },
    },
    workload: {
      kind: 'ReplicaSet',
      replicas: 3,
      container_port: 3000,
      env: { A: '1' },
      secrets: ['database'],
      resources: { requests: { memory: '64Mi' } },
      health: { path: '/health' },
      service_type: 'NodePort',
      node_port: 30080,
      route: { host: 'shop.localhost', path: '/app' },
    },
    tests: [{ path: '/health', expect_status: 200, expect_body: 'ok' }],
  });
});

test('deploy again asks for the same', () => {
  const earlier = deploymentSample({
    tests: [
      { path: '/health', expect_status: 200 },
      { path: '/', expect_body: 'Welcome' },
    ],
    monitor_seconds: 45,
    timeouts: { building: 300, rolling_back: 60 },
    workload: {
      ...deploymentSample().workload,
      command: ['node'],
      args: ['server.js', ''],
      resources: { requests: { cpu: '50m' }, limits: { cpu: '1', memory: '256Mi' } },
    },
  });
  const body = bodyOf(valuesOf(earlier));
  expect(CreateDeploymentBody.parse(body)).toMatchObject({
    application: 'shop',
    namespace: earlier.namespace,
    source: earlier.source,
    workload: earlier.workload,
    tests: earlier.tests,
    monitor_seconds: 45,
    timeouts: earlier.timeouts,
  });
});

test('pasted source and images', () => {
  expect(bodyOf({ ...BLANK, application: 'a', sourceType: 'snippet', language: 'node', code: 'x' }).source).toEqual({
    type: 'snippet',
    language: 'node',
    code: 'x',
  });
  expect(bodyOf({ ...BLANK, application: 'a', sourceType: 'image', image: 'nginx:1' }).source).toEqual({
    type: 'image',
    image: 'nginx:1',
  });
});

test('an application is named after its source until it is given a name', () => {
  expect(nameFromRepository('https://github.com/acme/My_Shop.git')).toBe('my-shop');
  expect(nameFromRepository('git@host:team/api.git/')).toBe('api');
  expect(nameFromImage('host:5000/team/Shop:1.2@sha256:ab')).toBe('shop');
});
