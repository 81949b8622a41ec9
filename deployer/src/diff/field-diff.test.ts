import { expect, test } from 'vitest';
import { allFields, fieldDiff, within } from './field-diff.js';

const container = (name: string, image: string, more: object = {}) => ({ name, image, ...more });

test('containers, variables and ports are compared by name, whatever their order', () => {
  const before = {
    containers: [container('a', 'a:1'), container('b', 'b:1', { env: [{ name: 'X', value: '1' }] })],
    ports: [{ containerPort: 80, protocol: 'TCP' }],
  };
  const after = {
    containers: [
      container('b', 'b:2', {
        env: [
          { name: 'NEW', value: 'n' },
          { name: 'X', value: '1' },
        ],
      }),
      container('a', 'a:1'),
    ],
    ports: [
      { containerPort: 443, protocol: 'TCP' },
      { containerPort: 80, protocol: 'TCP' },
    ],
  };
  expect(fieldDiff(before, after)).toEqual([
    { path: 'containers[b].image', change: 'changed', before: 'b:1', after: 'b:2' },
    { path: 'containers[b].env[NEW]', change: 'added', after: { name: 'NEW', value: 'n' } },
    { path: 'ports[443/TCP]', change: 'added', after: { containerPort: 443, protocol: 'TCP' } },
  ]);
});

test('plain lists are one value; empty and absent are the same', () => {
  expect(fieldDiff({ args: ['a', 'b'], x: {} }, { args: ['a', 'c'] })).toEqual([
    { path: 'args', change: 'changed', before: ['a', 'b'], after: ['a', 'c'] },
  ]);
  expect(fieldDiff({ a: [], b: null }, {})).toEqual([]);
});

test('two items of one name are no names: the list is one value', () => {
  const before = [{ name: 'a' }, { name: 'a' }];
  expect(fieldDiff({ list: before }, { list: [{ name: 'a' }] })).toEqual([
    { path: 'list', change: 'changed', before, after: [{ name: 'a' }] },
  ]);
});

test('keys that are no words are shown in brackets', () => {
  expect(fieldDiff({ labels: { 'app.kubernetes.io/name': 'a' } }, { labels: {} })).toEqual([
    { path: 'labels[app.kubernetes.io/name]', change: 'removed', before: 'a' },
  ]);
});

test('something new is told down to its values', () => {
  expect(allFields({ spec: { replicas: 2, containers: [container('web', 'w:1')], args: ['x'] } })).toEqual([
    { path: 'spec.replicas', change: 'added', after: 2 },
    { path: 'spec.containers[web].name', change: 'added', after: 'web' },
    { path: 'spec.containers[web].image', change: 'added', after: 'w:1' },
    { path: 'spec.args', change: 'added', after: ['x'] },
  ]);
});

test('what only the server speaks of is left out where there is no dry run', () => {
  const live = {
    replicas: 1,
    containers: [{ name: 'web', image: 'w:1', terminationMessagePath: '/dev/x' }],
    mode: 'x',
  };
  const wanted = { replicas: 2, containers: [{ name: 'web', image: 'w:1' }] };
  expect(fieldDiff(within(wanted, live), wanted)).toEqual([
    { path: 'replicas', change: 'changed', before: 1, after: 2 },
  ]);
});
