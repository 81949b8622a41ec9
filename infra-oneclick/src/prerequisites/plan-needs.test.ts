import type { PlanSummaryView } from '@aws-deployer/platform/contracts/infra';
import { expect, test } from 'vitest';
import { addedInstances, neededOf } from './plan-needs.js';

type Change = PlanSummaryView['changes'][number];
const change = (
  type: string,
  action: Change['action'],
  values: Record<string, [before: unknown, after: unknown, known?: boolean]>,
): Change => ({
  address: `${type}.one`,
  type,
  action,
  reason: null,
  attributes: Object.entries(values).map(([path, [before, after, known = true]]) => ({
    path,
    before: before as string,
    after: after as string,
    known,
    sensitive: false,
  })),
});
const summary = (...changes: Change[]): PlanSummaryView => ({
  add: 0,
  change: 0,
  destroy: 0,
  changes,
  more_changes: 0,
  drift: [],
  outputs: [],
});
const sizes = (desired_size: number, max_size: number) => [{ desired_size, max_size, min_size: 1 }];
const group = (action: Change['action'], values: Parameters<typeof change>[2]) =>
  addedInstances(summary(change('aws_eks_node_group', action, values)));

test('instances and node groups that are made count with their type and number', () => {
  const made = summary(
    change('aws_instance', 'create', { instance_type: [null, 'm6i.xlarge'] }),
    change('aws_eks_node_group', 'create', {
      instance_types: [null, ['m6i.large', 'm5.large']],
      scaling_config: [null, sizes(2, 6)],
    }),
    change('aws_vpc', 'create', {}),
    change('aws_eip', 'create', {}),
  );
  expect(addedInstances(made)).toEqual([
    { type: 'm6i.xlarge', count: 1, most: 1 },
    { type: 'm6i.large', count: 2, most: 6 },
  ]);
  expect([neededOf('vpcs', made), neededOf('addresses', made)]).toEqual([1, 1]);
});

test('a group that grows counts by how much; one that shrinks, or changes otherwise, not at all', () => {
  const types: [unknown, unknown] = [['m6i.large'], ['m6i.large']];
  expect(group('update', { scaling_config: [sizes(2, 4), sizes(5, 9)], instance_types: types })).toEqual([
    { type: 'm6i.large', count: 3, most: 5 },
  ]);
  expect(group('update', { scaling_config: [sizes(5, 9), sizes(2, 4)], instance_types: types })).toEqual([]);
  expect(group('update', { 'labels.team': ['a', 'b'] })).toEqual([]);
  expect(group('delete', { scaling_config: [sizes(5, 9), null] })).toEqual([]);
});

test('spot counts elsewhere; without a type it is the one that EKS takes', () => {
  expect(group('create', { capacity_type: [null, 'SPOT'], scaling_config: [null, sizes(9, 9)] })).toEqual([]);
  expect(group('create', { scaling_config: [null, sizes(1, 2)] })).toEqual([{ type: 't3.medium', count: 1, most: 2 }]);
});

test('what the plan does not tell is not guessed', () => {
  expect(addedInstances(null)).toBeNull();
  expect(addedInstances({ ...summary(), more_changes: 3 })).toBeNull();
  expect(addedInstances(summary(change('aws_instance', 'create', { instance_type: [null, null, false] })))).toBeNull();
  expect(
    group('create', { launch_template: [null, [{ id: 'lt-1' }]], scaling_config: [null, sizes(1, 2)] }),
  ).toBeNull();
  // Only its size is among the changes, not of what type it is.
  expect(group('update', { scaling_config: [sizes(1, 2), sizes(4, 4)] })).toBeNull();
});
