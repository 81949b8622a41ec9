import { StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { expect, test } from 'vitest';
import { parseBuildspec } from '../buildspec/parse-buildspec.js';
import { planBatch, type PlannedBuild } from './batch-plan.js';

function planned(batch: string, body: object = {}): PlannedBuild[] {
  const text = `version: 0.2\nphases:\n  build:\n    commands: [make]\nbatch:\n${batch.replace(/^/gm, '  ')}`;
  const { buildspec, problems } = parseBuildspec(text);
  expect(problems).toEqual([]);
  if (!buildspec?.batch) throw new Error('no batch');
  return planBatch(buildspec.batch, StartBuildBody.parse(body), 'LINUX_CONTAINER');
}

test('a list is its tasks, each with what it says for itself over what is asked of all', () => {
  const builds = planned(
    `build-list:
  - identifier: unit
    env:
      compute-type: BUILD_GENERAL1_LARGE
      image: node:24
      privileged-mode: yes
      variables: {LEVEL: debug, SUITE: unit}
  - buildspec: lint.yml
    ignore-failure: true`,
    {
      image: 'node:22',
      source_version: 'main',
      variables: [
        { name: 'LEVEL', value: 'info' },
        { name: 'X', value: '1' },
      ],
    },
  );
  expect(builds).toMatchObject([
    {
      identifier: 'unit',
      dependsOn: [],
      ignoreFailure: false,
      endsBatch: false,
      body: {
        source_version: 'main',
        image: 'node:24',
        compute: 'BUILD_GENERAL1_LARGE',
        privileged: true,
        variables: [
          { name: 'X', value: '1' },
          { name: 'LEVEL', value: 'debug', type: 'PLAINTEXT' },
          { name: 'SUITE', value: 'unit' },
        ],
      },
    },
    {
      identifier: 'build_2',
      ignoreFailure: true,
      body: { image: 'node:22', buildspec: 'lint.yml', variables: [{ name: 'LEVEL', value: 'info' }, { name: 'X' }] },
    },
  ]);
  expect(builds[0]?.body.buildspec).toBeUndefined();
});

test('a matrix is each value with each, and what is static in all of them', () => {
  const builds = planned(`build-matrix:
  static:
    ignore-failure: true
    env:
      privileged-mode: true
      variables: {CI: yes}
  dynamic:
    env:
      image: [node:22, node:24]
      variables:
        DB: [mysql, sqlite, none]`);
  expect(
    builds.map(({ body }) => [body.image, ...body.variables.map(({ name, value }) => `${name}=${value}`)].join(' ')),
  ).toEqual([
    'node:22 CI=yes DB=mysql',
    'node:22 CI=yes DB=sqlite',
    'node:22 CI=yes DB=none',
    'node:24 CI=yes DB=mysql',
    'node:24 CI=yes DB=sqlite',
    'node:24 CI=yes DB=none',
  ]);
  expect(builds.every(({ body, ignoreFailure }) => body.privileged === true && ignoreFailure)).toBe(true);
  expect(new Set(builds.map(({ identifier }) => identifier)).size).toBe(6);
});

test('a graph keeps who waits for whom, and a failure that is ignored does not end the batch', () => {
  expect(
    planned(`fast-fail: true
build-graph:
  - identifier: publish
    depend-on: [test, lint]
  - identifier: test
  - identifier: lint
    ignore-failure: true`),
  ).toMatchObject([
    { identifier: 'publish', dependsOn: ['test', 'lint'], endsBatch: true },
    { identifier: 'test', dependsOn: [], endsBatch: true },
    { identifier: 'lint', ignoreFailure: true, endsBatch: false },
  ]);
});

const tenOf = (name: string): string => `        ${name}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]`;
test.each([
  ['a fanout', 'build-fanout:\n  parallelism: 3', /program of CodeBuild/],
  ['no task', 'build-list: []', /names no build/],
  ['a matrix of nothing', 'build-matrix:\n  dynamic:\n    env:\n      image: []', /names no build/],
  [
    'more than memory holds',
    `build-matrix:\n  dynamic:\n    env:\n      variables:\n${[...'ABCDEFGHIJKL'].map(tenOf).join('\n')}`,
    /1000000000000 builds/,
  ],
  ['another machine', 'build-list:\n  - env: {type: ARM_CONTAINER}', /build-list\[0\]\.env\.type is ARM_CONTAINER/],
  ['a fleet', 'build-list:\n  - env: {fleet: mine}', /fleet/],
  ['an unknown size', 'build-list:\n  - identifier: a\n  - env: {compute-type: HUGE}', /build-list\[1\]: compute/],
  ['a name no variable can have', 'build-list:\n  - env: {variables: {9A: b}}', /build-list\[0\]: variables/],
])('%s is refused, with the place', (_what, batch, says) => {
  expect(() => planned(batch)).toThrow(says);
});
