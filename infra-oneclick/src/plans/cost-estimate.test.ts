import { expect, test } from 'vitest';
import { PlanJson } from '../terraform/plan-json.js';
import { costEstimate } from './cost-estimate.js';
import { CHECKED_ON, HOURLY, instancePrice, MONTHLY } from './price-table.js';

const resource = (type: string, values: object = {}) => ({ address: `${type}.one`, mode: 'managed', type, values });
const planOf = (after: object[], before: object[] = []) =>
  PlanJson.parse({
    format_version: '1.2',
    planned_values: { root_module: { child_modules: [{ resources: after }] } },
    prior_state: { values: { root_module: { resources: before } } },
  });

test('what stands by the hour or by its size is summed up for a month, from modules below as well', () => {
  const nodes = { instance_types: ['m6i.large'], scaling_config: [{ desired_size: 2 }], disk_size: 50 };
  const cost = costEstimate(
    planOf(
      [
        resource('aws_eks_cluster'),
        resource('aws_nat_gateway'),
        resource('aws_eks_node_group', nodes),
        resource('aws_ebs_volume', { type: 'gp3', size: 100 }),
        resource('aws_iam_role'),
        resource('aws_s3_bucket'),
      ],
      [resource('aws_nat_gateway')],
    ),
    'us-east-1',
  );
  expect(cost.monthly_before).toBe(32.85);
  // 73 + 32.85 + 2 × (70.08 + 4) + 8
  expect(cost.monthly_after).toBe(262.01);
  expect(cost.items.map(({ type }) => type)).not.toContain('aws_iam_role');
  expect(cost.items.find(({ type }) => type === 'aws_s3_bucket')).toMatchObject({ monthly: 0 });
  expect(cost.unknown).toEqual([]);
});

test('what the table does not know is named and is in no sum', () => {
  const cost = costEstimate(
    planOf([resource('aws_rds_cluster'), resource('aws_instance', { instance_type: 'x9.huge' })]),
    null,
  );
  expect(cost).toMatchObject({ monthly_after: 0, unknown: ['aws_rds_cluster.one', 'aws_instance.one'] });
  expect(cost.items[1]).toMatchObject({ monthly: null, note: 'no price for x9.huge' });
  expect(costEstimate(planOf([resource('aws_nat_gateway')]), 'xx-moon-1').unknown).toEqual(['aws_nat_gateway.one']);
});

test('an instance counts with its disk, a region by its factor', () => {
  const node = resource('aws_instance', { instance_type: 'm6i.xlarge', root_block_device: [{ volume_size: 50 }] });
  expect(costEstimate(planOf([node]), 'us-east-1').monthly_after).toBe(144.16);
  expect(costEstimate(planOf([node]), 'eu-central-1').monthly_after).toBe(172.99);
});

test('each price says whether it was compared with a source; one that a factor makes was not', () => {
  const plan = planOf([
    resource('aws_nat_gateway'),
    resource('aws_nat_gateway'),
    resource('aws_instance', { instance_type: 'm6i.large' }),
    resource('aws_s3_bucket'),
  ]);
  const home = costEstimate(plan, 'us-east-1');
  expect(home).toMatchObject({ instead_of: null, price_checks: { checked: 3, total: 3 } }); // the disk of the instance too
  expect(home.price_checks?.on).toMatch(/^\d{4}-\d\d-\d\d$/);
  expect(home.items.map(({ checked }) => checked)).toEqual([true, true, true, null]);
  const away = costEstimate(plan, 'eu-central-1', 'Infracost gave no estimate (exit code 3)');
  expect(away).toMatchObject({
    instead_of: 'Infracost gave no estimate (exit code 3)',
    price_checks: { checked: 0, total: 3 },
  });
  expect(away.items.map(({ checked }) => checked)).toEqual([false, false, false, null]);
});

test('every row that was checked names its source, and none is newer than the check', () => {
  const rows = [...Object.values(HOURLY), ...Object.values(MONTHLY), instancePrice('m6i.large')];
  for (const row of rows) {
    expect(row?.source?.name).toMatch(/\w+[./]\w+/);
    expect((row?.source?.of ?? '') <= CHECKED_ON).toBe(true);
  }
  expect(instancePrice('x9.huge')).toBeUndefined();
});
