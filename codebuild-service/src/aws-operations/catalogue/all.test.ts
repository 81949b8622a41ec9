import { AWS_SERVICES } from '@aws-deployer/platform/contracts/aws-operations';
import { expect, test } from 'vitest';
import { CARRIED_OUT } from '../../adapters/aws-operations/all.js';
import { needsConfirmation, serviceOf } from '../operation.js';
import { parametersSchema } from '../operation-list.js';
import { OPERATIONS, operationNamed } from './all.js';

test('each declared operation is carried out, and nothing is carried out that is not declared', () => {
  expect(CARRIED_OUT.map(({ operation }) => operation).sort()).toEqual(OPERATIONS.map(({ name }) => name).sort());
  expect(new Set(OPERATIONS.map(({ name }) => name)).size).toBe(OPERATIONS.length);
});

test('every service has operations, at least forty in all', () => {
  expect(OPERATIONS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(OPERATIONS.map(serviceOf))).toEqual(new Set(AWS_SERVICES));
});

test.each(OPERATIONS.map((operation) => [operation.name, operation] as const))(
  '%s is declared whole',
  (name, operation) => {
    expect(name).toMatch(/^[a-z0-9]+\.[a-z][a-z0-9_]+$/);
    expect(operation.phrases.length).toBeGreaterThanOrEqual(3);
    expect(operation.columns.length).toBeGreaterThan(0);
    expect(new Set(operation.columns).size).toBe(operation.columns.length);
    if (name !== 'sts.get_caller_identity') expect(operation.permissions.length).toBeGreaterThan(0);
    for (const permission of operation.permissions) expect(permission).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z]+$/);
    expect(needsConfirmation(operation)).toBe(operation.summary !== undefined);
    expect(operation.parameters.safeParse({ command: 'rm -rf /' }).success).toBe(false);
    expect(parametersSchema(operation)).toMatchObject({ type: 'object', additionalProperties: false });
  },
);

test('what only reads is called so, and what deletes is called destroying', () => {
  for (const { name, effect } of OPERATIONS) {
    const verb = name.split('.')[1]?.split('_')[0] ?? '';
    if (['describe', 'list', 'filter', 'head'].includes(verb)) expect(`${name} ${effect}`).toBe(`${name} read`);
    if (['terminate', 'delete'].includes(verb) && name !== 'ec2.delete_tags')
      expect(`${name} ${effect}`).toBe(`${name} destroy`);
    if (['create', 'start', 'stop', 'reboot', 'update', 'put', 'invoke', 'authorize', 'revoke'].includes(verb))
      expect(effect).not.toBe('read');
  }
});

const ingress = operationNamed('ec2.authorize_security_group_ingress');
test.each([
  ['0.0.0.0/0', 22, false],
  ['0.0.0.0/0', 443, true],
  ['0.0.0.0/0', 80, true],
  ['::/0', 443, true],
  ['::/0', 3306, false],
  ['0.0.0.0/1', 22, false],
  ['128.0.0.0/1', 22, false],
  ['2000::/3', 22, false],
  ['10.0.0.0/8', 22, true],
  ['203.0.113.7/32', 22, true],
])('a rule for %s on port %i may be made: %s', (cidr, from_port, allowed) => {
  const rule = { group_id: 'sg-0123456789abcdef0', cidr, from_port };
  expect(ingress?.parameters.safeParse(rule).success).toBe(allowed);
  if (allowed)
    expect(ingress?.parameters.safeParse({ ...rule, to_port: 65_535 }).success).toBe(!/^(0\.|::)/.test(cidr));
  expect(ingress?.parameters.safeParse({ ...rule, protocol: 'udp' }).success).toBe(allowed && !/^(0\.|::)/.test(cidr));
});
