import { expect, test } from 'vitest';
import { addressParts, afterOf, beforeOf, groupsOf, valueText } from './plan-groups.js';
import type { ResourceChangeView } from '@aws-deployer/platform/contracts/infra';

const change = (address: string, action: ResourceChangeView['action'], path = 'input'): ResourceChangeView => ({
  address,
  type: address.split('.')[0] ?? '',
  action,
  reason: null,
  attributes: [{ path, before: 1, after: '1', known: true, sensitive: false }],
});

test('what is lost stands first; a search finds addresses and attributes', () => {
  const changes = [
    change('aws_vpc.new', 'create'),
    change('aws_vpc.same', 'update', 'tags.team'),
    change('aws_eip.gone', 'delete'),
    change('aws_eip.other', 'replace'),
  ];
  expect(groupsOf(changes).map(({ action }) => action)).toEqual(['delete', 'replace', 'update', 'create']);
  expect(groupsOf(changes, ' TEAM ').flatMap(({ changes: found }) => found.map(({ address }) => address))).toEqual([
    'aws_vpc.same',
  ]);
  expect(groupsOf(changes, 'aws_lb')).toEqual([]);
});

test('an address is its modules and the resource in them, whatever its keys hold', () => {
  expect(addressParts('aws_vpc.this')).toEqual({ module: '', resource: 'aws_vpc.this' });
  expect(addressParts('module.network.module.zone["eu.central"].aws_subnet.a[0]')).toEqual({
    module: 'module.network.module.zone["eu.central"].',
    resource: 'aws_subnet.a[0]',
  });
});

test('a side is nothing, hidden, or its text; what is masked is hidden wherever it stands', () => {
  const attribute = { path: 'a', before: null, after: 'x', known: true, sensitive: true };
  expect([beforeOf(attribute), afterOf(attribute)]).toEqual([{ kind: 'none' }, { kind: 'hidden' }]);
  expect(beforeOf({ ...attribute, before: '[masked]', sensitive: false })).toEqual({ kind: 'hidden' });
  expect(beforeOf({ ...attribute, before: 'x', sensitive: false })).toEqual({ kind: 'text', text: '"x"' });
});

test('a text and a number differ; a long object takes lines', () => {
  expect([valueText('1'), valueText(1), valueText({ a: 1 })]).toEqual(['"1"', '1', '{"a":1}']);
  expect(valueText({ a: 'x'.repeat(70) })).toContain('\n  "a"');
});
