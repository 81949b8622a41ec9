import type { BuildReportView, BuildView } from '@aws-deployer/platform/contracts/builds';
import { expect, test } from 'vitest';
import { samplePlan } from '../testing/sample-plan.js';
import { compareBuilds, type ComparedBuild } from './compare-builds.js';

const view = (more: Partial<BuildView> = {}): BuildView =>
  ({
    id: '01900000-0000-7000-8000-000000000001',
    number: 1,
    project: 'shop',
    account: 'local',
    region: 'local',
    engine: 'local',
    status: 'succeeded',
    phases: [],
    failure: null,
    resolved_commit: 'abc',
    runtime: 'host',
    image_substituted: null,
    exported_variables: {},
    reports: null,
    artifacts: 0,
    gates: [],
    ...more,
  }) as BuildView;
const plan = (more: Parameters<typeof samplePlan>[1] = {}, variables: { name: string; value: string }[] = []) =>
  samplePlan(
    {
      name: 'shop',
      source: { type: 'none' },
      buildspec: { type: 'inline', text: 'version: 0.2' },
      environment: { variables },
    },
    more,
  );
const build = (more: Partial<ComparedBuild> = {}): ComparedBuild => ({
  view: view(),
  plan: plan(),
  reports: [],
  ...more,
});
const report = (cases: Readonly<Record<string, 'passed' | 'failed' | 'errored' | 'skipped'>>): BuildReportView => ({
  name: 'unit',
  type: 'test',
  format: 'JUNITXML',
  tests: null,
  cases: Object.entries(cases).map(([name, outcome]) => ({ suite: 's', name, outcome, seconds: 1, message: null })),
  coverage: null,
  files: [],
  problems: [],
});
const phase = (name: 'BUILD' | 'INSTALL' | 'QUEUED', seconds: number | null) => ({
  name,
  status: 'succeeded' as const,
  started_at: null,
  ended_at: null,
  duration_seconds: seconds,
  message: null,
});

test('two runs of the same differ in nothing, whatever their numbers and times', () => {
  const compared = compareBuilds(
    build(),
    build({ view: view({ number: 2, created_at: '2026-11-21T08:00:00.000Z', duration_seconds: 9 }) }),
  );
  expect(compared).toMatchObject({
    differences: [],
    phases: [],
    tests: { newly_failing: [], newly_passing: [], added: 0, removed: 0 },
  });
});

test('only what differs is listed, in the order of the API', () => {
  const compared = compareBuilds(
    build({ plan: plan({ sourceVersion: 'main' }, [{ name: 'LEVEL', value: 'info' }]) }),
    build({
      plan: plan({ sourceVersion: 'next', timeoutMinutes: 5 }, [{ name: 'DEBUG', value: '1' }]),
      view: view({
        status: 'failed',
        resolved_commit: 'def',
        failure: { phase: 'BUILD', command: 'npm test', exit_code: 1, message: 'no', last_lines: [] },
        gates: [{ gate: 'tests_passed', passed: false, detail: '' }],
      }),
    }),
  );
  expect(compared.differences).toEqual([
    { field: 'status', a: 'succeeded', b: 'failed' },
    { field: 'failure.phase', a: null, b: 'BUILD' },
    { field: 'failure.command', a: null, b: 'npm test' },
    { field: 'failure.exit_code', a: null, b: 1 },
    { field: 'failure.message', a: null, b: 'no' },
    { field: 'source_version', a: 'main', b: 'next' },
    { field: 'resolved_commit', a: 'abc', b: 'def' },
    { field: 'variables.LEVEL', a: 'info', b: null },
    { field: 'timeout_minutes', a: 60, b: 5 },
    { field: 'variables.DEBUG', a: null, b: '1' },
    { field: 'gates.tests_passed', a: null, b: 'failed' },
  ]);
});

test('that a secret differs is told, the secret is not', () => {
  const side = (value: string): ComparedBuild =>
    build({
      plan: {
        ...plan({}, [{ name: 'DB_PASSWORD', value }]),
        source: { type: 'git', url: `https://x:${value}@git.example/shop.git` } as never,
      },
    });
  const { differences } = compareBuilds(side('c4nary-one'), side('c4nary-two'));
  expect(differences.map(({ field }) => field)).toEqual(['source', 'variables.DB_PASSWORD']);
  expect(JSON.stringify(differences)).not.toContain('c4nary');
});

test('the order of keys is no difference', () => {
  const cached = { type: 'local', modes: ['source'] } as never;
  const other = { modes: ['source'], type: 'local' } as never;
  expect(
    compareBuilds(build({ plan: plan({ cache: cached }) }), build({ plan: plan({ cache: other }) })).differences,
  ).toEqual([]);
});

test('phases stand side by side in their order, and one that ran twice counts whole', () => {
  const { phases } = compareBuilds(
    build({ view: view({ phases: [phase('QUEUED', 2), phase('BUILD', 10), phase('BUILD', 5)] }) }),
    build({ view: view({ phases: [phase('INSTALL', 1), phase('BUILD', null)] }) }),
  );
  expect(phases).toEqual([
    { name: 'QUEUED', a_seconds: 2, b_seconds: null },
    { name: 'INSTALL', a_seconds: null, b_seconds: 1 },
    { name: 'BUILD', a_seconds: 15, b_seconds: null },
  ]);
});

test('tests that began or ceased to fail are named; the rest is counted', () => {
  const { tests } = compareBuilds(
    build({
      reports: [report({ stays: 'passed', breaks: 'passed', mended: 'failed', still: 'failed', gone: 'passed' })],
    }),
    build({
      reports: [
        report({
          stays: 'passed',
          breaks: 'errored',
          mended: 'passed',
          still: 'failed',
          fresh: 'failed',
          nice: 'passed',
        }),
      ],
    }),
  );
  expect(tests).toEqual({
    newly_failing: ['unit › s › breaks', 'unit › s › fresh'],
    newly_passing: ['unit › s › mended'],
    added: 2,
    removed: 1,
  });
});
