import { expect, test } from 'vitest';
import { narrowed, permissionsOf, permits } from './permissions.js';

test('each role holds all that the one before it does', () => {
  const ladder = ['viewer', 'developer', 'devops', 'admin'].map((role) => permissionsOf([role]));
  for (const [index, lower] of ladder.entries())
    for (const higher of ladder.slice(index))
      expect(lower.every((permission) => permits(higher, permission))).toBe(true);
});

test('an unknown role permits nothing', () => expect(permissionsOf(['root', 'constructor'])).toEqual([]));

test('a token never carries more than its owner', () => {
  const owner = permissionsOf(['viewer']);
  expect(narrowed(owner, ['deployment:read', 'deployment:create'])).toEqual(['deployment:read']);
  expect(narrowed(owner, ['*'])).toEqual(owner);
  expect(narrowed(['*'], ['deployment:create'])).toEqual(['deployment:create']);
});
