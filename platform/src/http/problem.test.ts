import { expect, test } from 'vitest';
import { CreateDeploymentBody } from '../contracts/deployments.js';
import { MissionDeployBody } from '../contracts/mission.js';
import { AppError } from '../errors/app-error.js';
import { asAppError, invalidInput, problemOf } from './problem.js';

const fieldsOf = (schema: typeof CreateDeploymentBody | typeof MissionDeployBody, body: unknown) => {
  const parsed = schema.safeParse(body, { reportInput: true });
  return parsed.success ? [] : invalidInput('body', parsed.error).fields;
};

test('a wrong field deep in a union is named by its path', () => {
  const fields = fieldsOf(CreateDeploymentBody, {
    application: 'Shop!',
    source: { type: 'git', repo_url: 1, reff: 'x' },
    workload: { replicas: 'two' },
  });
  expect(fields.map(({ field }) => field).sort()).toEqual([
    'application',
    'source.reff',
    'source.repo_url',
    'workload.replicas',
  ]);
});

test('an unknown source type says which there are', () => {
  const [problem] = fieldsOf(CreateDeploymentBody, { application: 'shop', source: { type: 'ftp' } });
  expect(problem).toEqual({
    field: 'source.type',
    message: 'must be one of git, snippet, image',
    mend: 'use git or snippet or image',
  });
});

test('a value out of its bounds is told in words, not in the words of a library', () => {
  const fields = fieldsOf(CreateDeploymentBody, {
    application: 'shop',
    source: { type: 'snippet', language: 'node', code: '' },
    workload: { replicas: -1, container_port: 70_000, env: { 'A B': 'x' }, health: { path: 'x' }, secrets: ['Bad'] },
    image: { repository: 'shop', tag: 'a b' },
  });
  expect(Object.fromEntries(fields.map(({ field, message }) => [field, message]))).toMatchObject({
    'source.code': 'must not be empty',
    'workload.replicas': 'must be at least 0',
    'workload.container_port': 'must be at most 65535',
    'workload.env.A B':
      'its name must be letters, digits, dots, hyphens and underscores, and begin with a letter or an underscore',
    'workload.health.path': 'must begin with /',
    'image.tag': 'must be letters, digits, dots, hyphens and underscores, at most 128',
  });
});

test('of two shapes, the nearer one is spoken of', () => {
  expect(
    fieldsOf(MissionDeployBody, { repo_url: 'https://x/y', image_name: 'Bad Name' }).map(({ field }) => field),
  ).toEqual(['image_name']);
  expect(
    fieldsOf(MissionDeployBody, { app_name: 'shop', code: 'x', k8s_kind: 'Pod' }).map(({ field }) => field),
  ).toEqual(['k8s_kind']);
});

test('what is not ours keeps its words to the log', () => {
  const error = asAppError(new Error('password=hunter2 at mysql'));
  expect(JSON.stringify(problemOf(error, 'r-1'))).not.toContain('hunter2');
  expect(problemOf(error, 'r-1')).toMatchObject({ status: 500, code: 'internal', request_id: 'r-1' });
});

test('a domain error keeps its words and fields', () => {
  const error = new AppError('conflict', 'name_taken', 'shop is taken', {
    fields: [{ field: 'name', message: 'is taken', mend: 'choose another' }],
  });
  expect(problemOf(error, 'r')).toEqual({
    type: '/problems/name_taken',
    title: 'Name taken',
    status: 409,
    detail: 'shop is taken',
    code: 'name_taken',
    request_id: 'r',
    errors: error.fields,
  });
});

test.each([
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:3306'), { code: 'ECONNREFUSED', fatal: true }),
  Object.assign(new Error('Connection lost: The server closed the connection.'), {
    code: 'PROTOCOL_CONNECTION_LOST',
    fatal: true,
  }),
  Object.assign(new Error("Can't add new command when connection is in closed state"), { fatal: true }),
])('a database that is away is no bug of ours, and may be asked again: $message', (error) => {
  const problem = asAppError(error);
  expect(problem).toMatchObject({ kind: 'unavailable', code: 'database_unavailable' });
  expect(problemOf(problem, 'id').status).toBe(503);
});

test('another server that is away is not the database', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:443'), { code: 'ECONNREFUSED' });
  expect(asAppError(error).code).toBe('internal');
});
