import { Masker } from '@aws-deployer/platform/masking/mask';
import { expect, test } from 'vitest';
import { PlanJson } from '../terraform/plan-json.js';
import { changedResources, planSummary } from './plan-summary.js';

const planOf = (...changes: object[]) => PlanJson.parse({ format_version: '1.2', resource_changes: changes });
const change = (actions: string[], parts: object = {}) => ({
  address: 'aws_thing.one',
  type: 'aws_thing',
  change: {
    actions,
    before: null,
    after: null,
    after_unknown: {},
    before_sensitive: {},
    after_sensitive: {},
    ...parts,
  },
});
const attributes = (parts: object) =>
  planSummary(planOf(change(['update'], parts)), new Masker(['open sesame'])).changes[0]?.attributes;

test('a replacement counts on both sides, what stays counts nowhere', () => {
  const summary = planSummary(
    planOf(change(['no-op']), change(['delete', 'create']), change(['create']), change(['update']), change(['read'])),
    new Masker(),
  );
  expect(summary).toMatchObject({ add: 2, change: 1, destroy: 1 });
  expect(summary.changes.map(({ action }) => action)).toEqual(['replace', 'create', 'update', 'read']);
  expect(changedResources(summary)).toBe(3);
});

test('only what changes is named, within objects by its path, and what is not known yet says so', () => {
  expect(
    attributes({
      before: { size: 1, tags: { a: 'x', b: 'y' }, id: 'i', list: [1, 2] },
      after: { size: 2, tags: { a: 'x', b: 'z' }, list: [1, 3] },
      after_unknown: { id: true },
    }),
  ).toEqual([
    { path: 'id', before: 'i', after: null, known: false, sensitive: false },
    { path: 'list', before: [1, 2], after: [1, 3], known: true, sensitive: false },
    { path: 'size', before: 1, after: 2, known: true, sensitive: false },
    { path: 'tags.b', before: 'y', after: 'z', known: true, sensitive: false },
  ]);
});

test('in a list or an object that is known else, what is not known yet says so in its place', () => {
  expect(
    attributes({
      before: { ids: ['a'], rules: [{ port: 1, id: 'r' }] },
      after: { ids: [null, 'b', 'c'], rules: [{ port: 2 }] },
      after_unknown: { ids: [true, false], rules: [{ id: true }] },
    })?.map(({ after }) => after),
  ).toEqual([['(known after the apply)', 'b', 'c'], [{ port: 2, id: '(known after the apply)' }]]);
});

test.each([
  ['what Terraform calls sensitive', { after: { x: 'abc' }, after_sensitive: { x: true } }],
  ['what was sensitive before', { before: { x: 'abc' }, after: { x: null }, before_sensitive: { x: true } }],
  ['a list with a secret in it', { after: { x: [{ y: 'abc' }] }, after_sensitive: { x: [{ y: true }] } }],
  ['all of a sensitive object', { after: { x: { y: 'abc' } }, after_sensitive: true }],
  ['what is named like a secret', { after: { password: 'abc' } }],
  ['a value that is known as a secret', { after: { note: 'say open sesame' } }],
])('%s is not shown', (_name, parts) => {
  const shown = attributes(parts);
  expect(JSON.stringify(shown)).toContain('[masked]');
  expect(JSON.stringify(shown)).not.toMatch(/abc|sesame/);
});
